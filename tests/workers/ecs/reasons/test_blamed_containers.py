"""Whose log tells why a task stopped."""

from __future__ import annotations

import pytest

from tests.workers.ecs.reasons.stopped_task_builders import (
    AT,
    a_crashed_task,
    a_stopped_task,
    an_exited_container,
)
from workers.ecs.reasons.stopped_task import find_blamed_containers
from workers.ecs.state import TaskState

KILLED = "OutOfMemoryError: Container killed due to memory usage"


def unhealthy(*containers: object) -> TaskState:
    reason = "Task failed container health checks"
    return a_stopped_task("ServiceSchedulerInitiated", reason, *containers, started_at=AT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("task", "names"),
    [
        (a_crashed_task(an_exited_container(143, "envoy"), an_exited_container(1), started_at=AT), ("web",)),
        (
            a_crashed_task(
                an_exited_container(0, "envoy"), an_exited_container(137, reason=KILLED), started_at=AT
            ),
            ("web",),
        ),
        (a_crashed_task(an_exited_container(0), started_at=AT), ("web",)),
        (a_crashed_task(an_exited_container(None), an_exited_container(1, "migrate")), ("migrate",)),
        (
            a_crashed_task(an_exited_container(0), an_exited_container(143, "envoy"), started_at=AT),
            ("web", "envoy"),
        ),
        (
            unhealthy(
                an_exited_container(143, "envoy", health="HEALTHY"),
                an_exited_container(0, health="UNHEALTHY"),
            ),
            ("web",),
        ),
        (unhealthy(an_exited_container(None, "envoy"), an_exited_container(None)), ("envoy", "web")),
        (
            a_stopped_task(
                "TaskFailedToStart", "CannotPullContainerError: not found", an_exited_container(None)
            ),
            (),
        ),
        (
            a_stopped_task(
                "ServiceSchedulerInitiated",
                "Scaling activity initiated by (deployment ecs-svc/2)",
                an_exited_container(143),
                started_at=AT,
            ),
            (),
        ),
    ],
)
def test_the_container_that_failed_and_not_those_that_were_stopped_with_it(
    task: TaskState, names: tuple[str, ...]
) -> None:
    assert find_blamed_containers(task) == names
