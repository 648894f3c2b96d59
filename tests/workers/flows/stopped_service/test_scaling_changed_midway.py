"""Application Auto Scaling is changed between two steps of a deploy: the last setting is restored."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import ALL_SUSPENDED, SuspendedState
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import (
    SERVICE,
    autoscale_billing,
    desired_count,
    requested_suspensions,
    scalable_target,
    start_approved_deploy,
    suspend_by_hand,
)
from tests.workers.flows.strict_order import assert_strict_order, restore_tags, tasks_of
from workers.ecs import scalable_targets, services

SCALE_IN_SUSPENDED = SuspendedState(scale_in=True)


def suspend_after_recording(monkeypatch: pytest.MonkeyPatch, now: SuspendedState) -> None:
    """Lets somebody set this right after it was recorded."""
    real = services.tag

    def tag(*args: Any) -> None:
        real(*args)
        monkeypatch.setattr(services, "tag", real)
        suspend_by_hand(now)

    monkeypatch.setattr(services, "tag", tag)


@pytest.mark.parametrize("now", [SCALE_IN_SUSPENDED, SuspendedState(scheduled=True), ALL_SUSPENDED])
def test_what_somebody_suspends_between_recording_and_stopping_is_what_comes_back(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, now: SuspendedState
) -> None:
    autoscale_billing(harness)
    suspend_after_recording(monkeypatch, now)

    deploy = harness.until_over(start_approved_deploy(harness))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert scalable_target(harness).suspended == now
    assert restore_tags(harness, SERVICE) == []


def test_and_stands_in_the_marks_on_the_service(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    autoscale_billing(harness)
    suspend_after_recording(monkeypatch, SCALE_IN_SUSPENDED)
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.DRAINING)

    arn = harness.describe_service(SERVICE)["serviceArn"]
    tags = harness.ecs_client.list_tags_for_resource(resourceArn=arn)["tags"]

    (mark,) = [tag["value"] for tag in tags if tag["key"] == "slipway:suspended"]
    assert mark == f"{deploy_id} in=true out=false scheduled=false tried"


def test_a_permission_that_is_taken_away_after_the_plan_promised_it_refuses(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = harness.request_deploy(SERVICE, "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    # Planned again at REGISTERING; then it is recorded.
    harness.ecs.faults.add(operation="DescribeScalableTargets", kind="access-denied", skip=1, times=None)
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    end = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert end.startswith("*Refused*, the service was not touched: AWS does not allow")
    assert "application-autoscaling:DescribeScalableTargets" in end
    assert harness.ecs.calls("UpdateService") == []
    assert {task["lastStatus"] for task in tasks_of(harness, SERVICE)} == {"RUNNING"}


def cancel_while_scaling_resumed(harness: EngineHarness, now: SuspendedState = SCALE_IN_SUSPENDED) -> Deploy:
    """Lets somebody resume scaling out while the new version starts, and cancels the deploy."""
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    suspend_by_hand(now)
    harness.cancel(deploy_id)
    return harness.get(deploy_id)


def test_resumed_in_the_middle_it_is_suspended_for_the_rollback_and_put_back_as_it_was_set(
    harness: EngineHarness,
) -> None:
    autoscale_billing(harness)

    deploy = harness.until_over(cancel_while_scaling_resumed(harness).id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (desired_count(harness), harness.running_tags(SERVICE)) == (2, {"1.4.0"})
    assert scalable_target(harness).suspended == SCALE_IN_SUSPENDED
    assert requested_suspensions(harness)[-2]["DynamicScalingOutSuspended"] is True
    assert_strict_order(harness, SERVICE)
    assert (
        "Application Auto Scaling is not suspended any more, so it could start tasks while the new ones are "
        "being stopped. I suspend it once more (2 to 6 tasks). Before that: scaling in suspended. I restore "
        "that at the end."
    ) in harness.thread_text(deploy.id, ThreadMessageKind.PROBLEM)
    assert "Application Auto Scaling is as it was before: scaling in suspended." in harness.thread_text(
        deploy.id
    )


@pytest.mark.parametrize("kind", ["timeout-before", "timeout-after"])
def test_a_call_without_an_answer_there_leaves_nothing_suspended(harness: EngineHarness, kind: str) -> None:
    autoscale_billing(harness)
    deploy = cancel_while_scaling_resumed(harness)
    harness.ecs.faults.add(operation="RegisterScalableTarget", kind=kind)

    assert harness.until_over(deploy.id).outcome is Outcome.CANCELLED

    assert (desired_count(harness), scalable_target(harness).suspended) == (2, SCALE_IN_SUSPENDED)
    assert_strict_order(harness, SERVICE)


def test_a_rollback_does_not_wait_for_application_auto_scaling(harness: EngineHarness) -> None:
    """Nothing raises the count here; only the read fails."""
    autoscale_billing(harness, ALL_SUSPENDED)
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="DescribeScalableTargets", kind="error", times=6)
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert (desired_count(harness), harness.running_tags(SERVICE)) == (2, {"1.4.0"})


def test_a_count_that_is_raised_again_and_again_during_the_rollback_is_said_loudly(
    harness: EngineHarness,
) -> None:
    """Something other than Application Auto Scaling does it, so it cannot be suspended."""
    deploy_id = harness.request_deploy(SERVICE, "1.4.2", approvals=0, deadline=60)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.RESTORING)

    def is_reported() -> bool:
        if desired_count(harness) == 0:
            harness.ecs_client.update_service(cluster="production", service=SERVICE, desiredCount=2)
        return "something keeps setting the desired count to 2" in harness.thread_text(deploy_id)

    harness.until(is_reported, 3600)
    loud = [m for m in harness.get(deploy_id).thread_messages if "keeps setting" in m.text]
    assert [m.broadcast for m in loud] == [True]

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert (desired_count(harness), harness.running_tags(SERVICE)) == (2, {"1.4.0"})
    assert_strict_order(harness, SERVICE)


def test_refused_once_scaling_is_suspended_it_says_that_the_service_alone_was_not_touched(
    harness: EngineHarness,
) -> None:
    autoscale_billing(harness)
    harness.ecs.faults.add(operation="ecs:UpdateService", kind="access-denied", times=None)

    deploy = harness.until_over(start_approved_deploy(harness))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END).startswith(
        "*Refused*, the service was not touched: "
    )
    assert scalable_target(harness).suspended == SuspendedState()


def test_cancelled_once_scaling_is_suspended_it_does_not_say_that_nothing_was_changed(
    harness: EngineHarness,
) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.ecs.faults.add(operation="DescribeServices", kind="throttle", skip=3)
    harness.until(
        lambda: harness.get(deploy_id).phase is Phase.STOPPING and harness.get(deploy_id).retries.attempts
    )
    assert scalable_target(harness).suspended == ALL_SUSPENDED
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"Cancelled by <@{deploy.request.requester}> before the service was touched."
    )
    assert scalable_target(harness).suspended == SuspendedState()


def slipway_tags(harness: EngineHarness) -> dict[str, str]:
    """Slipway's tags on the service."""
    arn = harness.describe_service(SERVICE)["serviceArn"]
    tags = harness.ecs_client.list_tags_for_resource(resourceArn=arn)["tags"]
    return {tag["key"]: tag["value"] for tag in tags if tag["key"].startswith("slipway:")}


