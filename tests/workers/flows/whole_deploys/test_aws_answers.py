"""Every answer of AWS to a change: done, throttled, failed, lost before or after it was done, denied."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.strict_order import assert_strict_order
from tests.workers.flows.worker_kills import assert_clean_end, run_to_end

PASSING = ["throttle", "error", "timeout-before", "timeout-after"]


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("operation", ["RegisterTaskDefinition", "UpdateService"])
def test_a_rolling_deploy_outlasts_what_passes(harness: EngineHarness, operation: str, kind: str) -> None:
    harness.ecs.faults.add(operation=operation, kind=kind, times=2, seconds=0.05)

    deploy = run_to_end(harness, "web", "1.4.2")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert_clean_end(harness, deploy, "web", 3)


@pytest.mark.parametrize("kind", PASSING)
def test_a_stop_start_deploy_outlasts_what_passes(harness: EngineHarness, kind: str) -> None:
    harness.ecs.faults.add(operation="UpdateService", kind=kind, times=4, seconds=0.05)

    deploy = run_to_end(harness, "billing", "1.4.2")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert_clean_end(harness, deploy, "billing", 2)
    assert_strict_order(harness, "billing")


@pytest.mark.parametrize("operation", ["DescribeServices", "DescribeServiceDeployments"])
def test_a_failed_look_does_not_end_the_watch(harness: EngineHarness, operation: str) -> None:
    harness.ecs.faults.add(operation=operation, kind="throttle", times=5)

    assert run_to_end(harness, "web", "1.4.2").outcome is Outcome.SUCCEEDED


def test_what_is_tried_again_is_said_on_the_record(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)

    harness.tick()

    deploy = harness.get(deploy_id)
    assert deploy.retries.attempts == 1
    assert "ecs:UpdateService" in deploy.retries.last_error
    harness.until_over(deploy_id)
    assert harness.get(deploy_id).retries.attempts == 0


@pytest.mark.parametrize("operation", ["RegisterTaskDefinition", "UpdateService"])
def test_a_missing_permission_is_refused_and_named(harness: EngineHarness, operation: str) -> None:
    harness.ecs.faults.add(operation=operation, kind="access-denied", times=100)

    deploy_id = harness.request_deploy("web", "1.4.2")
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome in (Outcome.REFUSED, Outcome.ROLLED_BACK)
    assert f"ecs:{operation}" in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_role_that_may_not_stop_a_rollout_still_rolls_back(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=100)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(10)
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert harness.running_tags("web") == {"1.4.0"}


@pytest.mark.usefixtures("short_watch_interval")
def test_a_restore_that_is_denied_is_tried_until_it_holds_and_loudly(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).approval.question)
    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).stop.old_tasks)
    harness.ecs.faults.add(operation="UpdateService", kind="access-denied", times=5)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.describe_service("billing")["desiredCount"] == 2
    loud = [m.text for m in deploy.thread_messages if m.kind is ThreadMessageKind.PROBLEM and m.broadcast]
    assert any("*Needs attention*" in text for text in loud)


def test_stale_reads_do_not_make_a_false_end(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-crash")
    harness.ecs.faults.add(operation="DescribeServices", kind="stale", times=20, seconds=10)

    assert harness.until_over(deploy_id).outcome is Outcome.ROLLED_BACK
