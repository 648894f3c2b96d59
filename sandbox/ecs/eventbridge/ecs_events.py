"""The events that ECS sends when a row changes, in the forms of the ECS developer guide ("ECS events").

The guide names the detail type and the event name of a pause hook's event ("Pause hooks") but shows no
example of it: its other members here are those of its siblings. So it is with the service actions about
stopped tasks and about deployments ("Service action events").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sandbox.ecs.records import Deployment, EcsService, EcsTask, ServiceDeployment
from sandbox.ecs.tables import EcsTables
from sandbox.ecs.views.json_parts import Json
from sandbox.ecs.views.task_views import task_view

_TASKS_STOPPED = re.compile(r"has stopped \d+ running tasks")


@dataclass(frozen=True)
class SentEvent:
    """What ECS gives EventBridge; the envelope is the same for all."""

    detail_type: str
    resources: tuple[str, ...]
    detail: Json


def events_of_change(table: str, old: Any, new: Any, now: float, tables: EcsTables) -> Iterator[SentEvent]:
    """The events of one changed row; old: None for a new one."""
    send = _SENDERS.get(table)
    if send is not None:
        yield from send(old, new, now, tables)


def _task_events(old: EcsTask | None, new: EcsTask, now: float, tables: EcsTables) -> Iterator[SentEvent]:
    if old is not None and _task_state(old) == _task_state(new):
        return
    detail = {**task_view(new, tags=False), "updatedAt": now}
    del detail["tags"]
    yield SentEvent("ECS Task State Change", (new.arn,), _with_iso_times(detail))


def _task_state(task: EcsTask) -> tuple[object, ...]:
    containers = [(each.last_status, each.health, each.exit_code) for each in task.containers]
    return task.last_status, task.desired_status, task.connected_at, containers


def _deployment_events(
    old: Deployment | None, new: Deployment, now: float, tables: EcsTables
) -> Iterator[SentEvent]:
    if old is not None and old.rollout_state == new.rollout_state:
        return
    detail = {
        "eventType": "ERROR" if new.rollout_state == "FAILED" else "INFO",
        "eventName": f"SERVICE_DEPLOYMENT_{new.rollout_state}",
        "deploymentId": new.id,
        "updatedAt": now,
        "reason": new.rollout_reason,
    }
    yield SentEvent("ECS Deployment State Change", (new.service,), _with_iso_times(detail))
    if new.rollout_state != "FAILED":  # the guide lists no such action for one that failed
        service = tables.services[new.service]
        yield _service_action(service, now, "INFO", f"SERVICE_DEPLOYMENT_{new.rollout_state}")


def _service_action(service: EcsService, now: float, event_type: str, name: str, **more: str) -> SentEvent:
    detail = {
        "eventType": event_type,
        "eventName": name,
        "clusterArn": service.cluster_arn,
        "createdAt": now,
        **more,
    }
    return SentEvent("ECS Service Action", (service.arn,), _with_iso_times(detail))


def _service_events(
    old: EcsService | None, new: EcsService, now: float, tables: EcsTables
) -> Iterator[SentEvent]:
    action = partial(_service_action, new, now)
    if old is None:
        return
    if new.is_steady and not old.is_steady:
        yield action("INFO", "SERVICE_STEADY_STATE")
    for event in new.events[: 1 if new.events[:1] != old.events[:1] else 0]:
        if "unable to place a task" in event.message:
            resource = "MEMORY" if new.settings.get("launchType") == "EC2" else "FARGATE"
            yield action("ERROR", "SERVICE_TASK_PLACEMENT_FAILURE", reason=f"RESOURCE:{resource}")
        elif "unable to consistently start tasks" in event.message:
            yield action("WARN", "SERVICE_TASK_START_IMPAIRED")
        elif _TASKS_STOPPED.search(event.message):
            yield action("INFO", "TASKS_STOPPED")


def _service_deployment_events(
    old: ServiceDeployment | None, new: ServiceDeployment, now: float, tables: EcsTables
) -> Iterator[SentEvent]:
    known = {hook.id for hook in old.hooks} if old is not None else set()
    for hook in new.hooks:
        if hook.id not in known and hook.status == "AWAITING_ACTION":
            detail = {
                "eventType": "INFO",
                "eventName": "HOOK_AWAITING_ACTION",
                "serviceDeploymentArn": new.arn,
                "hookId": hook.id,
                "lifecycleStage": new.lifecycle_stage,
                "createdAt": now,
                "expiresAt": hook.expires_at,
            }
            yield SentEvent("ECS Hook State Change", (new.service,), _with_iso_times(detail))


def _with_iso_times(members: Mapping[str, Any]) -> Json:
    """Events have times as text, where answers of the API have numbers."""
    return {
        name: iso_time(value) if name.endswith("At") and isinstance(value, int | float) else value
        for name, value in members.items()
    }


def iso_time(moment: float) -> str:
    """`2026-02-03T04:05:06.007Z`."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_SENDERS: Mapping[str, Callable[[Any, Any, float, EcsTables], Iterator[SentEvent]]] = {
    "tasks": _task_events,
    "deployments": _deployment_events,
    "services": _service_events,
    "service_deployments": _service_deployment_events,
}
