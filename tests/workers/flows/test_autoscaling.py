"""A stop-start service that Application Auto Scaling scales: suspended meanwhile, then exactly as before."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from deploys.scaling import EVERYTHING, Suspension
from tests.workers.flows.scaled import (
    BEFORE,
    SERVICE,
    WAYS_OUT,
    begin,
    count,
    scaled,
    succeed,
    suspensions,
    target,
)
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import Yard
from workers.ecs import scaling
from workers.flows import marks
from workers.flows.autoscaling import Standing, standing
from workers.flows.words.measures import short


@pytest.mark.parametrize("way", WAYS_OUT)
def test_on_every_way_out_it_is_put_back_exactly_as_it_was(yard: Yard, way: str) -> None:
    before = Suspension(scale_in=True)
    scaled(yard, before)
    go, outcome = WAYS_OUT[way]

    deploy = go(yard)

    assert deploy.outcome is outcome
    assert target(yard) == scaling.TargetSeen(2, 6, before)
    assert count(yard) == 2
    assert restore_tags(yard, SERVICE) == []
    assert "Application Auto Scaling is as it was before: scaling in suspended." in yard.said(deploy.id)
    if way not in ("rollback", "superseded"):  # ECS's own breaker, and somebody, start tasks as they like
        assert_strict_order(yard, SERVICE)
    assert yard.leftovers() == []


@pytest.mark.parametrize("before", BEFORE)
def test_each_state_comes_back_and_is_touched_only_where_it_must_be(yard: Yard, before: Suspension) -> None:
    scaled(yard, before)
    asked = len(suspensions(yard))

    deploy = succeed(yard)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert target(yard).suspended == before
    assert len(suspensions(yard)) - asked == (0 if before == EVERYTHING else 2)


def test_while_it_is_stopped_nothing_raises_the_count(yard: Yard) -> None:
    scaled(yard)
    arns = yard.ecs.client("ecs").list_tasks(cluster="production", serviceName=SERVICE)["taskArns"]
    yard.ecs.client("ecs").update_task_protection(
        cluster="production", tasks=arns[:1], protectionEnabled=True, expiresInMinutes=5
    )
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.DRAINING)

    for _ in range(60):
        assert (count(yard), target(yard).suspended) == (0, EVERYTHING)
        yard.tick(2)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(yard, SERVICE)


def test_plan_and_thread_say_what_happens_to_it(yard: Yard) -> None:
    scaled(yard, Suspension(scale_out=True, scheduled=True))

    deploy = succeed(yard)

    assert (
        "• Application Auto Scaling (2 to 6 tasks) is suspended until the end, then put back as it is now: "
        "scaling out and scheduled scaling suspended"
    ) in yard.said(deploy.id, MilestoneKind.PLAN)
    told = yard.said(deploy.id, MilestoneKind.PROGRESS)
    assert (
        "Suspending Application Auto Scaling (2 to 6 tasks), so that it does not start tasks during the "
        "stop. Before: scaling out and scheduled scaling suspended. I put that back, however this ends."
    ) in told
    assert (
        "Application Auto Scaling is as it was before: scaling out and scheduled scaling suspended."
    ) in told


def test_it_is_resumed_once_the_outcome_is_known_and_not_after_settling(yard: Yard) -> None:
    scaled(yard)
    deploy_id = begin(yard)
    yard.until(lambda: yard.get(deploy_id).outcome)
    ended = yard.ecs.now()

    yard.until(lambda: target(yard).suspended == Suspension())

    assert yard.ecs.now() - ended < 10
    assert yard.get(deploy_id).phase is Phase.SETTLING
    assert count(yard) == 2


def test_a_service_that_nothing_scales_costs_no_call_beyond_the_question(yard: Yard) -> None:
    succeed(yard)

    assert yard.ecs.calls("RegisterScalableTarget") == []
    assert len(yard.ecs.calls("DescribeScalableTargets")) == 3, "planned, planned again, recorded"


def test_the_marks_on_the_service_say_all_that_bringing_it_back_takes(yard: Yard) -> None:
    scaled(yard, Suspension(scale_out=True))
    deploy_id = begin(yard)
    deploy = yard.until_phase(deploy_id, Phase.DRAINING)
    assert deploy.original is not None
    arn = yard.service(SERVICE)["serviceArn"]
    found = yard.ecs.client("ecs").list_tags_for_resource(resourceArn=arn)["tags"]
    tags = {tag["key"]: tag["value"] for tag in found}

    assert {key: value for key, value in tags.items() if key in marks.KEYS} == {
        "slipway:restore": f"{deploy_id}/2",
        "slipway:revisions": f"{short(deploy.original.revision)} {short(deploy.new_revision)}",
        "slipway:asked": f"deploy 1.4.2 {deploy.requester} {deploy.channel} {deploy.team}",
        "slipway:suspended": f"{deploy_id} in=false out=true scheduled=false tried",
        "slipway:stopped": f"{deploy_id} {int(deploy.stop_requested_at or 0)}",
    }


EVERY_STATE = [
    Suspension(scale_in=a, scale_out=b, scheduled=c)
    for a in (False, True)
    for b in (False, True)
    for c in (False, True)
]


@pytest.mark.parametrize("now", EVERY_STATE)
@pytest.mark.parametrize("before", EVERY_STATE)
def test_how_a_target_stands_for_every_pair_of_states(before: Suspension, now: Suspension) -> None:
    stands = standing(before, scaling.TargetSeen(1, 2, now))

    expected = {now: Standing.ELSEWISE, EVERYTHING: Standing.OURS, before: Standing.AS_BEFORE}
    assert stands is expected[now]
    assert standing(before, None) is Standing.GONE
