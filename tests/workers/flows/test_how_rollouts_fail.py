"""Each way a rollout fails, or only seems to, told to its end as people read it."""

from __future__ import annotations

import re

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from sandbox.ecs.images import Behaviour
from sandbox.ecs.tasks import ending
from tests.builders import NOW, REGISTRY
from tests.workers.yard import Yard
from workers.ecs.seen import EventSeen
from workers.ecs.why import explain
from workers.flows.evidence import kind


def told(yard: Yard, deploy_id: str, kind: MilestoneKind) -> str:
    """What the thread was told, without counts and times that differ with the pace."""
    text = re.sub(r"\b\d+ (task|time)s\b", r"N \1s", yard.said(deploy_id, kind))
    return re.sub(r"Downtime: [^.]*\.", "Downtime: T.", text)


def test_an_image_that_is_gone_when_ecs_pulls_it_is_explained(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.client("ecr").batch_delete_image(repositoryName="web", imageIds=[{"imageTag": "1.4.2"}])

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert told(yard, deploy_id, MilestoneKind.END) == (
        "*Rolled back* to `web:17`: ECS gave up on the new revision and rolls back by itself (Service "
        "deployment rolled back because the circuit breaker threshold was exceeded).\n"
        "• N tasks: the image could not be pulled: it is not there. Push it, or deploy a tag that exists. "
        "ECS says: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to "
        f"resolve ref {REGISTRY}/web:1.4.2: {REGISTRY}/web:1.4.2: not found`"
    )
    assert yard.images_running("web") == {"1.4.0"}


def test_a_worker_that_never_gets_healthy_is_explained_with_its_last_lines(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.5.0-unhealthy", deadline=240)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert told(yard, deploy_id, MilestoneKind.END) == (
        "*Rolled back* to `ledger:8`: ECS gave up on the new revision and rolls back by itself (Service "
        "deployment rolled back because the circuit breaker threshold was exceeded). Downtime: T.\n"
        "• N tasks: the container health check of `ledger` failed. Run that check's command in the image, "
        "and see whether its start period is long enough.\n"
        "Last lines of `ledger`:\n```INFO ledger 1.5.0-unhealthy starting```"
    )


def test_no_room_that_passes_by_itself_is_reported_and_fails_nothing(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = yard.ask("web", "1.5.0-noroom")
    yard.until(lambda: yard.said(deploy_id, MilestoneKind.TROUBLE))
    yard.tick(30)
    assert yard.get(deploy_id).phase is Phase.FOLLOWING
    monkeypatch.setattr("sandbox.ecs.images._BY_SUFFIX", (Behaviour.CRASH,))

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert yard.said(deploy_id, MilestoneKind.TROUBLE) == (
        "New tasks are in trouble; ECS goes on trying:\n"
        "• ECS finds no room for a task. It can pass by itself; else add capacity, or ask for less CPU and "
        "memory. ECS says: `was unable to place a task. Reason: Capacity is unavailable at this time. Please "
        "try again later or in a different availability zone.`"
    )


def crash_one_that_is_healthy(yard: Yard, deployment_id: str | None) -> int:
    """A new task crashes after it ran; how many did: 1, or 0 where none is healthy."""
    with yard.ecs.region.moment() as region:
        tasks = region.tables.tasks.values()
        healthy = [t.arn for t in tasks if t.deployment == deployment_id and t.live and t.healthy]
        for arn in healthy[:1]:
            ending.exit_by_itself(region, arn, "web", 1)
    return len(healthy[:1])


@pytest.mark.parametrize(
    ("give_up_after", "reason"),
    [
        (3, "tasks of `web:18` failed in a row, without one in between that stayed healthy"),
        (0, "the rollout did not finish within its deadline of 5 min 00 s."),
    ],
)
def test_tasks_that_crash_after_they_ran_reset_the_breaker_and_are_counted_all_the_same(
    yard: Yard, give_up_after: int, reason: str
) -> None:
    deploy_id = yard.ask("web", "1.4.2", deadline=300, give_up_after=give_up_after)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    ours, crashed, counts = yard.get(deploy_id).deployment_id, 0, []
    while yard.get(deploy_id).phase is Phase.FOLLOWING:
        crashed += crash_one_that_is_healthy(yard, ours)
        for _ in range(20):
            yard.tick()
        counts.append(yard.get(deploy_id).rollout)

    deploy = yard.until_over(deploy_id)

    assert {seen.breaker_threshold for seen in counts if seen.breaker_threshold} == {3}
    assert max(seen.failed_tasks for seen in counts) < 3 < crashed
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert reason in deploy.reason
    assert "tasks: container `web` exited with code 1." in yard.said(deploy_id, MilestoneKind.END)
    assert yard.images_running("web") == {"1.4.0"}


def test_an_event_that_comes_again_is_not_told_again() -> None:
    message = "(service web) (task 0123) failed container health checks."
    events = [EventSeen(str(number), NOW, message) for number in range(3)]

    kinds = {
        kind(explain((), events[:count], NOW, earlier_lost=lost)[0])
        for count in (1, 2, 3)
        for lost in (False, True)
    }

    assert len(kinds) == 1
