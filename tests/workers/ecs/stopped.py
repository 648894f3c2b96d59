"""Builders of stopped tasks and service events, and what is made of them."""

from __future__ import annotations

from typing import Any

from workers.ecs.seen import ContainerSeen, EventSeen, TaskSeen
from workers.ecs.why import explain

AT = 1_790_000_000.0


def a_task(code: str, reason: str = "", *containers: ContainerSeen, **more: Any) -> TaskSeen:
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
    return TaskSeen(**{**fields, **more})


def exited(code: int | None, name: str = "web", reason: str = "", health: str = "") -> ContainerSeen:
    return ContainerSeen(name, "STOPPED", exit_code=code, reason=reason, health=health)


def crashed(*containers: ContainerSeen, **more: Any) -> TaskSeen:
    return a_task("EssentialContainerExited", "Essential container in task exited", *containers, **more)


def an_event(message: str, at: float = AT + 10) -> EventSeen:
    return EventSeen("e", at, message)


def why(*tasks: TaskSeen) -> tuple[str, ...]:
    return explain(tasks, (), AT)


def said(*messages: str) -> tuple[str, ...]:
    return explain((), [an_event(message) for message in messages], AT)
