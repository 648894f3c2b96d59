"""Builders of stopped tasks and service events, and the texts that explain them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workers.ecs.reasons.cause_summary import find_causes
from workers.ecs.state import ContainerState, ServiceEventState, TaskState

AT = 1_790_000_000.0


def a_stopped_task(code: str, reason: str = "", *containers: ContainerState, **more: Any) -> TaskState:
    fields: dict[str, Any] = {
        "arn": "arn:aws:ecs:eu-west-1:123456789012:task/production/0123",
        "last_status": "STOPPED",
        "desired_status": "STOPPED",
        "revision": "web:7",
        "stop_code": code,
        "stopped_reason": reason,
        "stopped_at": AT + 10,
        "containers": containers,
    }
    return TaskState(**{**fields, **more})


def an_exited_container(
    code: int | None, name: str = "web", reason: str = "", health: str = ""
) -> ContainerState:
    return ContainerState(name, "STOPPED", exit_code=code, reason=reason, health=health)


def a_crashed_task(*containers: ContainerState, **more: Any) -> TaskState:
    return a_stopped_task(
        "EssentialContainerExited", "Essential container in task exited", *containers, **more
    )


def an_event(message: str, at: float = AT + 10) -> ServiceEventState:
    return ServiceEventState("e", at, message)


def cause_texts(
    tasks: Sequence[TaskState], events: Sequence[ServiceEventState], since: float
) -> tuple[str, ...]:
    return tuple(cause.text for cause in find_causes(tasks, events, since))


def explain_tasks(*tasks: TaskState) -> tuple[str, ...]:
    return cause_texts(tasks, (), AT)


def explain_events(*messages: str) -> tuple[str, ...]:
    return cause_texts((), [an_event(message) for message in messages], AT)
