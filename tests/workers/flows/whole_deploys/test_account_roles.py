"""Services in other accounts, each reached through its own role."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.nested_keys import Role
from deploys.errors import LeaseTooShort
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import redis_keys
from deploys.stores.revision_versions import RevisionVersions
from tests.builders import SIGNER, a_deploy, a_service, a_stop_start_service
from tests.frozen_services import service_freezes
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.other_account import (
    OTHER_ACCOUNT,
    OTHER_ACCOUNT_ROLE,
    accounts_called,
    images_running_in_other_account,
)
from workers.ecs import services
from workers.ecs.aws.aws_clients import MAX_CALL_SECONDS, AwsClients
from workers.ecs.aws.lease_check import LEASE_CHECK
from workers.queries.plan_query import describe_plan
from workers.queries.status_query import describe_running
from workers.queries.tags_query import describe_tags


def request_deploy_of(harness: EngineHarness, service: Any, tag: str = "1.4.2") -> str:
    deploy = Deploy(
        id=f"r{service.name.replace('-', '')[:7]:2<7}",
        service=service,
        tag=tag,
        request={
            "requester": ALICE,
            "team": "T01SLIPWAY",
            "channel": "C01DEPLOYS",
            "requested_at": harness.ecs.now(),
        },
    )
    if service.role:
        harness.external_ids[service.role.arn] = service.role.external_id
    return harness.store.submit(deploy).deploy.id


def test_a_deploy_in_another_account_goes_through_its_role_alone(harness: EngineHarness) -> None:
    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)

    deploy_id = request_deploy_of(harness, a_service(role=OTHER_ACCOUNT_ROLE))
    ended = harness.until_over(deploy_id)

    assert ended.outcome is Outcome.SUCCEEDED
    assert OTHER_ACCOUNT_ROLE.external_id not in ended.to_json(), "it is in no record"
    assert f":{OTHER_ACCOUNT}:" in (ended.ecs.new_revision or "")
    assert images_running_in_other_account(harness, "web") == {"1.4.2"}
    assert harness.running_tags("web") == {"1.4.0"}, "the workers' own account"
    assert accounts_called(harness) == {OTHER_ACCOUNT}
    names = {call.params["RoleSessionName"] for call in harness.ecs.calls("AssumeRole")}
    assert names - {"spectator"} == {f"slipway-{deploy_id}", "slipway-watch"}


def test_a_stop_start_deploy_goes_through_its_role_and_outlives_its_keys(harness: EngineHarness) -> None:
    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)

    deploy_id = request_deploy_of(harness, a_stop_start_service(role=OTHER_ACCOUNT_ROLE))
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.ecs.advance(1000)
    harness.approve(deploy_id)
    ended = harness.until_over(deploy_id)

    assert ended.outcome is Outcome.SUCCEEDED
    assert images_running_in_other_account(harness, "ledger") == {"1.4.2"}
    assert harness.running_tags("ledger") == {"1.4.0"}
    assert accounts_called(harness) == {OTHER_ACCOUNT}


def test_two_services_in_two_accounts_with_the_same_names_never_mix(harness: EngineHarness) -> None:
    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)

    ours = request_deploy_of(harness, a_service("web"), "1.4.1")
    theirs = request_deploy_of(
        harness, a_service("web-there", ecs_service="web", role=OTHER_ACCOUNT_ROLE), "1.5.0-crash"
    )
    assert harness.get(ours).cluster_key != harness.get(theirs).cluster_key

    assert harness.until_over(ours).outcome is Outcome.SUCCEEDED
    assert harness.until_over(theirs).outcome is Outcome.ROLLED_BACK
    assert harness.running_tags("web") == {"1.4.1"}
    assert images_running_in_other_account(harness, "web") == {"1.4.0"}
    assert f":{OTHER_ACCOUNT}:" not in (harness.get(ours).ecs.new_revision or "")
    assert f":{OTHER_ACCOUNT}:" in (harness.get(theirs).ecs.new_revision or "")


def test_rollouts_are_watched_with_each_role_s_own_keys(harness: EngineHarness) -> None:
    """Two roles can see the same cluster with different permissions."""
    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)
    other = Role(arn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/of-the-api")
    harness.ecs.add_role(other.arn)

    web, api = (
        request_deploy_of(harness, a_service("web", role=OTHER_ACCOUNT_ROLE)),
        request_deploy_of(harness, a_service("api", role=other)),
    )
    harness.until_phase(web, Phase.FOLLOWING)
    harness.until_phase(api, Phase.FOLLOWING)

    watched = {harness.get(each).cluster_key for each in (web, api)}
    assert watched == {f"eu-west-1/production@{OTHER_ACCOUNT_ROLE.arn}", f"eu-west-1/production@{other.arn}"}
    assert harness.until_over(web).outcome is Outcome.SUCCEEDED
    assert harness.until_over(api).outcome is Outcome.SUCCEEDED
    assert harness.leftover_keys() == []


def test_questions_are_answered_through_the_role_under_names_of_their_own(harness: EngineHarness) -> None:
    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)
    service, aws = a_service(role=OTHER_ACCOUNT_ROLE), AwsClients(now=harness.ecs.now)
    imagined = a_deploy(service, request={"requester": ALICE}, phase=Phase.PLANNING)

    freezes = service_freezes(harness.redis, service)
    planned = describe_plan(
        imagined, store=harness.store, aws=aws, access=harness.access, freezes=freezes, signer=SIGNER
    )
    listed = describe_tags(service, aws).text
    running = describe_running(
        [service], harness.store, aws, RevisionVersions(harness.redis), harness.ecs.now(), total=1
    ).text

    assert f"{OTHER_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.2" in planned
    assert f"{OTHER_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/web" in listed
    assert "Healthy" in running
    assert {call.account for call in harness.ecs.calls() if call.service != "sts"} == {OTHER_ACCOUNT}
    names = [call.params["RoleSessionName"] for call in harness.ecs.calls("AssumeRole")]
    assert names == ["slipway-plan", "slipway-tags", "slipway-status"]


def test_a_role_that_cannot_be_assumed_refuses_before_anything_changes_and_says_why(
    harness: EngineHarness,
) -> None:
    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id="another")

    ended = harness.until_over(request_deploy_of(harness, a_service(role=OTHER_ACCOUNT_ROLE)))

    assert ended.outcome is Outcome.REFUSED
    assert ended.outcome_reason == (
        "AWS does not let `arn:aws:iam::123456789012:user/sandbox` assume the role "
        f"`{OTHER_ACCOUNT_ROLE.arn}` (sts:AssumeRole). The role has to exist, its trust policy has to allow "
        "that with the "
        "external id in `services.yml`, and the workers need the permission sts:AssumeRole on it."
    )
    assert {call.operation for call in harness.ecs.calls()} == {"AssumeRole"}


@pytest.mark.parametrize("phase", [Phase.REGISTERING, Phase.UPDATING])
def test_a_role_that_is_taken_away_before_the_change_refuses(harness: EngineHarness, phase: Phase) -> None:
    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)
    deploy_id = request_deploy_of(harness, a_service(role=OTHER_ACCOUNT_ROLE))
    harness.ecs.faults.add(kind="throttle", operation="RegisterTaskDefinition")
    if phase is Phase.UPDATING:
        harness.ecs.faults.clear()
        harness.ecs.faults.add(kind="throttle", operation="UpdateService")
    harness.until(lambda: harness.get(deploy_id).phase is phase and harness.get(deploy_id).retries.attempts)
    harness.engine = harness.new_engine()  # which has no credentials yet
    harness.ecs.faults.add(kind="access-denied", operation="sts:AssumeRole", times=None)

    ended = harness.until_over(deploy_id)

    assert ended.outcome is Outcome.REFUSED
    assert "(sts:AssumeRole)" in ended.outcome_reason
    assert images_running_in_other_account(harness, "web") == {"1.4.0"}


def test_a_role_that_is_taken_away_while_the_service_is_stopped_is_tried_again_and_loudly(
    harness: EngineHarness,
) -> None:
    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)
    deploy_id = request_deploy_of(harness, a_stop_start_service(role=OTHER_ACCOUNT_ROLE))
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    harness.engine = harness.new_engine()
    denied = harness.ecs.faults.add(kind="access-denied", operation="sts:AssumeRole", times=None)

    harness.until(lambda: harness.get(deploy_id).retries.channel_alerted_at)
    assert "(sts:AssumeRole)" in harness.thread_text(deploy_id)
    assert denied.hits > 1
    harness.ecs.faults.clear()

    ended = harness.until_over(deploy_id)
    assert ended.outcome in (Outcome.SUCCEEDED, Outcome.ROLLED_BACK)
    assert images_running_in_other_account(harness, "ledger") == {
        "1.4.2" if ended.outcome is Outcome.SUCCEEDED else "1.4.0"
    }


def test_time_that_sts_takes_is_taken_off_the_lease_before_a_change(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard fetches credentials, and the time left is checked when the call is sent."""
    from workers.ecs.aws.aws_clients import RegionClients

    harness.ecs.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)
    deploy_id = request_deploy_of(harness, a_service(role=OTHER_ACCOUNT_ROLE))
    claim = harness.store.claim(deploy_id, "worker", 60)
    assert claim is not None
    context = harness.engine._context(claim, reader=None)  # type: ignore[arg-type]
    ready = RegionClients.ensure_credentials

    def slow(region: RegionClients) -> None:
        ready(region)
        harness.redis.pexpire(redis_keys.lease(deploy_id), int(MAX_CALL_SECONDS * 1000))

    monkeypatch.setattr(RegionClients, "ensure_credentials", slow)

    with LEASE_CHECK.by(context.confirm_claim):
        context.guard()
        with pytest.raises(LeaseTooShort):
            services.update(context.region, "production", "ledger", desired=0)
    assert harness.ecs.calls("UpdateService") == []
    assert len(harness.ecs.calls("AssumeRole")) == 1
