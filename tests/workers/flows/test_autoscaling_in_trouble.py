"""Application Auto Scaling during a stop, when somebody interferes, AWS refuses, or a worker dies."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase, Verdict
from deploys.scaling import EVERYTHING, Suspension
from tests.workers.flows.scaled import (
    SERVICE,
    WAYS_OUT,
    begin,
    count,
    scaled,
    set_by_somebody,
    succeed,
    suspensions,
    target,
)
from tests.workers.flows.test_crashes import Killed, dying
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags, tasks_of
from tests.workers.yard import Yard
from workers.ecs import scaling


def test_a_count_that_was_scaled_since_it_was_recorded_is_the_one_brought_back(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    real = scaling.suspend

    def scaled_before(*args: Any) -> None:
        yard.ecs.client("ecs").update_service(cluster="production", service=SERVICE, desiredCount=3)
        monkeypatch.setattr(scaling, "suspend", real)
        real(*args)

    monkeypatch.setattr(scaling, "suspend", scaled_before)

    deploy = yard.until_phase(deploy_id, Phase.DRAINING)

    assert deploy.original is not None
    assert deploy.original.desired_count == 3
    assert restore_tags(yard, SERVICE) == [f"{deploy_id}/3"]
    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert (count(yard), target(yard).suspended) == (3, Suspension())


def test_flags_that_somebody_else_set_meanwhile_are_left_and_said(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    set_by_somebody(Suspension(scheduled=True))

    yard.until_over(deploy_id)

    assert target(yard).suspended == Suspension(scheduled=True)
    assert (
        "Somebody changed Application Auto Scaling during the deploy, so I leave it as it is: scheduled "
        "scaling suspended. Before the deploy: nothing suspended."
    ) in yard.said(deploy_id)


def test_bounds_that_somebody_else_set_meanwhile_stay(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.DRAINING)
    yard.ecs.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/production/billing",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=3,
        MaxCapacity=9,
    )

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED

    assert target(yard) == scaling.TargetSeen(3, 9, Suspension())
    yard.ecs.advance(20)
    assert count(yard) == 3, "what it is scaled to from here on is not ours"


def test_a_target_that_was_deregistered_meanwhile_is_said(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.DRAINING)
    yard.ecs.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/production/billing",
        ScalableDimension="ecs:service:DesiredCount",
    )

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert "scalable target was deregistered during the deploy" in yard.said(deploy_id)


def test_without_the_permission_to_ask_the_plan_says_so_and_a_raised_count_turns_it_back(yard: Yard) -> None:
    scaled(yard)
    yard.ecs.faults.add(operation="DescribeScalableTargets", kind="access-denied", times=None)
    deploy_id = yard.ask(SERVICE, "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    plan = yard.said(deploy_id, MilestoneKind.PLAN)
    assert "I cannot tell whether Application Auto Scaling scales this service" in plan
    assert "application-autoscaling:DescribeScalableTargets" in plan

    yard.approve(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "set the desired count to 2 while the service was being stopped" in deploy.reason
    assert (count(yard), yard.images_running(SERVICE)) == (2, {"1.4.0"})


def test_without_the_permission_to_suspend_it_is_refused_before_anything_stops(yard: Yard) -> None:
    scaled(yard)
    yard.ecs.faults.add(operation="RegisterScalableTarget", kind="access-denied", times=None)

    deploy = succeed(yard)

    assert deploy.outcome is Outcome.REFUSED
    assert "application-autoscaling:RegisterScalableTarget" in yard.said(deploy.id, MilestoneKind.END)
    assert {task["lastStatus"] for task in tasks_of(yard, SERVICE)} == {"RUNNING"}
    assert restore_tags(yard, SERVICE) == []


def test_putting_it_back_is_tried_until_it_holds_loudly_and_the_next_deploy_waits(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="RegisterScalableTarget", kind="access-denied", times=None)
    yard.until(lambda: yard.get(deploy_id).outcome)
    second = yard.ask(SERVICE, "1.5.0")

    yard.until(lambda: "still suspended" in yard.said(deploy_id), 3600)
    for _ in range(100):
        yard.tick(30)

    deploy = yard.get(deploy_id)
    assert (deploy.outcome, deploy.phase) == (Outcome.SUCCEEDED, Phase.SETTLING)
    loud = [m for m in deploy.milestones if m.broadcast and "still suspended" in m.text]
    assert len(loud) > 1
    assert "RegisterScalableTarget" in loud[0].text
    assert yard.get(second).phase is Phase.WAITING

    yard.ecs.faults.clear()
    yard.until_over(deploy_id)
    assert target(yard).suspended == Suspension()


def test_a_late_call_that_suspends_it_again_is_set_right_loudly_and_once(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.until(lambda: "is as it was before" in yard.said(deploy_id))
    set_by_somebody(EVERYTHING)

    deploy = yard.until_over(deploy_id)

    assert target(yard).suspended == Suspension()
    assert any(m.broadcast and "found suspended again" in m.text for m in deploy.milestones)


def test_suspension_that_does_not_hold_is_refused_before_anything_stops(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaled(yard)
    real = scaling.suspend

    def undone(region: Any, cluster: str, service: str, processes: Suspension) -> None:
        real(region, cluster, service, processes)
        real(region, cluster, service, Suspension())

    monkeypatch.setattr(scaling, "suspend", undone)

    deploy = succeed(yard)

    assert deploy.outcome is Outcome.REFUSED
    assert "does not stay suspended" in yard.said(deploy.id, MilestoneKind.END)
    assert (count(yard), target(yard).suspended) == (2, Suspension())


def test_a_service_that_is_gone_ends_it_too(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.client("ecs").delete_service(cluster="production", service=SERVICE, force=True)

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED
    assert yard.leftovers() == []


def test_a_rejected_deploy_never_touches_it(yard: Yard) -> None:
    scaled(yard)
    deploy_id = yard.ask(SERVICE, "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id, verdict=Verdict.REJECTED)
    yard.until_over(deploy_id)

    assert suspensions(yard) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("way", ["success", "cancelled while draining"])
def test_a_worker_that_dies_at_one_of_its_calls_leaves_nothing_suspended(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, way: str, at: int, after: bool
) -> None:
    scaled(yard, Suspension(scale_in=True))
    surviving(yard, monkeypatch)
    go, outcome = WAYS_OUT[way]

    with dying(monkeypatch, at=at, after=after, among={"RegisterScalableTarget"}) as made:
        deploy = go(yard)

    assert len(made) >= at, "the death never came"
    assert deploy.outcome is outcome
    assert (count(yard), target(yard).suspended) == (2, Suspension(scale_in=True))
    assert_strict_order(yard, SERVICE)
    assert yard.said(deploy.id).count("Suspending Application Auto Scaling") == 1


def surviving(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dies, another worker goes on."""
    tick = yard.tick

    def go_on(seconds: float = 1.0) -> None:
        try:
            tick(seconds)
        except Killed:
            for deploy in yard.store.recent(None, 10):
                yard.lease_runs_out(deploy.id)
            yard.engine = yard.new_engine()

    monkeypatch.setattr(yard, "tick", go_on)


def test_what_a_lost_deploy_left_suspended_counts_as_it_was_before_that(yard: Yard) -> None:
    """Redis was lost after the new version had started: everything runs, but scaling stays suspended."""
    scaled(yard, Suspension(scheduled=True))
    lost = begin(yard)
    yard.until_phase(lost, Phase.FOLLOWING)
    yard.redis.flushall()
    yard.ecs.advance(120)
    assert target(yard).suspended == EVERYTHING

    deploy_id = begin(yard, "1.5.0")
    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED

    assert target(yard).suspended == Suspension(scheduled=True)


def test_marks_that_could_not_be_taken_off_say_nothing_about_the_next_deploy(yard: Yard) -> None:
    scaled(yard)
    yard.ecs.faults.add(operation="UntagResource", kind="access-denied")
    left = succeed(yard)
    assert restore_tags(yard, SERVICE) == [f"{left.id}/2"]
    set_by_somebody(EVERYTHING)

    deploy = yard.until_over(begin(yard, "1.5.0"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert target(yard).suspended == EVERYTHING, "somebody wants it so"
