"""AWS answers with a field that this boto3 does not know: copies, which would lose it, are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.console_actions import changing_operations, deregister_revision

FIELD = "`taskDefinition.addedLater`"
REFUSED = (
    "*Refused*, nothing was changed: Task definition `{}` has fields that this version of boto3 does not "
    f"know ({FIELD}); a copy would lose them. Upgrade boto3 where the workers run."
)


def answer_with_unknown_fields(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="DescribeTaskDefinition", kind="newer", times=None)


def request_approved(harness: EngineHarness, service: str) -> str:
    deploy_id = harness.request_deploy(service, "1.4.2")
    if service in ("ledger", "billing"):
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)
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
    harness: EngineHarness, service: str, phase: Phase, old: str, count: int
) -> None:
    deploy_id = request_approved(harness, service)
    harness.until_phase(deploy_id, phase)
    answer_with_unknown_fields(harness)
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert harness.describe_service(service)["taskDefinition"].endswith(f"/{old}")
    assert harness.describe_service(service)["desiredCount"] == count
    assert harness.running_tags(service) == {"1.4.0"}


@pytest.mark.parametrize("service", ["web", "billing"])
def test_a_version_that_fails_is_taken_back(harness: EngineHarness, service: str) -> None:
    deploy_id = harness.request_deploy(service, "1.5.0-crash", approvals=0)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    answer_with_unknown_fields(harness)

    assert harness.until_over(deploy_id).outcome is Outcome.ROLLED_BACK

    assert harness.running_tags(service) == {"1.4.0"}
    assert "could not be read" not in harness.thread_text(deploy_id), (
        "the log of the task that failed is shown"
    )
    assert "Last lines of" in harness.thread_text(deploy_id)


def test_a_rollback_to_an_active_revision_runs_it(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    answer_with_unknown_fields(harness)

    deploy = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert harness.running_tags("web") == {"1.4.0"}


def request_deploy(harness: EngineHarness) -> str:
    return harness.request_deploy("ledger", "1.4.2")


def request_restart(harness: EngineHarness) -> str:
    return harness.request_verb(Verb.RESTART, "ledger")


@pytest.mark.parametrize("ask", [request_deploy, request_restart])
def test_what_registers_a_copy_is_refused_before_anybody_approves_it(
    harness: EngineHarness, ask: Callable[[EngineHarness], str]
) -> None:
    answer_with_unknown_fields(harness)
    before = len(harness.ecs.calls())

    deploy = harness.until_over(ask(harness))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id) == REFUSED.format("ledger:8")
    assert changing_operations(harness.ecs.calls()[before:]) == []


def test_a_rollback_that_needs_a_copy_is_refused(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    deregister_revision(harness, "web:17")
    answer_with_unknown_fields(harness)

    deploy = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id) == REFUSED.format("web:17")


def test_a_field_that_shows_after_the_approval_refuses_the_copy(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    answer_with_unknown_fields(harness)
    harness.approve(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.REFUSED

    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == REFUSED.format("ledger:8")


@pytest.mark.parametrize(("service", "copy", "count"), [("billing", "billing:25", 2), ("web", "web:19", 3)])
def test_a_rollback_that_needs_a_copy_goes_on_and_says_what_is_lost(
    harness: EngineHarness, service: str, copy: str, count: int
) -> None:
    deploy_id = request_approved(harness, service)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    old = f"{service}:{int(copy[-2:]) - 2}"
    deregister_revision(harness, old)
    answer_with_unknown_fields(harness)
    harness.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.describe_service(service)["taskDefinition"].endswith(f"/{copy}")
    assert (harness.describe_service(service)["desiredCount"], harness.running_tags(service)) == (
        count,
        {"1.4.0"},
    )
    assert [
        m.text for m in deploy.thread_messages if m.broadcast and m.kind is ThreadMessageKind.PROBLEM
    ] == [
        f"*Needs attention*: `{old}` was deregistered, so I restore it as a copy, `{copy}`. The copy lacks "
        f"what this version of boto3 does not know: {FIELD}. Compare it with `{old}`, and upgrade boto3 "
        "where the workers run."
    ]
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        f"*Cancelled* by <@{ALICE}>: rolled back to `{copy}`. It is a copy of `{old}`, which was "
        "deregistered."
    )


def test_whoever_follows_a_rollout_reads_its_versions(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    answer_with_unknown_fields(harness)

    deploy = harness.until_phase(harness.request_verb(Verb.FOLLOW, "web"), Phase.FOLLOWING_EXTERNAL)

    assert deploy.tag == "1.4.0"
