"""Whether an approval is still valid if the desired count changed after the plan was shown."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.plan_drift import RULES, PlanDrift, compare_plans
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import NewerRevision, Plan, RevisionConfig
from deploys.records.restore_point import ALL_SUSPENDED, ScalingPlan, SuspendedState
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import TrafficPlan
from deploys.stores import audit
from tests.builders import ARN, a_plan
from tests.workers.engine_harness import BOB, EngineHarness
from tests.workers.flows.autoscaled_service import (
    SERVICE,
    autoscale_billing,
    desired_count,
    scalable_target,
    suspend_by_hand,
)
from tests.workers.flows.strict_order import assert_strict_order, restore_tags

TWO_TO_SIX = ScalingPlan(minimum=2, maximum=6)
BLUE_GREEN = TrafficPlan(strategy="BLUE_GREEN")
UNKNOWN = ScalingPlan(unknown_reason="AWS does not allow it.")


def with_suspended(**processes: bool) -> ScalingPlan:
    return TWO_TO_SIX.evolve(suspended_before=SuspendedState(**processes))


def plan_with(tasks: int, scaling: ScalingPlan | None, **changes: Any) -> Plan:
    return a_plan(desired_count=tasks, scaling=scaling, **changes)


def newer_revision(number: int, *, used: bool = False) -> RevisionConfig:
    """What a plan records of a newer revision."""
    arn = f"{ARN}:task-definition/web:{number}"
    return RevisionConfig(newest=arn, newer=NewerRevision(revision=arn, used=used))


def plan_that_copies(number: int, **changes: Any) -> Plan:
    """A plan with `base: latest` that copies this revision."""
    source = f"{ARN}:task-definition/web:{number}"
    return plan_with(
        3, None, **{"source_revision": source, "config": newer_revision(number, used=True), **changes}
    )


@pytest.mark.parametrize(
    ("shown", "fresh", "became"),
    [
        (plan_with(3, None), plan_with(3, None), PlanDrift.SAME),
        (plan_with(3, TWO_TO_SIX), plan_with(3, None), PlanDrift.SAME),
        (plan_with(3, TWO_TO_SIX), plan_with(3, UNKNOWN), PlanDrift.SAME),
        (plan_with(3, TWO_TO_SIX), plan_with(6, TWO_TO_SIX), PlanDrift.AUTOSCALED),
        (plan_with(3, TWO_TO_SIX), plan_with(2, TWO_TO_SIX), PlanDrift.AUTOSCALED),
        (plan_with(3, None), plan_with(4, None), PlanDrift.SCALED_BY_HAND),
        (plan_with(3, TWO_TO_SIX), plan_with(4, None), PlanDrift.SCALED_BY_HAND),
        (plan_with(3, None), plan_with(4, TWO_TO_SIX), PlanDrift.DIFFERENT),
        (plan_with(3, TWO_TO_SIX), plan_with(7, TWO_TO_SIX), PlanDrift.OUT_OF_BOUNDS),
        (plan_with(3, TWO_TO_SIX), plan_with(1, TWO_TO_SIX), PlanDrift.OUT_OF_BOUNDS),
        (plan_with(3, TWO_TO_SIX), plan_with(7, ScalingPlan(minimum=2, maximum=9)), PlanDrift.OUT_OF_BOUNDS),
        (plan_with(3, TWO_TO_SIX), plan_with(4, ScalingPlan(minimum=5, maximum=9)), PlanDrift.OUT_OF_BOUNDS),
        (plan_with(3, TWO_TO_SIX), plan_with(4, UNKNOWN), PlanDrift.SCALING_UNKNOWN),
        (plan_with(3, UNKNOWN), plan_with(4, TWO_TO_SIX), PlanDrift.SCALING_UNKNOWN),
        (
            plan_with(3, TWO_TO_SIX),
            plan_with(4, TWO_TO_SIX.evolve(suspended_before=ALL_SUSPENDED)),
            PlanDrift.SCALED_WHILE_SUSPENDED,
        ),
        (
            plan_with(3, TWO_TO_SIX),
            plan_with(4, with_suspended(scale_out=True, scheduled=True)),
            PlanDrift.SCALED_WHILE_SUSPENDED,
        ),
        (
            plan_with(3, TWO_TO_SIX),
            plan_with(2, with_suspended(scale_in=True, scheduled=True)),
            PlanDrift.SCALED_WHILE_SUSPENDED,
        ),
        (
            plan_with(3, TWO_TO_SIX),
            plan_with(4, with_suspended(scale_in=True, scheduled=True)),
            PlanDrift.AUTOSCALED,
        ),
        (
            plan_with(3, TWO_TO_SIX),
            plan_with(2, with_suspended(scale_out=True, scheduled=True)),
            PlanDrift.AUTOSCALED,
        ),
        (plan_with(3, TWO_TO_SIX), plan_with(4, with_suspended(scale_out=True)), PlanDrift.AUTOSCALED),
        (plan_with(3, TWO_TO_SIX), plan_with(2, with_suspended(scale_in=True)), PlanDrift.AUTOSCALED),
        (
            plan_with(3, TWO_TO_SIX),
            plan_with(4, TWO_TO_SIX, digest="sha256:" + "b" * 64),
            PlanDrift.DIFFERENT,
        ),
        (
            plan_with(3, None),
            plan_with(3, None, old_revision=f"{ARN}:task-definition/web:2"),
            PlanDrift.DIFFERENT,
        ),
        (
            plan_with(3, None),
            plan_with(3, None, source_revision=f"{ARN}:task-definition/web:2"),
            PlanDrift.DIFFERENT,
        ),
        (plan_with(3, None), plan_with(3, None, config=newer_revision(2)), PlanDrift.SAME),
        (
            plan_with(3, None, config=newer_revision(2)),
            plan_with(3, None, config=newer_revision(3)),
            PlanDrift.SAME,
        ),
        (plan_that_copies(2), plan_that_copies(2), PlanDrift.SAME),
        (plan_that_copies(2), plan_that_copies(3), PlanDrift.OTHER_BASE),
        (plan_that_copies(2), plan_that_copies(3, digest="sha256:" + "b" * 64), PlanDrift.OTHER_BASE),
        (plan_with(3, None), plan_that_copies(2), PlanDrift.OTHER_BASE),
        (plan_that_copies(2), plan_with(3, None), PlanDrift.OTHER_BASE),
        (plan_that_copies(2), plan_that_copies(2, digest="sha256:" + "b" * 64), PlanDrift.DIFFERENT),
        (
            plan_that_copies(2),
            plan_that_copies(3, old_revision=f"{ARN}:task-definition/web:4"),
            PlanDrift.DIFFERENT,
        ),
        (plan_with(3, None), plan_with(3, None, changes=()), PlanDrift.DIFFERENT),
        (plan_with(3, None), plan_with(3, None, downtime=True), PlanDrift.DIFFERENT),
        (plan_with(3, None), plan_with(3, None, minimum_healthy_percent=50), PlanDrift.DIFFERENT),
        (plan_with(3, None), plan_with(3, None, maximum_percent=150), PlanDrift.DIFFERENT),
        (
            plan_with(3, None, downtime=True),
            plan_with(3, None, downtime=True, minimum_healthy_percent=0, maximum_percent=100),
            PlanDrift.SAME,
        ),
        (
            plan_with(3, None, traffic=BLUE_GREEN),
            plan_with(3, None, traffic=BLUE_GREEN, minimum_healthy_percent=0, maximum_percent=100),
            PlanDrift.SAME,
        ),
    ],
)
def test_what_became_of_a_plan(shown: Plan, fresh: Plan, became: PlanDrift) -> None:
    assert compare_plans(shown, fresh) is became


def test_every_field_of_a_plan_has_a_rule() -> None:
    assert set(RULES) == set(Plan.model_fields)


def test_an_approval_stands_for_the_same_plan_and_for_one_that_was_scaled_alone() -> None:
    assert {became for became in PlanDrift if became.keeps_approval} == {PlanDrift.SAME, PlanDrift.AUTOSCALED}


def set_count(harness: EngineHarness, service: str, tasks: int) -> None:
    harness.ecs_client.update_service(cluster="production", service=service, desiredCount=tasks)


def request_until_question(harness: EngineHarness, service: str = SERVICE, **changes: Any) -> str:
    deploy_id = harness.request_deploy(service, "1.4.2", **changes)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    return deploy_id


def autoscale_web(harness: EngineHarness) -> None:
    harness.ecs.autoscale("web", minimum=2, maximum=6)


def test_a_count_that_was_scaled_before_the_approval_is_the_one_stopped_and_brought_back(
    harness: EngineHarness,
) -> None:
    autoscale_billing(harness)
    deploy_id = request_until_question(harness)
    assert "• 2 tasks (autoscaled, 2 to 6) before and after; " in harness.thread_text(
        deploy_id, ThreadMessageKind.PLAN
    )
    set_count(harness, SERVICE, 5)

    harness.approve(deploy_id)
    deploy = harness.until_phase(deploy_id, Phase.DRAINING)

    assert deploy.plan is not None
    assert deploy.stop.restore_point is not None
    assert (deploy.plan.desired_count, deploy.stop.restore_point.desired_count) == (5, 5)
    assert restore_tags(harness, SERVICE) == [f"{deploy_id}/5"]
    text = harness.thread_text(deploy_id, ThreadMessageKind.PROGRESS)
    assert (
        "Application Auto Scaling set the count from 2 to 5 tasks since the plan was shown. That is within 2 "
        "to 6, so the approval still counts."
    ) in text
    assert "the desired count goes from 5 to 0" in text
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert (desired_count(harness), scalable_target(harness).suspended) == (5, SuspendedState())
    assert harness.get(deploy_id).approval.question == 1
    assert_strict_order(harness, SERVICE)


def test_a_rolling_service_that_is_scaled_gets_its_approval_in_a_busy_hour(harness: EngineHarness) -> None:
    autoscale_web(harness)
    deploy_id = request_until_question(harness, "web", approvals=1, approvers=("U02BOB0000",))
    set_count(harness, "web", 6)

    harness.approve(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert (harness.get(deploy_id).approval.question, harness.describe_service("web")["desiredCount"]) == (
        1,
        6,
    )
    assert "set the count from 3 to 6 tasks" in harness.thread_text(deploy_id, ThreadMessageKind.PROGRESS)


def test_moved_once_more_the_bounds_are_those_that_people_saw(harness: EngineHarness) -> None:
    """Bounds that were widened later do not allow a count that nobody approved."""
    autoscale_billing(harness)
    deploy_id = request_until_question(harness)
    harness.ecs.autoscale(SERVICE, minimum=2, maximum=12)
    set_count(harness, SERVICE, 8)

    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).approval.question == 2)

    assert (
        "The service changed after the plan was shown, so earlier answers do not count. The count went from "
        "2 to 8 tasks, outside its scaling limits (2 to 6 in the plan, 2 to 12 now). The new plan:\n*Plan* "
        "for `billing`:"
    ) in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    assert "• 8 tasks (autoscaled, 2 to 12) before and after; " in harness.thread_text(
        deploy_id, ThreadMessageKind.PLAN
    )
    assert harness.ecs.calls("RegisterTaskDefinition") == []
    assert desired_count(harness) == 8


def test_a_count_moved_by_hand_voids_the_approval_where_nothing_scales_the_service(
    harness: EngineHarness,
) -> None:
    deploy_id = request_until_question(harness)
    set_count(harness, SERVICE, 3)

    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).approval.question == 2)

    assert (
        "so earlier answers do not count. The count went from 2 to 3 tasks, and nothing scales this service "
        "automatically. The new plan:"
    ) in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    assert harness.get(deploy_id).approval.decisions == ()


def test_other_healthy_percents_void_the_approval_and_are_said(harness: EngineHarness) -> None:
    deploy_id = request_until_question(harness, "web", approvals=1, approvers=(BOB,))
    assert "ECS keeps 100 to 200 percent of the tasks" in harness.thread_text(deploy_id)
    harness.ecs_client.update_service(
        cluster="production",
        service="web",
        deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 150},
    )

    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).approval.question == 2)

    assert (
        "The service changed after the plan was shown, so earlier answers do not count. ECS would keep 0 to "
        "150 percent of the tasks while it replaces them, not 100 to 200 percent. The new plan:\n*Plan* for "
        "`web`:"
    ) in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    assert [
        each["why"] for each in audit.trail(harness.redis, deploy_id) if each["what"] == "approval voided"
    ]
    assert harness.ecs.calls("RegisterTaskDefinition") == []

    harness.approve(deploy_id)
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_a_count_moved_while_scaling_is_suspended_was_moved_by_hand(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    suspend_by_hand(ALL_SUSPENDED)
    deploy_id = request_until_question(harness)
    assert "• 2 tasks (autoscaling is suspended) before and after; " in harness.thread_text(deploy_id)
    set_count(harness, SERVICE, 3)

    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).approval.question == 2)

    assert (
        "The count went from 2 to 3 tasks, and the part of Application Auto Scaling that could do that is "
        "suspended."
    ) in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)


@pytest.mark.parametrize("service", [SERVICE, "web"])
def test_where_aws_does_not_tell_who_scales_the_approval_is_void_and_says_why(
    harness: EngineHarness, service: str
) -> None:
    harness.ecs.autoscale(service, minimum=1, maximum=6)
    harness.ecs.faults.add(operation="DescribeScalableTargets", kind="access-denied", times=None)
    deploy_id = request_until_question(harness, service, approvals=1, approvers=("U02BOB0000",))
    set_count(harness, service, 5)

    harness.approve(deploy_id)
    harness.until(lambda: harness.get(deploy_id).approval.question == 2)

    text = harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    assert (
        "to 5 tasks, and I cannot tell whether Application Auto Scaling did that: AWS does not allow" in text
    )
    assert "application-autoscaling:DescribeScalableTargets" in text


@pytest.mark.parametrize("kind", ["access-denied", "error", "throttle"])
def test_a_rolling_service_does_not_depend_on_application_auto_scaling(
    harness: EngineHarness, kind: str
) -> None:
    autoscale_web(harness)
    harness.ecs.faults.add(operation="DescribeScalableTargets", kind=kind, times=None)

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "• 3 tasks before and after; " in harness.thread_text(deploy.id, ThreadMessageKind.PLAN)


def test_without_approval_a_scaled_count_is_told_and_the_plan_not_made_anew(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = harness.request_deploy(SERVICE, "1.4.2", approvals=0)
    harness.ecs.faults.add(operation="RegisterTaskDefinition", kind="throttle")
    harness.until_phase(deploy_id, Phase.REGISTERING)
    set_count(harness, SERVICE, 4)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert harness.thread_text(deploy_id, ThreadMessageKind.PLAN).count("*Plan*") == 1
    assert harness.thread_text(deploy_id).count("since the plan was shown. That is within 2 to 6.") == 1
    assert desired_count(harness) == 4