def test_suspended_again_the_marks_say_what_is_to_be_put_back_before_that_call(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    autoscale_billing(harness)
    deploy = cancel_while_scaling_resumed(harness)
    real, calls = scalable_targets.set_suspension, []

    def suspend(*args: Any) -> None:
        calls.append((args[-1], slipway_tags(harness).get("slipway:suspended")))
        real(*args)

    monkeypatch.setattr(scalable_targets, "set_suspension", suspend)
    harness.until(lambda: calls)

    assert calls == [(ALL_SUSPENDED, f"{deploy.id} in=true out=false scheduled=false tried")]
    assert slipway_tags(harness)["slipway:restore"] == f"{deploy.id}/2"
    assert harness.until_over(deploy.id).outcome is Outcome.CANCELLED
    assert slipway_tags(harness) == {}


@pytest.mark.parametrize("kind", ["access-denied", "timeout-after"])
def test_without_the_mark_it_is_not_suspended_then_and_the_rollback_goes_on(
    harness: EngineHarness, kind: str
) -> None:
    autoscale_billing(harness)
    deploy = cancel_while_scaling_resumed(harness)
    harness.ecs.faults.add(operation="TagResource", kind=kind, times=2)

    assert harness.until_over(deploy.id).outcome is Outcome.CANCELLED

    assert (desired_count(harness), scalable_target(harness).suspended) == (2, SCALE_IN_SUSPENDED)
    assert_strict_order(harness, SERVICE)
    texts = [m.text for m in harness.get(deploy.id).thread_messages if "I suspend it once more" in m.text]
    assert len(texts) == 1
