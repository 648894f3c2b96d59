"""Somebody sets the desired count to 0 before Slipway stops the service."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.strict_order import restore_tags


def set_count_to_zero(harness: EngineHarness, service: str) -> None:
    harness.ecs_client.update_service(cluster="production", service=service, desiredCount=0)


@pytest.mark.parametrize("phase", [Phase.SAVING_RESTORE_POINT, Phase.STOPPING])
def test_a_count_that_somebody_sets_to_zero_before_the_stop_is_theirs(
    harness: EngineHarness, phase: Phase
) -> None:
    operation = {Phase.SAVING_RESTORE_POINT: "TagResource", Phase.STOPPING: "DescribeScalableTargets"}[phase]
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.ecs.autoscale("billing", minimum=0, maximum=6)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    skip = 2 if phase is Phase.STOPPING else 0
    harness.ecs.faults.add(operation=operation, kind="throttle", skip=skip)
    harness.until(lambda: harness.get(deploy_id).phase is phase and harness.get(deploy_id).retries.attempts)
    set_count_to_zero(harness, "billing")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert "`billing` is set to 0 tasks" in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert harness.describe_service("billing")["desiredCount"] == 0
    assert restore_tags(harness, "billing") == []
    assert harness.leftover_keys() == []
