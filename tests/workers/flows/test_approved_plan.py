"""Whether an approval still stands when the count moved since the plan was shown."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase, Plan
from deploys.revision_config import NewerRevision, RevisionConfig
from deploys.scaling import EVERYTHING, ScalingPlan, Suspension
from tests.builders import ARN, a_plan
from tests.workers.flows.scaled import SERVICE, count, scaled, set_by_somebody, target
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import Yard
from workers.flows.approved_plan import Since, since

TWO_TO_SIX = ScalingPlan(minimum=2, maximum=6)
UNKNOWN = ScalingPlan(unknown="AWS does not allow it.")


def held(**processes: bool) -> ScalingPlan:
    return TWO_TO_SIX.evolve(before=Suspension(**processes))


def of(tasks: int, scaling: ScalingPlan | None, **changes: Any) -> Plan:
    return a_plan(desired_count=tasks, scaling=scaling, **changes)


def newer(number: int, *, used: bool = False) -> RevisionConfig:
    """What a plan knows of a newer revision."""
    arn = f"{ARN}:task-definition/web:{number}"
    return RevisionConfig(newest=arn, newer=NewerRevision(revision=arn, used=used))


def copy(number: int, **changes: Any) -> Plan:
    """A plan with `base: latest` that copies this revision."""
    source = f"{ARN}:task-definition/web:{number}"
    return of(3, None, **{"source_revision": source, "config": newer(number, used=True), **changes})


@pytest.mark.parametrize(
    ("shown", "fresh", "became"),
    [
        (of(3, None), of(3, None), Since.SAME),
        (of(3, TWO_TO_SIX), of(3, None), Since.SAME),
        (of(3, TWO_TO_SIX), of(3, UNKNOWN), Since.SAME),
        (of(3, TWO_TO_SIX), of(6, TWO_TO_SIX), Since.SCALED),
        (of(3, TWO_TO_SIX), of(2, TWO_TO_SIX), Since.SCALED),
        (of(3, None), of(4, None), Since.BY_HAND),
        (of(3, TWO_TO_SIX), of(4, None), Since.BY_HAND),
        (of(3, None), of(4, TWO_TO_SIX), Since.OTHER),
        (of(3, TWO_TO_SIX), of(7, TWO_TO_SIX), Since.OUTSIDE),
        (of(3, TWO_TO_SIX), of(1, TWO_TO_SIX), Since.OUTSIDE),
        (of(3, TWO_TO_SIX), of(7, ScalingPlan(minimum=2, maximum=9)), Since.OUTSIDE),
        (of(3, TWO_TO_SIX), of(4, ScalingPlan(minimum=5, maximum=9)), Since.OUTSIDE),
        (of(3, TWO_TO_SIX), of(4, UNKNOWN), Since.UNKNOWN),
        (of(3, UNKNOWN), of(4, TWO_TO_SIX), Since.UNKNOWN),
        (of(3, TWO_TO_SIX), of(4, TWO_TO_SIX.evolve(before=EVERYTHING)), Since.HELD),
        (of(3, TWO_TO_SIX), of(4, held(scale_out=True, scheduled=True)), Since.HELD),
        (of(3, TWO_TO_SIX), of(2, held(scale_in=True, scheduled=True)), Since.HELD),
        (of(3, TWO_TO_SIX), of(4, held(scale_in=True, scheduled=True)), Since.SCALED),
        (of(3, TWO_TO_SIX), of(2, held(scale_out=True, scheduled=True)), Since.SCALED),
        (of(3, TWO_TO_SIX), of(4, held(scale_out=True)), Since.SCALED),
        (of(3, TWO_TO_SIX), of(2, held(scale_in=True)), Since.SCALED),
        (of(3, TWO_TO_SIX), of(4, TWO_TO_SIX, digest="sha256:" + "b" * 64), Since.OTHER),
        (of(3, None), of(3, None, old_revision=f"{ARN}:task-definition/web:2"), Since.OTHER),
        (of(3, None), of(3, None, source_revision=f"{ARN}:task-definition/web:2"), Since.OTHER),
        (of(3, None), of(3, None, config=newer(2)), Since.SAME),
        (of(3, None, config=newer(2)), of(3, None, config=newer(3)), Since.SAME),
        (copy(2), copy(2), Since.SAME),
        (copy(2), copy(3), Since.OTHER_BASE),
        (copy(2), copy(3, digest="sha256:" + "b" * 64), Since.OTHER_BASE),
        (of(3, None), copy(2), Since.OTHER_BASE),
        (copy(2), of(3, None), Since.OTHER_BASE),
        (copy(2), copy(2, digest="sha256:" + "b" * 64), Since.OTHER),
        (copy(2), copy(3, old_revision=f"{ARN}:task-definition/web:4"), Since.OTHER),
        (of(3, None), of(3, None, changes=()), Since.OTHER),
        (of(3, None), of(3, None, downtime=True), Since.OTHER),
    ],
)
def test_what_became_of_a_plan(shown: Plan, fresh: Plan, became: Since) -> None:
    assert since(shown, fresh) is became


def test_an_approval_stands_for_the_same_plan_and_for_one_that_was_scaled_alone() -> None:
    assert {became for became in Since if became.stands} == {Since.SAME, Since.SCALED}


def set_count(yard: Yard, service: str, tasks: int) -> None:
    yard.console.update_service(cluster="production", service=service, desiredCount=tasks)


def asked(yard: Yard, service: str = SERVICE, **changes: Any) -> str:
    deploy_id = yard.ask(service, "1.4.2", **changes)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    return deploy_id


def scale_web(yard: Yard) -> None:
    yard.ecs.autoscale("web", minimum=2, maximum=6)


def test_a_count_that_was_scaled_before_the_approval_is_the_one_stopped_and_brought_back(yard: Yard) -> None:
    scaled(yard)
    deploy_id = asked(yard)
    assert "• 2 tasks (autoscaled, 2 to 6) before and after; " in yard.said(deploy_id, MilestoneKind.PLAN)
    set_count(yard, SERVICE, 5)

    yard.approve(deploy_id)
    deploy = yard.until_phase(deploy_id, Phase.DRAINING)

    assert deploy.plan is not None
    assert deploy.original is not None
    assert (deploy.plan.desired_count, deploy.original.desired_count) == (5, 5)
    assert restore_tags(yard, SERVICE) == [f"{deploy_id}/5"]
    told = yard.said(deploy_id, MilestoneKind.PROGRESS)
    assert (
        "Application Auto Scaling set the count from 2 to 5 tasks since the plan was shown. That is within "
        "2 to 6, so the approval stands."
    ) in told
    assert "the desired count goes from 5 to 0" in told
    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert (count(yard), target(yard).suspended) == (5, Suspension())
    assert yard.get(deploy_id).question == 1
    assert_strict_order(yard, SERVICE)


def test_a_rolling_service_that_is_scaled_gets_its_approval_in_a_busy_hour(yard: Yard) -> None:
    scale_web(yard)
    deploy_id = asked(yard, "web", approvals=1, approvers=("U02BOB0000",))
    set_count(yard, "web", 6)

    yard.approve(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert (yard.get(deploy_id).question, yard.service("web")["desiredCount"]) == (1, 6)
    assert "set the count from 3 to 6 tasks" in yard.said(deploy_id, MilestoneKind.PROGRESS)


def test_moved_once_more_the_bounds_are_those_that_people_saw(yard: Yard) -> None:
    """Wider bounds since then let no count through that nobody approved."""
    scaled(yard)
    deploy_id = asked(yard)
    yard.ecs.autoscale(SERVICE, minimum=2, maximum=12)
    set_count(yard, SERVICE, 8)

    yard.approve(deploy_id)
    yard.until(lambda: yard.get(deploy_id).question == 2)

    assert (
        "The service changed after the plan was shown, so earlier answers do not count. The count went from "
        "2 to 8 tasks, which is outside of what it is scaled to (2 to 6 in the plan, 2 to 12 now). The new "
        "plan:\n*Plan* for `billing`:"
    ) in yard.said(deploy_id, MilestoneKind.PLAN)
    assert "• 8 tasks (autoscaled, 2 to 12) before and after; " in yard.said(deploy_id, MilestoneKind.PLAN)
    assert yard.ecs.calls("RegisterTaskDefinition") == []
    assert count(yard) == 8


def test_a_count_moved_by_hand_voids_the_approval_where_nothing_scales_the_service(yard: Yard) -> None:
    deploy_id = asked(yard)
    set_count(yard, SERVICE, 3)

    yard.approve(deploy_id)
    yard.until(lambda: yard.get(deploy_id).question == 2)

    assert (
        "so earlier answers do not count. The count went from 2 to 3 tasks, and nothing scales this service "
        "by itself. The new plan:"
    ) in yard.said(deploy_id, MilestoneKind.PLAN)
    assert yard.get(deploy_id).decisions == ()


def test_a_count_moved_while_scaling_is_suspended_was_moved_by_hand(yard: Yard) -> None:
    scaled(yard)
    set_by_somebody(EVERYTHING)
    deploy_id = asked(yard)
    assert "• 2 tasks (autoscaling is suspended) before and after; " in yard.said(deploy_id)
    set_count(yard, SERVICE, 3)

    yard.approve(deploy_id)
    yard.until(lambda: yard.get(deploy_id).question == 2)

    assert (
        "The count went from 2 to 3 tasks, and what Application Auto Scaling could do that with is suspended."
    ) in yard.said(deploy_id, MilestoneKind.PLAN)


@pytest.mark.parametrize("service", [SERVICE, "web"])
def test_where_aws_does_not_tell_who_scales_the_approval_is_void_and_says_why(
    yard: Yard, service: str
) -> None:
    yard.ecs.autoscale(service, minimum=1, maximum=6)
    yard.ecs.faults.add(operation="DescribeScalableTargets", kind="access-denied", times=None)
    deploy_id = asked(yard, service, approvals=1, approvers=("U02BOB0000",))
    set_count(yard, service, 5)

    yard.approve(deploy_id)
    yard.until(lambda: yard.get(deploy_id).question == 2)

    told = yard.said(deploy_id, MilestoneKind.PLAN)
    assert (
        "to 5 tasks, and I cannot tell whether Application Auto Scaling did that: AWS does not allow" in told
    )
    assert "application-autoscaling:DescribeScalableTargets" in told


@pytest.mark.parametrize("kind", ["access-denied", "error", "throttle"])
def test_a_rolling_service_does_not_depend_on_application_auto_scaling(yard: Yard, kind: str) -> None:
    scale_web(yard)
    yard.ecs.faults.add(operation="DescribeScalableTargets", kind=kind, times=None)

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "• 3 tasks before and after; " in yard.said(deploy.id, MilestoneKind.PLAN)


def test_without_approval_a_scaled_count_is_told_and_the_plan_not_made_anew(yard: Yard) -> None:
    scaled(yard)
    deploy_id = yard.ask(SERVICE, "1.4.2", approvals=0)
    yard.ecs.faults.add(operation="RegisterTaskDefinition", kind="throttle")
    yard.until_phase(deploy_id, Phase.REGISTERING)
    set_count(yard, SERVICE, 4)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert yard.said(deploy_id, MilestoneKind.PLAN).count("*Plan*") == 1
    assert yard.said(deploy_id).count("since the plan was shown. That is within 2 to 6.") == 1
    assert count(yard) == 4
