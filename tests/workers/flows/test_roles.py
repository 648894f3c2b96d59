"""Services in other accounts, each reached through a role of its own."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import Role
from deploys.deploy import Deploy, Outcome, Phase
from deploys.errors import LeaseTooShort
from tests.builders import a_deploy, a_service, a_stop_start_service
from tests.workers.flows.accounts import OTHER, ROLE, in_account, reached
from tests.workers.yard import ALICE, Yard
from workers.ecs.session import WORST_CALL_SECONDS, Aws
from workers.queries.plan import plan
from workers.queries.tags import tags


def ask(yard: Yard, service: Any, tag: str = "1.4.2") -> str:
    deploy = Deploy(
        id=f"r{service.name.replace('-', '')[:7]:2<7}",
        service=service,
        tag=tag,
        requester=ALICE,
        team="T01SLIPWAY",
        channel="C01DEPLOYS",
        requested_at=yard.ecs.now(),
    )
    return yard.store.request(deploy).deploy.id


def test_a_deploy_in_another_account_goes_through_its_role_alone(yard: Yard) -> None:
    yard.ecs.let_assume(ROLE.arn, external_id=ROLE.external_id)

    deploy_id = ask(yard, a_service(role=ROLE))
    ended = yard.until_over(deploy_id)

    assert ended.outcome is Outcome.SUCCEEDED
    assert f":{OTHER}:" in (ended.new_revision or "")
    assert in_account(yard, "web") == {"1.4.2"}
    assert yard.images_running("web") == {"1.4.0"}, "the workers' own account"
    assert reached(yard) == {OTHER}
    names = {call.params["RoleSessionName"] for call in yard.ecs.calls("AssumeRole")}
    assert names - {"spectator"} == {f"slipway-{deploy_id}", "slipway-watch"}


def test_a_stop_start_deploy_goes_through_its_role_and_outlives_its_keys(yard: Yard) -> None:
    yard.ecs.let_assume(ROLE.arn, external_id=ROLE.external_id)

    deploy_id = ask(yard, a_stop_start_service(role=ROLE))
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.ecs.advance(1000)
    yard.approve(deploy_id)
    ended = yard.until_over(deploy_id)

    assert ended.outcome is Outcome.SUCCEEDED
    assert in_account(yard, "ledger") == {"1.4.2"}
    assert yard.images_running("ledger") == {"1.4.0"}
    assert reached(yard) == {OTHER}


def test_two_services_in_two_accounts_with_the_same_names_never_mix(yard: Yard) -> None:
    yard.ecs.let_assume(ROLE.arn, external_id=ROLE.external_id)

    ours = ask(yard, a_service("web"), "1.4.1")
    theirs = ask(yard, a_service("web-there", ecs_service="web", role=ROLE), "1.5.0-crash")
    assert yard.get(ours).cluster_key != yard.get(theirs).cluster_key

    assert yard.until_over(ours).outcome is Outcome.SUCCEEDED
    assert yard.until_over(theirs).outcome is Outcome.ROLLED_BACK
    assert yard.images_running("web") == {"1.4.1"}
    assert in_account(yard, "web") == {"1.4.0"}
    assert f":{OTHER}:" not in (yard.get(ours).new_revision or "")
    assert f":{OTHER}:" in (yard.get(theirs).new_revision or "")


def test_rollouts_are_watched_with_each_role_s_own_keys(yard: Yard) -> None:
    """Two roles that see the same cluster: what one may see says nothing of the other."""
    yard.ecs.let_assume(ROLE.arn, external_id=ROLE.external_id)
    other = Role(arn=f"arn:aws:iam::{OTHER}:role/of-the-api")
    yard.ecs.let_assume(other.arn)

    web, api = ask(yard, a_service("web", role=ROLE)), ask(yard, a_service("api", role=other))
    yard.until_phase(web, Phase.FOLLOWING)
    yard.until_phase(api, Phase.FOLLOWING)

    watched = {yard.get(each).cluster_key for each in (web, api)}
    assert watched == {f"eu-west-1/production@{ROLE.arn}", f"eu-west-1/production@{other.arn}"}
    assert yard.until_over(web).outcome is Outcome.SUCCEEDED
    assert yard.until_over(api).outcome is Outcome.SUCCEEDED
    assert yard.leftovers() == []


def test_questions_are_answered_through_the_role_under_names_of_their_own(yard: Yard) -> None:
    yard.ecs.let_assume(ROLE.arn, external_id=ROLE.external_id)
    service, aws = a_service(role=ROLE), Aws(now=yard.ecs.now)
    imagined = a_deploy(service, requester=ALICE, phase=Phase.PLANNING)

    planned = plan(imagined, store=yard.store, aws=aws, gate=yard.gate)
    listed = tags(service, aws)

    assert f"{OTHER}.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.2" in planned
    assert f"{OTHER}.dkr.ecr.eu-west-1.amazonaws.com/web" in listed
    assert {call.account for call in yard.ecs.calls() if call.service != "sts"} == {OTHER}
    names = [call.params["RoleSessionName"] for call in yard.ecs.calls("AssumeRole")]
    assert names == ["slipway-plan", "slipway-tags"]


def test_a_role_that_cannot_be_assumed_refuses_before_anything_changes_and_says_why(yard: Yard) -> None:
    yard.ecs.let_assume(ROLE.arn, external_id="another")

    ended = yard.until_over(ask(yard, a_service(role=ROLE)))

    assert ended.outcome is Outcome.REFUSED
    assert ended.reason == (
        "AWS does not let `arn:aws:iam::123456789012:user/sandbox` assume the role "
        f"`{ROLE.arn}` (sts:AssumeRole). The role has to exist, its trust policy has to allow that with the "
        "external id that stands in `services.yml`, and the workers need the permission sts:AssumeRole on it."
    )
    assert {call.operation for call in yard.ecs.calls()} == {"AssumeRole"}


@pytest.mark.parametrize("phase", [Phase.REGISTERING, Phase.UPDATING])
def test_a_role_that_is_taken_away_before_the_change_refuses(yard: Yard, phase: Phase) -> None:
    yard.ecs.let_assume(ROLE.arn, external_id=ROLE.external_id)
    deploy_id = ask(yard, a_service(role=ROLE))
    yard.ecs.faults.add(kind="throttle", operation="RegisterTaskDefinition")
    if phase is Phase.UPDATING:
        yard.ecs.faults.clear()
        yard.ecs.faults.add(kind="throttle", operation="UpdateService")
    yard.until(lambda: yard.get(deploy_id).phase is phase and yard.get(deploy_id).attempts)
    yard.engine = yard.new_engine()  # which has no keys yet
    yard.ecs.faults.add(kind="access-denied", operation="sts:AssumeRole", times=None)

    ended = yard.until_over(deploy_id)

    assert ended.outcome is Outcome.REFUSED
    assert "(sts:AssumeRole)" in ended.reason
    assert in_account(yard, "web") == {"1.4.0"}


def test_a_role_that_is_taken_away_while_the_service_is_stopped_is_tried_again_and_loudly(yard: Yard) -> None:
    yard.ecs.let_assume(ROLE.arn, external_id=ROLE.external_id)
    deploy_id = ask(yard, a_stop_start_service(role=ROLE))
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.DRAINING)
    yard.engine = yard.new_engine()
    denied = yard.ecs.faults.add(kind="access-denied", operation="sts:AssumeRole", times=None)

    yard.until(lambda: yard.get(deploy_id).loud_at)
    assert "(sts:AssumeRole)" in yard.said(deploy_id)
    assert denied.struck > 1
    yard.ecs.faults.clear()

    ended = yard.until_over(deploy_id)
    assert ended.outcome in (Outcome.SUCCEEDED, Outcome.ROLLED_BACK)
    assert in_account(yard, "ledger") == {"1.4.2" if ended.outcome is Outcome.SUCCEEDED else "1.4.0"}


def test_time_that_sts_takes_is_taken_off_the_lease_before_a_change(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard fetches keys first, and only then counts what is left for the call."""
    from workers.ecs.session import Region

    yard.ecs.let_assume(ROLE.arn, external_id=ROLE.external_id)
    deploy_id = ask(yard, a_service(role=ROLE))
    claim = yard.store.claim(deploy_id, "worker", 60)
    assert claim is not None
    turn = yard.engine._turn(claim, sights=None)  # type: ignore[arg-type]
    ready = Region.ready

    def slow(region: Region) -> None:
        ready(region)
        object.__setattr__(claim, "claimed_at", claim.claimed_at - (60 - WORST_CALL_SECONDS))

    monkeypatch.setattr(Region, "ready", slow)

    with pytest.raises(LeaseTooShort):
        turn.guard()
    assert len(yard.ecs.calls("AssumeRole")) == 1
