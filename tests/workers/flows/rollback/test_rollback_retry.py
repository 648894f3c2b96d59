"""A rollback that does not hold, because the old version cannot start either."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploys.catalogue.nested_keys import PostCheck
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackProgress
from deploys.records.thread_messages import Notice, ThreadMessageKind
from tests.builders import ARN, NOW, a_deploy, a_plan
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.ecs_state_builders import OLD_REVISION, OTHER_DEPLOYMENT, a_deployment, service_with
from workers.ecs import tasks
from workers.ecs.state import ServiceState, TaskState
from workers.flows.finish.settling import is_moved_late
from workers.flows.observe import deadline
from workers.flows.rollback.rollback_failures import report_rollback_failures
from workers.flows.rollback.rollback_retry import retry_rollback
from workers.step_context import StepContext, Timing

UNREACHABLE_URL = "http://127.0.0.1:9/health"


def request_until_check_fails(harness: EngineHarness, service: str) -> str:
    """Requests a deploy that its post-check rolls back to an image that was deleted; its id."""
    deploy_id = harness.request_deploy(
        service, "1.4.2", deadline=60, after=PostCheck(duration=60, http=UNREACHABLE_URL)
    )
    if service == "billing":
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.CHECKING)
    gone = [{"imageTag": "1.4.0"}]
    harness.ecs.client("ecr").batch_delete_image(repositoryName=service, imageIds=gone)
    return deploy_id


def run_to_end(harness: EngineHarness, deploy_id: str) -> Deploy:
    """Runs to the end in larger steps than `harness.until`."""
    for _ in range(200):
        if harness.get(deploy_id).phase is Phase.ENDED:
            break
        harness.tick(5)
    return harness.get(deploy_id)


@pytest.mark.usefixtures("short_watch_interval")
def test_it_is_told_while_it_is_tried_and_given_up_in_the_end(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "MIN_ROLLBACK_SECONDS", 60)
    deploy_id = request_until_check_fails(harness, "web")

    deploy = run_to_end(harness, deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert harness.running_tags("web") == {"1.4.2"}
    _, alarm, unheld = [m for m in deploy.thread_messages if m.kind is ThreadMessageKind.PROBLEM]
    assert (alarm.broadcast, unheld.broadcast) == (True, False), "one event, one alarm"
    first, cause = alarm.text.splitlines()
    assert first == "*Needs attention*: tasks of `web:17` do not start during the rollback:"
    assert "the image could not be pulled: it is not there." in cause
    assert unheld.text == (
        "The rollback does not hold: the service is at `web:18` again. I keep setting `web:17`, for 1 "
        "min in all."
    )
    end = deploy.thread_messages[-1]
    assert end.broadcast
    assert end.text.startswith("*Failed*: the rollback to `web:17` did not hold. For 1 min ")
    assert (
        " I kept setting it, and each time the service went to `web:18`, where it is now. I leave it there. "
        f"It was rolled back because: after the rollout `{UNREACHABLE_URL}` did not answer with 2xx 3 times "
        "in a row, last: no answer: the connection is refused, or the host cannot be reached.\n• "
    ) in end.text
    assert "the image could not be pulled: it is not there." in end.text
    assert harness.leftover_keys() == []


def test_a_stop_start_service_is_not_left_at_zero(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "MIN_ROLLBACK_SECONDS", 60)
    deploy_id = request_until_check_fails(harness, "billing")

    deploy = run_to_end(harness, deploy_id)

    assert deploy.outcome is Outcome.FAILED
    service = harness.describe_service("billing")
    assert (service["desiredCount"], service["runningCount"]) == (2, 2)
    assert harness.running_tags("billing") == {"1.4.2"}
    assert harness.leftover_keys() == []


@pytest.mark.parametrize("cancelled", [False, True])
def test_without_a_breaker_its_end_says_why_the_old_version_does_not_start(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    monkeypatch.setattr(deadline, "MIN_ROLLBACK_SECONDS", 60)
    off = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    harness.ecs_client.update_service(cluster="production", service="web", deploymentConfiguration=off)
    deploy_id = request_until_check_fails(harness, "web")
    if cancelled:
        harness.cancel(deploy_id)

    deploy = run_to_end(harness, deploy_id)

    assert deploy.outcome is Outcome.FAILED
    end = deploy.thread_messages[-1].text
    assert "came too late" not in end, "a cancel that turned it was not late"
    first, *causes = end.splitlines()
    assert first.startswith("*Failed*: the rollback to `web:17` did not finish within 1 min.")
    assert "the image could not be pulled: it is not there." in causes[0]
    assert causes[1:] == [
        "• tasks fail again and again, so ECS waits longer each time before it starts the next. Fix what "
        "stops them first.",
        f"It was rolled back because: {deploy.outcome_reason}",
    ]


def context_at(now: float) -> StepContext:
    return cast("StepContext", SimpleNamespace(now=lambda: now, timing=Timing(), region=None))


def service_at_new_revision(desired: int = 3) -> ServiceState:
    return ServiceState("arn", "web", "ACTIVE", f"{ARN}:task-definition/web:2", desired, 0, desired)


def a_deploy_that_rolls_back(*notices: Notice, **changes: Any) -> Deploy:
    progress = RollbackProgress(**{"started_at": NOW, "updated_at": NOW, **changes})
    new = f"{ARN}:task-definition/web:2"
    return a_deploy(
        phase=Phase.FOLLOWING_ROLLBACK,
        plan=a_plan(),
        ecs={"new_revision": new},
        rollback={"progress": progress},
        notices=notices,
    )


@pytest.mark.parametrize(
    ("seconds", "changes", "notices", "desired", "says"),
    [
        (10, {}, (), 3, False),  # a stale read, or a call that arrived late
        (40, {}, (), 3, True),
        (40, {}, (Notice.ROLLBACK_UNDONE,), 3, False),
        (40, {"updated_at": NOW + 35}, (), 3, False),
        (40, {"updated_at": None}, (), 3, False),  # ECS was to roll back by itself
        (10, {}, (), 0, False),
        (40, {}, (), 0, True),
        (901, {}, (), 0, True),
    ],
)
def test_it_is_said_once_when_it_can_be_no_stale_read_and_a_stopped_service_is_never_left(
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    changes: dict[str, Any],
    notices: tuple[Notice, ...],
    desired: int,
    says: bool,
) -> None:
    monkeypatch.setattr(tasks, "list_service_tasks", lambda *_: ())

    updated = retry_rollback(
        a_deploy_that_rolls_back(*notices, **changes),
        context_at(NOW + seconds),
        service_at_new_revision(desired),
        900,
    ).deploy

    assert (updated.phase, updated.outcome) == (Phase.RESTORING, None)
    assert bool(updated.thread_messages) is says


@pytest.mark.parametrize("known", [False, True], ids=["without a cause", "with its cause"])
def test_where_it_is_the_first_that_is_known_of_it_it_is_the_alarm_and_no_other_follows(
    monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    failed = TaskState(
        "arn", "STOPPED", "STOPPED", OLD_REVISION, stop_code="TaskFailedToStart", stopped_reason="No."
    )
    monkeypatch.setattr(tasks, "list_service_tasks", lambda *_: (failed,) if known else ())
    monkeypatch.setattr(
        tasks, "list_stopped_tasks", lambda *_: (replace(failed, started_by=OTHER_DEPLOYMENT),)
    )

    updated = retry_rollback(
        a_deploy_that_rolls_back(), context_at(NOW + 40), service_at_new_revision(), 900
    ).deploy
    (alarm,) = updated.thread_messages
    assert alarm.broadcast
    assert alarm.text.splitlines()[0] == (
        "*Needs attention*: the rollback does not hold. I set `web:1`, and the service is at `web:2` again. "
        "I keep setting it, for 15 min in all."
    )

    again = replace(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION), created_at=NOW + 50, failed=1)
    later = report_rollback_failures(updated, context_at(NOW + 60), service_with(again))
    cause = "1 task: it could not start; ECS says: `No.`"
    if known:
        assert alarm.text.splitlines()[1:] == [f"• {cause}"]
        assert later.thread_messages == updated.thread_messages, "the same cause is told once"
    else:
        assert later.thread_messages[-1].text == f"Also during the rollback to `web:1`:\n• {cause}"
        assert not later.thread_messages[-1].broadcast


@pytest.mark.parametrize("gave_up", [False, True])
def test_what_was_given_up_is_not_taken_for_a_late_call(gave_up: bool) -> None:
    new = f"{ARN}:task-definition/web:2"
    deploy = a_deploy(
        plan=a_plan(),
        ecs={"new_revision": new},
        outcome=Outcome.FAILED,
        rollback={"progress": RollbackProgress(started_at=0.0, gave_up=gave_up)},
    )
    ecs_service = ServiceState("arn", "web", "ACTIVE", new, 3, 0, 3)

    assert is_moved_late(deploy, ecs_service) is not gave_up


def test_a_rollback_that_is_undone_after_its_end_is_set_right_once_and_then_left(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ECS's circuit breaker trips only after the deadline, again and again."""
    monkeypatch.setattr("workers.flows.rollback.restoring.rollback_deadline", lambda _: 10)
    deploy_id = request_until_check_fails(harness, "billing")

    deploy = run_to_end(harness, deploy_id)

    assert (deploy.phase, deploy.outcome) == (Phase.ENDED, Outcome.FAILED)
    found, second_alert = [m for m in deploy.thread_messages if m.at > (deploy.ended_at or 0)]
    assert found.broadcast
    assert second_alert.broadcast
    assert found.text.startswith(
        "*Needs attention*: a late call moved the service to the new revision again."
    )
    assert second_alert.text == (
        "*Needs attention*: the service is at `billing:24` again, after I had set `billing:23` back, so this "
        "is not a late call of mine. I leave it there. Look at the service's events."
    )
    assert harness.describe_service("billing")["desiredCount"] == 2
    assert harness.leftover_keys() == []
