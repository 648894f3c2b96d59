"""Application Auto Scaling that changes between two steps of a deploy: what was last set comes back."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.scaling import EVERYTHING, Suspension
from tests.workers.flows.scaled import SERVICE, begin, count, scaled, set_by_somebody, suspensions, target
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags, tasks_of
from tests.workers.yard import Yard
from workers.ecs import scaling, services

SCALING_IN = Suspension(scale_in=True)


def changed_once_recorded(monkeypatch: pytest.MonkeyPatch, now: Suspension) -> None:
    """Somebody sets this in the moment after it was recorded."""
    real = services.tag

    def tag(*args: Any) -> None:
        real(*args)
        monkeypatch.setattr(services, "tag", real)
        set_by_somebody(now)

    monkeypatch.setattr(services, "tag", tag)


@pytest.mark.parametrize("now", [SCALING_IN, Suspension(scheduled=True), EVERYTHING])
def test_what_somebody_suspends_between_recording_and_stopping_is_what_comes_back(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, now: Suspension
) -> None:
    scaled(yard)
    changed_once_recorded(monkeypatch, now)

    deploy = yard.until_over(begin(yard))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert target(yard).suspended == now
    assert restore_tags(yard, SERVICE) == []


def test_and_stands_in_the_marks_on_the_service(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    scaled(yard)
    changed_once_recorded(monkeypatch, SCALING_IN)
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.DRAINING)

    arn = yard.service(SERVICE)["serviceArn"]
    tags = yard.console.list_tags_for_resource(resourceArn=arn)["tags"]

    (mark,) = [tag["value"] for tag in tags if tag["key"] == "slipway:suspended"]
    assert mark == f"{deploy_id} in=true out=false scheduled=false tried"


def test_a_permission_that_is_taken_away_after_the_plan_promised_it_refuses(yard: Yard) -> None:
    scaled(yard)
    deploy_id = yard.ask(SERVICE, "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    # Planned again at REGISTERING; then it is recorded.
    yard.ecs.faults.add(operation="DescribeScalableTargets", kind="access-denied", skip=1, times=None)
    yard.approve(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    end = yard.said(deploy_id, MilestoneKind.END)
    assert end.startswith("*Refused*, the service was not touched: AWS does not allow")
    assert "application-autoscaling:DescribeScalableTargets" in end
    assert yard.ecs.calls("UpdateService") == []
    assert {task["lastStatus"] for task in tasks_of(yard, SERVICE)} == {"RUNNING"}


def taken_back_while_resumed(yard: Yard, now: Suspension = SCALING_IN) -> Deploy:
    """Somebody resumes scaling out while the new version starts; then it is cancelled."""
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    set_by_somebody(now)
    yard.cancel(deploy_id)
    return yard.get(deploy_id)


def test_resumed_in_the_middle_it_is_suspended_for_the_way_back_and_put_back_as_it_was_set(
    yard: Yard,
) -> None:
    scaled(yard)

    deploy = yard.until_over(taken_back_while_resumed(yard).id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (count(yard), yard.images_running(SERVICE)) == (2, {"1.4.0"})
    assert target(yard).suspended == SCALING_IN
    assert suspensions(yard)[-2]["DynamicScalingOutSuspended"] is True
    assert_strict_order(yard, SERVICE)
    assert (
        "Application Auto Scaling is not suspended any more, so it could start tasks while the new ones are "
        "being stopped. I suspend it once more (2 to 6 tasks). Before that: scaling in suspended. That is "
        "what I put back at the end."
    ) in yard.said(deploy.id, MilestoneKind.TROUBLE)
    assert "Application Auto Scaling is as it was before: scaling in suspended." in yard.said(deploy.id)


@pytest.mark.parametrize("kind", ["timeout-before", "timeout-after"])
def test_a_call_without_an_answer_there_leaves_nothing_suspended(yard: Yard, kind: str) -> None:
    scaled(yard)
    deploy = taken_back_while_resumed(yard)
    yard.ecs.faults.add(operation="RegisterScalableTarget", kind=kind)

    assert yard.until_over(deploy.id).outcome is Outcome.CANCELLED

    assert (count(yard), target(yard).suspended) == (2, SCALING_IN)
    assert_strict_order(yard, SERVICE)


def test_a_way_back_does_not_wait_for_application_auto_scaling(yard: Yard) -> None:
    """Nothing raises the count here; only the question cannot be asked."""
    scaled(yard, EVERYTHING)
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="DescribeScalableTargets", kind="error", times=6)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert (count(yard), yard.images_running(SERVICE)) == (2, {"1.4.0"})


def test_a_count_that_is_raised_again_and_again_on_the_way_back_is_said_loudly(yard: Yard) -> None:
    """By something that is no Application Auto Scaling, so it cannot be suspended."""
    deploy_id = yard.ask(SERVICE, "1.4.2", approvals=0, deadline=60)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.RESTORING)

    def told() -> bool:
        if count(yard) == 0:
            yard.console.update_service(cluster="production", service=SERVICE, desiredCount=2)
        return "something keeps setting the desired count to 2" in yard.said(deploy_id)

    yard.until(told, 3600)
    loud = [m for m in yard.get(deploy_id).milestones if "keeps setting" in m.text]
    assert [m.broadcast for m in loud] == [True]

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert (count(yard), yard.images_running(SERVICE)) == (2, {"1.4.0"})
    assert_strict_order(yard, SERVICE)


def test_refused_once_scaling_is_suspended_it_says_that_the_service_alone_was_not_touched(yard: Yard) -> None:
    scaled(yard)
    yard.ecs.faults.add(operation="ecs:UpdateService", kind="access-denied", times=None)

    deploy = yard.until_over(begin(yard))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id, MilestoneKind.END).startswith("*Refused*, the service was not touched: ")
    assert target(yard).suspended == Suspension()


def test_cancelled_once_scaling_is_suspended_it_does_not_say_that_nothing_was_changed(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.ecs.faults.add(operation="DescribeServices", kind="throttle", skip=4)
    yard.until(lambda: yard.get(deploy_id).phase is Phase.STOPPING and yard.get(deploy_id).attempts)
    assert target(yard).suspended == EVERYTHING
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        f"Cancelled by <@{deploy.requester}> before the service was touched."
    )
    assert target(yard).suspended == Suspension()


def marked(yard: Yard) -> dict[str, str]:
    """Slipway's tags on the service."""
    arn = yard.service(SERVICE)["serviceArn"]
    tags = yard.console.list_tags_for_resource(resourceArn=arn)["tags"]
    return {tag["key"]: tag["value"] for tag in tags if tag["key"].startswith("slipway:")}


