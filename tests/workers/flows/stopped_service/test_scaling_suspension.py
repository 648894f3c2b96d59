"""Application Auto Scaling of a stop-start service is suspended during the deploy and restored exactly."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import ALL_SUSPENDED, SuspendedState
from deploys.records.thread_messages import ThreadMessageKind
from deploys.short_names import short_arn
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import (
    SERVICE,
    SUSPENSIONS_BEFORE,
    WAYS_TO_END,
    autoscale_billing,
    desired_count,
    requested_suspensions,
    run_to_success,
    scalable_target,
    start_approved_deploy,
)
from tests.workers.flows.strict_order import assert_strict_order, restore_tags
from workers.ecs import scalable_targets
from workers.flows.stopped_service import restore_tags as restore_tags_stopped_service
from workers.flows.stopped_service.scaling_suspension import ScalingTargetState, find_target_state


@pytest.mark.parametrize("way", WAYS_TO_END)
def test_on_every_way_out_it_is_put_back_exactly_as_it_was(harness: EngineHarness, way: str) -> None:
    before = SuspendedState(scale_in=True)
    autoscale_billing(harness, before)
    go, outcome = WAYS_TO_END[way]

    deploy = go(harness)

    assert deploy.outcome is outcome
    assert scalable_target(harness) == scalable_targets.ScalableTargetState(2, 6, before)
    assert desired_count(harness) == 2
    assert restore_tags(harness, SERVICE) == []
    assert "Application Auto Scaling is as it was before: scaling in suspended." in harness.thread_text(
        deploy.id
    )
    if way not in (
        "rollback",
        "superseded",
    ):  # ECS's circuit breaker and other people do not keep strict order
        assert_strict_order(harness, SERVICE)
    assert harness.leftover_keys() == []


@pytest.mark.parametrize("before", SUSPENSIONS_BEFORE)
def test_each_state_comes_back_and_is_touched_only_where_it_must_be(
    harness: EngineHarness, before: SuspendedState
) -> None:
    autoscale_billing(harness, before)
    asked = len(requested_suspensions(harness))

    deploy = run_to_success(harness)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert scalable_target(harness).suspended == before
    assert len(requested_suspensions(harness)) - asked == (0 if before == ALL_SUSPENDED else 2)


def test_while_it_is_stopped_nothing_raises_the_count(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    arns = harness.ecs.client("ecs").list_tasks(cluster="production", serviceName=SERVICE)["taskArns"]
    harness.ecs.client("ecs").update_task_protection(
        cluster="production", tasks=arns[:1], protectionEnabled=True, expiresInMinutes=5
    )
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.DRAINING)

    for _ in range(60):
        assert (desired_count(harness), scalable_target(harness).suspended) == (0, ALL_SUSPENDED)
        harness.tick(2)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(harness, SERVICE)


def test_plan_and_thread_say_what_happens_to_it(harness: EngineHarness) -> None:
    autoscale_billing(harness, SuspendedState(scale_out=True, scheduled=True))

    deploy = run_to_success(harness)

    assert (
        "• Application Auto Scaling (2 to 6 tasks) is suspended until the end, then restored to what it is "
        "now: scaling out and scheduled scaling suspended"
    ) in harness.thread_text(deploy.id, ThreadMessageKind.PLAN)
    text = harness.thread_text(deploy.id, ThreadMessageKind.PROGRESS)
    assert (
        "Suspending Application Auto Scaling (2 to 6 tasks), so that it does not start tasks during the "
        "stop. Before: scaling out and scheduled scaling suspended. I restore that at the end, whatever "
        "happens."
    ) in text
    assert (
        "Application Auto Scaling is as it was before: scaling out and scheduled scaling suspended."
    ) in text


def test_it_is_resumed_once_the_outcome_is_known_and_not_after_settling(harness: EngineHarness) -> None:
    autoscale_billing(harness)
    deploy_id = start_approved_deploy(harness)
    harness.until(lambda: harness.get(deploy_id).outcome)
    ended = harness.ecs.now()

    harness.until(lambda: scalable_target(harness).suspended == SuspendedState())

    assert harness.ecs.now() - ended < 10
    assert harness.get(deploy_id).phase is Phase.SETTLING
    assert desired_count(harness) == 2


def test_a_service_that_nothing_scales_costs_no_call_beyond_the_question(harness: EngineHarness) -> None:
    run_to_success(harness)

    assert harness.ecs.calls("RegisterScalableTarget") == []
    assert len(harness.ecs.calls("DescribeScalableTargets")) == 3, "planned, planned again, recorded"


def test_the_marks_on_the_service_say_all_that_bringing_it_back_takes(harness: EngineHarness) -> None:
    autoscale_billing(harness, SuspendedState(scale_out=True))
    deploy_id = start_approved_deploy(harness)
    deploy = harness.until_phase(deploy_id, Phase.DRAINING)
    assert deploy.stop.restore_point is not None
    arn = harness.describe_service(SERVICE)["serviceArn"]
    found = harness.ecs.client("ecs").list_tags_for_resource(resourceArn=arn)["tags"]
    tags = {tag["key"]: tag["value"] for tag in found}

    assert {key: value for key, value in tags.items() if key in restore_tags_stopped_service.SIGNED_TAGS} == {
        "slipway:restore": f"{deploy_id}/2",
        "slipway:revisions": f"{short_arn(deploy.stop.restore_point.revision)} "
        f"{short_arn(deploy.ecs.new_revision)}",
        "slipway:asked": f"deploy 1.4.2 {deploy.request.requester} {deploy.request.channel} "
        f"{deploy.request.team}",
        "slipway:suspended": f"{deploy_id} in=false out=true scheduled=false tried",
        "slipway:stopped": f"{deploy_id} {int(deploy.stop.requested_at or 0)}",
    }


EVERY_SUSPENSION = [
    SuspendedState(scale_in=a, scale_out=b, scheduled=c)
    for a in (False, True)
    for b in (False, True)
    for c in (False, True)
]


@pytest.mark.parametrize("now", EVERY_SUSPENSION)
@pytest.mark.parametrize("before", EVERY_SUSPENSION)
def test_how_a_target_stands_for_every_pair_of_states(before: SuspendedState, now: SuspendedState) -> None:
    stands = find_target_state(before, scalable_targets.ScalableTargetState(1, 2, now))

    expected = {
        now: ScalingTargetState.CHANGED_BY_OTHERS,
        ALL_SUSPENDED: ScalingTargetState.SUSPENDED_BY_SLIPWAY,
        before: ScalingTargetState.RESTORED,
    }
    assert stands is expected[now]
    assert find_target_state(before, None) is ScalingTargetState.DELETED
