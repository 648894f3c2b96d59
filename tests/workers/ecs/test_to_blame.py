"""Whose log tells why a task stopped."""

from __future__ import annotations

import pytest

from tests.workers.ecs.stopped import AT, a_task, crashed, exited
from workers.ecs.seen import TaskSeen
from workers.ecs.why_tasks import to_blame

KILLED = "OutOfMemoryError: Container killed due to memory usage"


def unhealthy(*containers: object) -> TaskSeen:
    reason = "Task failed container health checks"
    return a_task("ServiceSchedulerInitiated", reason, *containers, started_at=AT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("task", "names"),
    [
        (crashed(exited(143, "envoy"), exited(1), started_at=AT), ("web",)),
        (crashed(exited(0, "envoy"), exited(137, reason=KILLED), started_at=AT), ("web",)),
        (crashed(exited(0), started_at=AT), ("web",)),
        (crashed(exited(None), exited(1, "migrate")), ("migrate",)),
        (crashed(exited(0), exited(143, "envoy"), started_at=AT), ("web", "envoy")),
        (unhealthy(exited(143, "envoy", health="HEALTHY"), exited(0, health="UNHEALTHY")), ("web",)),
        (unhealthy(exited(None, "envoy"), exited(None)), ("envoy", "web")),
        (a_task("TaskFailedToStart", "CannotPullContainerError: not found", exited(None)), ()),
        (
            a_task(
                "ServiceSchedulerInitiated",
                "Scaling activity initiated by (deployment ecs-svc/2)",
                exited(143),
                started_at=AT,
            ),
            (),
        ),
    ],
)
def test_the_container_that_failed_and_not_those_that_were_stopped_with_it(
    task: TaskSeen, names: tuple[str, ...]
) -> None:
    assert to_blame(task) == names