def test_suspended_again_the_marks_say_what_is_to_be_put_back_before_that_call(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaled(yard)
    deploy = taken_back_while_resumed(yard)
    real, seen = scaling.suspend, []

    def suspend(*args: Any) -> None:
        seen.append((args[-1], marked(yard).get("slipway:suspended")))
        real(*args)

    monkeypatch.setattr(scaling, "suspend", suspend)
    yard.until(lambda: seen)

    assert seen == [(EVERYTHING, f"{deploy.id} in=true out=false scheduled=false tried")]
    assert marked(yard)["slipway:restore"] == f"{deploy.id}/2"
    assert yard.until_over(deploy.id).outcome is Outcome.CANCELLED
    assert marked(yard) == {}


@pytest.mark.parametrize("kind", ["access-denied", "timeout-after"])
def test_without_the_mark_it_is_not_suspended_then_and_the_way_back_goes_on(yard: Yard, kind: str) -> None:
    scaled(yard)
    deploy = taken_back_while_resumed(yard)
    yard.ecs.faults.add(operation="TagResource", kind=kind, times=2)

    assert yard.until_over(deploy.id).outcome is Outcome.CANCELLED

    assert (count(yard), target(yard).suspended) == (2, SCALING_IN)
    assert_strict_order(yard, SERVICE)
    said = [m.text for m in yard.get(deploy.id).milestones if "I suspend it once more" in m.text]
    assert len(said) == 1
