"""AWS answers with a field that this boto3 does not know: a copy would lose it, so that alone is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from tests.workers.flows.test_recorded_revision import deregister
from tests.workers.flows.test_refusals import changing
from tests.workers.yard import ALICE, Yard

FIELD = "`taskDefinition.addedLater`"
REFUSED = (
    "*Refused*, nothing was changed: Task definition `{}` has fields that this version of boto3 does not "
    f"know ({FIELD}); a copy would lose them. Upgrade boto3 where the workers run."
)


def aws_is_newer(yard: Yard) -> None:
    yard.ecs.faults.add(operation="DescribeTaskDefinition", kind="newer", times=None)


def begin(yard: Yard, service: str) -> str:
    deploy_id = yard.ask(service, "1.4.2")
    if service in ("ledger", "billing"):
        yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        yard.approve(deploy_id)
    return deploy_id


@pytest.mark.parametrize(
    ("service", "phase", "old", "count"),
    [
        ("ledger", Phase.DRAINING, "ledger:8", 1),
        ("ledger", Phase.FOLLOWING, "ledger:8", 1),
        ("web", Phase.FOLLOWING, "web:17", 3),
        ("shop", Phase.FOLLOWING, "shop:31", 3),
    ],
)
def test_a_cancel_brings_the_recorded_revision_back(
    yard: Yard, service: str, phase: Phase, old: str, count: int
) -> None:
    deploy_id = begin(yard, service)
    yard.until_phase(deploy_id, phase)
    aws_is_newer(yard)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert yard.service(service)["taskDefinition"].endswith(f"/{old}")
    assert yard.service(service)["desiredCount"] == count
    assert yard.images_running(service) == {"1.4.0"}


@pytest.mark.parametrize("service", ["web", "billing"])
def test_a_version_that_fails_is_taken_back(yard: Yard, service: str) -> None:
    deploy_id = yard.ask(service, "1.5.0-crash", approvals=0)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    aws_is_newer(yard)

    assert yard.until_over(deploy_id).outcome is Outcome.ROLLED_BACK

    assert yard.images_running(service) == {"1.4.0"}
    assert "could not be read" not in yard.said(deploy_id), "the log of the task that failed is shown"
    assert "Last lines of" in yard.said(deploy_id)


def test_a_rollback_to_an_active_revision_runs_it(yard: Yard) -> None:
    yard.until_over(yard.ask("web", "1.4.2"))
    aws_is_newer(yard)

    deploy = yard.until_over(yard.ask_to(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert yard.images_running("web") == {"1.4.0"}


def a_deploy(yard: Yard) -> str:
    return yard.ask("ledger", "1.4.2")


def a_restart(yard: Yard) -> str:
    return yard.ask_to(Verb.RESTART, "ledger")


@pytest.mark.parametrize("ask", [a_deploy, a_restart])
def test_what_registers_a_copy_is_refused_before_anybody_approves_it(
    yard: Yard, ask: Callable[[Yard], str]
) -> None:
    aws_is_newer(yard)
    before = len(yard.ecs.calls())

    deploy = yard.until_over(ask(yard))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id) == REFUSED.format("ledger:8")
    assert changing(yard.ecs.calls()[before:]) == []


def test_a_rollback_that_needs_a_copy_is_refused(yard: Yard) -> None:
    yard.until_over(yard.ask("web", "1.4.2"))
    deregister(yard, "web:17")
    aws_is_newer(yard)

    deploy = yard.until_over(yard.ask_to(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id) == REFUSED.format("web:17")


def test_a_field_that_shows_after_the_approval_refuses_the_copy(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    aws_is_newer(yard)
    yard.approve(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.REFUSED

    assert yard.said(deploy_id, MilestoneKind.END) == REFUSED.format("ledger:8")


@pytest.mark.parametrize(("service", "copy", "count"), [("billing", "billing:25", 2), ("web", "web:19", 3)])
def test_a_way_back_that_needs_a_copy_goes_on_and_says_what_is_lost(
    yard: Yard, service: str, copy: str, count: int
) -> None:
    deploy_id = begin(yard, service)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    old = f"{service}:{int(copy[-2:]) - 2}"
    deregister(yard, old)
    aws_is_newer(yard)
    yard.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.service(service)["taskDefinition"].endswith(f"/{copy}")
    assert (yard.service(service)["desiredCount"], yard.images_running(service)) == (count, {"1.4.0"})
    assert [m.text for m in deploy.milestones if m.broadcast and m.kind is MilestoneKind.TROUBLE] == [
        f"*Needs a look*: `{old}` was deregistered meanwhile, so I bring it back as a copy, `{copy}`. The "
        f"copy lacks what this version of boto3 does not know: {FIELD}. Compare it with `{old}`, and upgrade "
        "boto3 where the workers run."
    ]
    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        f"*Cancelled* by <@{ALICE}>: rolled back to `{copy}`. It is a copy of `{old}`, which was "
        "deregistered meanwhile."
    )


def test_whoever_follows_a_rollout_reads_its_versions(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    aws_is_newer(yard)

    deploy = yard.until_phase(yard.ask_to(Verb.FOLLOW, "web"), Phase.LOOKING_ON)

    assert deploy.tag == "1.4.0"
