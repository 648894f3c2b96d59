"""Suspended scaling if somebody interferes, AWS refuses a call, or a worker is killed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from deploys.records.approval import Verdict
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import ALL_SUSPENDED, SuspendedState
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.claims import DueDeploy
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import (
    SERVICE,
    WAYS_TO_END,
    autoscale_billing,
    desired_count,
    requested_suspensions,
    run_to_success,
    scalable_target,
    start_approved_deploy,
    suspend_by_hand,
)
from tests.workers.flows.strict_order import assert_strict_order, restore_tags, tasks_of
from tests.workers.flows.worker_kills import WorkerKilled, kill_worker
from workers.ecs import scalable_targets


def test_a_count_that_was_scaled_since_it_was_recorded_is_the_one_brought_back(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    real = scalable_targets.set_suspension

    def scaled_before(*args: Any) -> None:
        harness.ecs.client("ecs").update_service(cluster="production", service=SERVICE, desiredCount=3)
        monkeypatch.setattr(scalable_targets, "set_suspension", real)
        real(*args)

    monkeypatch.setattr(scalable_targets, "set_suspension", scaled_before)

    deploy = harness.until_phase(deploy_id, Phase.DRAINING)

    assert deploy.stop.restore_point is not None
    assert deploy.stop.restore_point.desired_count == 3
    assert restore_tags(harness, SERVICE) == [f"{deploy_id}/3"]
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert (desired_count(harness), scalable_target(harness).suspended) == (3, SuspendedState())


def test_flags_that_somebody_else_set_meanwhile_are_left_and_said(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    suspend_by_hand(SuspendedState(scheduled=True))

    harness.until_over(deploy_id)

    assert scalable_target(harness).suspended == SuspendedState(scheduled=True)
    assert (
        "Somebody changed Application Auto Scaling during the deploy, so I leave it as it is: scheduled "
        "scaling suspended. Before the deploy: nothing suspended."
    ) in harness.thread_text(deploy_id)


def test_bounds_that_somebody_else_set_meanwhile_stay(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.DRAINING)
    harness.ecs.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/production/billing",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=3,
        MaxCapacity=9,
    )

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED

    assert scalable_target(harness) == scalable_targets.ScalableTargetState(3, 9, SuspendedState())
    harness.ecs.advance(20)
    assert desired_count(harness) == 3, "what it is scaled to from here on is not ours"


def test_a_target_that_was_deregistered_meanwhile_is_said(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.DRAINING)
    harness.ecs.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/production/billing",
        ScalableDimension="ecs:service:DesiredCount",
    )

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert "scalable target was deregistered during the deploy" in harness.thread_text(deploy_id)


def test_without_the_permission_to_ask_the_plan_says_so_and_a_raised_count_turns_it_back(
    harness: EngineHarness,
) -> None:
    autoscale_billing(harness)
    harness.ecs.faults.add(operation="DescribeScalableTargets", kind="access-denied", times=None)
    deploy_id = harness.request_deploy(SERVICE, "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    plan = harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    assert "I cannot tell whether Application Auto Scaling scales this service" in plan
    assert "application-autoscaling:DescribeScalableTargets" in plan

    harness.approve(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "set the desired count to 2 while the service was being stopped" in deploy.outcome_reason
    assert (desired_count(harness), harness.running_tags(SERVICE)) == (2, {"1.4.0"})


def test_without_the_permission_to_suspend_it_is_refused_before_anything_stops(
    harness: EngineHarness,
) -> None:
    autoscale_billing(harness)
    harness.ecs.faults.add(operation="RegisterScalableTarget", kind="access-denied", times=None)

    deploy = run_to_success(harness)

    assert deploy.outcome is Outcome.REFUSED
    assert "application-autoscaling:RegisterScalableTarget" in harness.thread_text(
        deploy.id, ThreadMessageKind.END
    )
    assert {task["lastStatus"] for task in tasks_of(harness, SERVICE)} == {"RUNNING"}
    assert restore_tags(harness, SERVICE) == []


def test_putting_it_back_is_tried_until_it_holds_loudly_and_the_next_deploy_waits(
    harness: EngineHarness,
) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="RegisterScalableTarget", kind="access-denied", times=None)
    harness.until(lambda: harness.get(deploy_id).outcome)
    second = harness.request_deploy(SERVICE, "1.5.0")

    harness.until(lambda: "still suspended" in harness.thread_text(deploy_id), 3600)
    for _ in range(100):
        harness.tick(30)

    deploy = harness.get(deploy_id)
    assert (deploy.outcome, deploy.phase) == (Outcome.SUCCEEDED, Phase.SETTLING)
    loud = [m for m in deploy.thread_messages if m.broadcast and "still suspended" in m.text]
    assert len(loud) > 1
    assert "RegisterScalableTarget" in loud[0].text
    assert harness.get(second).phase is Phase.WAITING

    harness.ecs.faults.clear()
    harness.until_over(deploy_id)
    assert scalable_target(harness).suspended == SuspendedState()


def test_a_late_call_that_suspends_it_again_is_set_right_loudly_and_once(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.until(lambda: "is as it was before" in harness.thread_text(deploy_id))
    suspend_by_hand(ALL_SUSPENDED)

    deploy = harness.until_over(deploy_id)

    assert scalable_target(harness).suspended == SuspendedState()
    assert any(m.broadcast and "suspended again after" in m.text for m in deploy.thread_messages)


def test_suspension_that_does_not_hold_is_refused_before_anything_stops(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    autoscale_billing(harness)
    real = scalable_targets.set_suspension

    def undone(region: Any, cluster: str, service: str, processes: SuspendedState) -> None:
        real(region, cluster, service, processes)
        real(region, cluster, service, SuspendedState())

    monkeypatch.setattr(scalable_targets, "set_suspension", undone)

    deploy = run_to_success(harness)

    assert deploy.outcome is Outcome.REFUSED
    assert "does not stay suspended" in harness.thread_text(deploy.id, ThreadMessageKind.END)
    assert (desired_count(harness), scalable_target(harness).suspended) == (2, SuspendedState())


def test_a_service_that_is_gone_ends_it_too(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.client("ecs").delete_service(cluster="production", service=SERVICE, force=True)

    assert harness.until_over(deploy_id).outcome is Outcome.FAILED
    assert harness.leftover_keys() == []


def test_a_rejected_deploy_never_touches_it(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = harness.request_deploy(SERVICE, "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id, verdict=Verdict.REJECTED)
    harness.until_over(deploy_id)

    assert requested_suspensions(harness) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("way", ["success", "cancelled while draining"])
def test_a_worker_that_dies_at_one_of_its_calls_leaves_nothing_suspended(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, way: str, at: int, after: bool
) -> None:
    autoscale_billing(harness, SuspendedState(scale_in=True))
    replace_killed_workers(harness, monkeypatch)
    go, outcome = WAYS_TO_END[way]

    with kill_worker(monkeypatch, at_call=at, after=after, operations={"RegisterScalableTarget"}) as made:
        deploy = go(harness)

    assert len(made) >= at, "the death never came"
    assert deploy.outcome is outcome
    assert (desired_count(harness), scalable_target(harness).suspended) == (2, SuspendedState(scale_in=True))
    assert_strict_order(harness, SERVICE)
    assert harness.thread_text(deploy.id).count("Suspending Application Auto Scaling") == 1


def replace_killed_workers(harness: EngineHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker continues after each one that is killed."""
    run_jobs = harness.run_jobs

    def go_on(jobs: Sequence[DueDeploy], seconds: float = 1.0) -> None:
        try:
            run_jobs(jobs, seconds)
        except WorkerKilled:
            for deploy in harness.store.recent(None, 10):
                harness.expire_heartbeat(deploy.id)
            harness.engine = harness.new_engine()

    monkeypatch.setattr(harness, "run_jobs", go_on)


def test_what_a_lost_deploy_left_suspended_counts_as_it_was_before_that(harness: EngineHarness) -> None:
    """Redis was lost after the new version started: everything runs, but scaling stays suspended."""
    autoscale_billing(harness, SuspendedState(scheduled=True))
    lost = start_approved_deploy(harness)
    harness.until_phase(lost, Phase.FOLLOWING)
    harness.redis.flushall()
    harness.ecs.advance(120)
    assert scalable_target(harness).suspended == ALL_SUSPENDED

    deploy_id = start_approved_deploy(harness, "1.5.0")
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED

    assert scalable_target(harness).suspended == SuspendedState(scheduled=True)


def test_marks_that_could_not_be_taken_off_say_nothing_about_the_next_deploy(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    harness.ecs.faults.add(operation="UntagResource", kind="access-denied")
    first = run_to_success(harness)
    assert restore_tags(harness, SERVICE) == [f"{first.id}/2"]
    suspend_by_hand(ALL_SUSPENDED)

    deploy = harness.until_over(start_approved_deploy(harness, "1.5.0"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert scalable_target(harness).suspended == ALL_SUSPENDED, "somebody wants it so"
