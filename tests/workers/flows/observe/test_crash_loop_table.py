"""Which tasks count as failed, and when their number is a crash loop, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.workers.flows.ecs_state_builders import a_service_deployment, ecs_enum_values
from workers.ecs.reasons.failed_tasks import FAILED_BY_STOP_CODE, HEALTHY_AFTER_SECONDS, counts_as_failed
from workers.ecs.state import ContainerState, TaskState
from workers.flows.observe.crash_loop import (
    BREAKER_GRACE_SECONDS,
    TaskFailures,
    consecutive_failures,
    will_breaker_act,
)

NOW = 1_790_000_000.0


HEALTHY_SECONDS = HEALTHY_AFTER_SECONDS


def a_task(
    number: int = 0,
    created_ago: float = 100.0,
    ran_for: float | None = None,
    code: str = "",
    reason: str = "",
    health: str = "",
    checked: bool | None = None,
) -> TaskState:
    """A task that was created `born` seconds ago and ran for `ran` seconds: until now, or, with a stop code,
    until it stopped."""
    started = NOW - created_ago + 10 if ran_for is not None else None
    stopped = NOW - created_ago + 10 + (ran_for or 0.0) if code else None
    return TaskState(
        arn=f"task/{number}",
        last_status="STOPPED" if code else "RUNNING",
        desired_status="STOPPED" if code else "RUNNING",
        revision="web:18",
        stop_code=code,
        stopped_reason=reason,
        created_at=NOW - created_ago,
        started_at=started,
        stopping_at=stopped,
        stopped_at=stopped,
        containers=(ContainerState("web", health=health, has_health_check=checked, essential=True),),
    )


def a_crashed_task(number: int, created_ago: float, ran_for: float | None = 3.0, **more: Any) -> TaskState:
    return a_task(
        number, created_ago, ran_for, "EssentialContainerExited", "Essential container in task exited", **more
    )


ELB_CHECK_FAILED = "Task failed ELB health checks in (target-group arn:x)"


CONTAINER_CHECK_FAILED = "Task failed container health checks"


def test_every_stop_code_says_whether_the_version_is_to_blame() -> None:
    assert set(FAILED_BY_STOP_CODE) == ecs_enum_values("TaskStopCode")


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("EssentialContainerExited", "Essential container in task exited", True),
        ("TaskFailedToStart", "CannotPullContainerError: not found", True),
        ("TaskFailedToStart", "ResourceInitializationError: unable to pull secrets or registry auth", True),
        ("TaskFailedToStart", "Task failed to start", True),
        ("TaskFailedToStart", "Capacity is unavailable at this time.", False),
        ("TaskFailedToStart", "RESOURCE:MEMORY", False),
        ("ServiceSchedulerInitiated", ELB_CHECK_FAILED, True),
        ("ServiceSchedulerInitiated", CONTAINER_CHECK_FAILED, True),
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", False),
        ("ServiceSchedulerInitiated", "Amazon ECS is performing maintenance on the underlying infra", False),
        ("EssentialContainerExited", "Host EC2 (instance i-1) terminated.", False),
        ("UserInitiated", "Task stopped by user", False),
        ("UserInitiated", ELB_CHECK_FAILED, False),
        ("SpotInterruption", "Your Spot Task was interrupted.", False),
        ("TerminationNotice", "Host EC2 (instance i-1) terminated.", False),
        ("InfrastructureHealth", "impaired", False),
        ("", "", False),
        ("SomethingNew", "Essential container in task exited", False),
    ],
)
def test_only_a_task_that_stopped_by_itself_counts(code: str, reason: str, expected: bool) -> None:
    assert counts_as_failed(a_task(code=code, reason=reason, ran_for=1.0)) is expected


@pytest.mark.parametrize(
    ("tasks", "failures", "holding"),
    [
        ((), 0, 0),
        ((a_crashed_task(1, 90), a_crashed_task(2, 60), a_crashed_task(3, 30)), 3, 0),
        # a younger task, which may fail as well
        ((a_crashed_task(1, 90), a_crashed_task(2, 60), a_crashed_task(3, 30), a_task(4, 5)), 3, 0),
        # one that has outlived them
        ((a_crashed_task(1, 90), a_crashed_task(2, 60), a_crashed_task(3, 30), a_task(4, 95, 85.0)), 3, 1),
        # one that stayed healthy after them, and one that did before
        (
            (a_crashed_task(1, 400), a_crashed_task(2, 390), a_crashed_task(3, 380), a_task(4, 300, 290.0)),
            0,
            1,
        ),
        ((a_task(4, 300, 290.0), a_crashed_task(1, 90), a_crashed_task(2, 60), a_crashed_task(3, 30)), 3, 1),
        # one that ran long enough and crashed: the count begins again with it
        ((a_crashed_task(1, 400), a_crashed_task(2, 390), a_crashed_task(3, 300, HEALTHY_SECONDS + 1)), 1, 0),
        ((a_crashed_task(1, 400), a_crashed_task(2, 390), a_crashed_task(3, 300, HEALTHY_SECONDS - 1)), 3, 0),
        # one that failed its health checks did not stay healthy, however late ECS gave it up
        (
            (
                a_crashed_task(1, 900),
                a_crashed_task(2, 890),
                a_task(3, 800, 500.0, "ServiceSchedulerInitiated", ELB_CHECK_FAILED),
            ),
            3,
            0,
        ),
        # running, and not healthy (yet)
        ((a_crashed_task(1, 400), a_task(2, 300, 290.0, health="UNHEALTHY")), 1, 1),
        ((a_crashed_task(1, 400), a_task(2, 300, 290.0, health="UNKNOWN", checked=True)), 1, 1),
        ((a_crashed_task(1, 400), a_task(2, 300, 290.0, health="UNKNOWN", checked=False)), 0, 1),
        ((a_crashed_task(1, 400), a_task(2, 300, 290.0, health="HEALTHY", checked=True)), 0, 1),
        # somebody's StopTask is no failure
        ((a_crashed_task(1, 90), a_task(2, 60, 1.0, "UserInitiated"), a_crashed_task(3, 30)), 2, 0),
    ],
)
def test_failures_in_a_row_without_a_task_that_stayed_healthy(
    tasks: tuple[TaskState, ...], failures: int, holding: int
) -> None:
    found = consecutive_failures(tasks, NOW)

    assert (len(found.stopped_at), found.healthy) == (failures, holding)


def test_the_grace_period_comes_on_top() -> None:
    tasks = (a_crashed_task(1, 500), a_task(2, 300, 290.0))

    assert len(consecutive_failures(tasks, NOW, 100.0).stopped_at) == 0
    assert len(consecutive_failures(tasks, NOW, 200.0).stopped_at) == 1


@pytest.mark.parametrize(
    ("failures", "holding", "limit", "expected"),
    [
        (2, 0, 3, False),
        (3, 0, 3, True),
        (3, 2, 3, True),
        (3, 3, 3, False),
        (3, 47, 3, False),
        (48, 47, 3, True),
        (1, 0, 1, True),
        (1, 1, 1, False),
        (100, 0, 0, False),
    ],
)
def test_a_few_that_fail_beside_many_that_run_are_no_reason(
    failures: int, holding: int, limit: int, expected: bool
) -> None:
    assert TaskFailures((NOW,) * failures, holding).reach(limit) is expected


@pytest.mark.parametrize(
    ("status", "threshold", "ago", "expected"),
    [
        ("MONITORING", 3, 1.0, True),
        ("MONITORING", 3, BREAKER_GRACE_SECONDS + 1, False),
        ("MONITORING", 4, 1.0, False),  # it takes more than have failed
        ("MONITORING", 2, 1.0, True),
        ("DISABLED", 3, 1.0, False),
        ("MONITORING_COMPLETE", 3, 1.0, False),
    ],
)
def test_a_breaker_that_is_about_to_act_is_left_to_it(
    status: str, threshold: int, ago: float, expected: bool
) -> None:
    found = TaskFailures((NOW - 60, NOW - 50, NOW - ago))
    service_deployment = replace(
        a_service_deployment("IN_PROGRESS"), breaker_status=status, breaker_threshold=threshold
    )

    assert will_breaker_act(found, 3, service_deployment, NOW) is expected
    assert not will_breaker_act(found, 3, None, NOW)
