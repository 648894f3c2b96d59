"""Each way in which a rollout fails or seems to fail, with the messages that people read."""

from __future__ import annotations

import re

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from sandbox.ecs.aws_services.ecr_images import ImageBehaviour
from sandbox.ecs.tasks import task_shutdown
from tests.builders import NOW, REGISTRY
from tests.workers.engine_harness import EngineHarness
from workers.ecs.reasons.cause_summary import find_causes
from workers.ecs.state import ServiceEventState


def without_counts_and_times(harness: EngineHarness, deploy_id: str, kind: ThreadMessageKind) -> str:
    """Messages of the thread without counts and times that depend on timing."""
    text = re.sub(r"\b\d+ (task|time)s\b", r"N \1s", harness.thread_text(deploy_id, kind))
    return re.sub(r"Downtime: [^.]*\.", "Downtime: T.", text)


def test_an_image_that_is_gone_when_ecs_pulls_it_is_explained(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.client("ecr").batch_delete_image(repositoryName="web", imageIds=[{"imageTag": "1.4.2"}])

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert without_counts_and_times(harness, deploy_id, ThreadMessageKind.END) == (
        "*Rolled back* to `web:17`: ECS gave up on the new revision and rolls back by itself (Service "
        "deployment rolled back because the circuit breaker threshold was exceeded).\n"
        "• N tasks: the image could not be pulled: it is not there. Push it, or deploy a tag that exists. "
        "ECS says: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to "
        f"resolve ref {REGISTRY}/web:1.4.2: {REGISTRY}/web:1.4.2: not found`"
    )
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_worker_that_never_gets_healthy_is_explained_with_its_last_lines(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.5.0-unhealthy", deadline=240)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert without_counts_and_times(harness, deploy_id, ThreadMessageKind.END) == (
        "*Rolled back* to `ledger:8`: ECS gave up on the new revision and rolls back by itself (Service "
        "deployment rolled back because the circuit breaker threshold was exceeded). Downtime: T.\n"
        "• N tasks: the container health check of `ledger` failed. Run that check's command in the image, "
        "and see whether its start period is long enough.\n"
        "Last lines of `ledger`:\n```INFO ledger 1.5.0-unhealthy starting```"
    )


def test_no_room_that_passes_by_itself_is_reported_and_fails_nothing(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-noroom")
    harness.until(lambda: harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM))
    harness.tick(30)
    assert harness.get(deploy_id).phase is Phase.FOLLOWING
    monkeypatch.setattr("sandbox.ecs.aws_services.ecr_images._BEHAVIOURS_BY_SUFFIX", (ImageBehaviour.CRASH,))

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM) == (
        "New tasks are failing; ECS keeps trying:\n"
        "• ECS finds no capacity for a task. It may resolve itself; otherwise add capacity, or ask for less "
        "CPU and "
        "memory. ECS says: `was unable to place a task. Reason: Capacity is unavailable at this time. Please "
        "try again later or in a different availability zone.`"
    )


def crash_a_healthy_task(harness: EngineHarness, deployment_id: str | None) -> int:
    """Crashes one healthy new task; returns 1, or 0 if none is healthy."""
    with harness.ecs.region.hold_time() as region:
        tasks = region.tables.tasks.values()
        healthy = [t.arn for t in tasks if t.deployment == deployment_id and t.is_wanted and t.is_healthy]
        for arn in healthy[:1]:
            task_shutdown.stop_exited(region, arn, "web", 1)
    return len(healthy[:1])


@pytest.mark.parametrize(
    ("give_up_after", "reason"),
    [
        (3, "tasks of `web:18` failed in a row, without one in between that stayed healthy"),
        (0, "the rollout did not finish within its deadline of 5 min."),
    ],
)
def test_tasks_that_crash_after_they_ran_reset_the_breaker_and_are_counted_all_the_same(
    harness: EngineHarness, give_up_after: int, reason: str
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", deadline=300, give_up_after=give_up_after)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    ours, crashed, counts = harness.get(deploy_id).ecs.deployment_id, 0, []
    while harness.get(deploy_id).phase is Phase.FOLLOWING:
        crashed += crash_a_healthy_task(harness, ours)
        for _ in range(20):
            harness.tick()
        counts.append(harness.get(deploy_id).rollout.counts)

    deploy = harness.until_over(deploy_id)

    assert {seen.breaker_threshold for seen in counts if seen.breaker_threshold} == {3}
    assert max(seen.failed_tasks for seen in counts) < 3 < crashed
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert reason in deploy.outcome_reason
    assert "tasks: container `web` exited with code 1." in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )
    assert harness.running_tags("web") == {"1.4.0"}


def test_an_event_that_comes_again_is_not_told_again() -> None:
    message = "(service web) (task 0123) failed container health checks."
    events = [ServiceEventState(str(number), NOW, message) for number in range(3)]

    kinds = {
        find_causes((), events[:count], NOW, events_may_be_missing=lost)[0].kind
        for count in (1, 2, 3)
        for lost in (False, True)
    }

    assert len(kinds) == 1
