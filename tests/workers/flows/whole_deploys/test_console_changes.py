"""Somebody else changes the service during a deploy: Slipway reports it and leaves the change alone."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.external_rollouts import deploy_in_console


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_a_stop_start_deploy_is_superseded_and_nothing_is_left_at_zero(
    harness: EngineHarness, phase: Phase
) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    count = harness.describe_service("billing")["desiredCount"]
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, phase)
    theirs = deploy_in_console(harness, "billing")

    harness.until(lambda: harness.get(deploy_id).outcome)
    assert harness.describe_service("billing")["desiredCount"] == count, "not only once it has settled"
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert harness.describe_service("billing")["taskDefinition"] == theirs
    assert harness.describe_service("billing")["desiredCount"] == count
    assert "somebody else's newer deployment" in harness.thread_text(deploy_id, ThreadMessageKind.END)


@pytest.mark.parametrize("service", ["web", "billing"])
def test_during_the_rollback_too(harness: EngineHarness, service: str) -> None:
    deploy_id = harness.request_deploy(service, "1.4.2")
    count = harness.describe_service(service)["desiredCount"]
    if service == "billing":
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    theirs = deploy_in_console(harness, service)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert harness.describe_service(service)["taskDefinition"] == theirs
    assert harness.describe_service(service)["desiredCount"] == count


def test_a_plan_that_waited_for_approval_is_asked_anew(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    theirs = deploy_in_console(harness, "billing")
    harness.until(lambda: len(harness.describe_service("billing")["deployments"]) == 1)

    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).approval.question == 2)

    assert harness.describe_service("billing")["taskDefinition"] == theirs
    assert "earlier answers do not count" in harness.thread_text(deploy_id)
