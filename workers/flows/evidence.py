"""Why the tasks of a rollout failed: their causes in plain sentences, and the last lines of a log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from deploys.deploy import Deploy
from deploys.errors import AwsUnavailable, SlipwayError
from workers.ecs import logs, task_definitions, tasks
from workers.ecs.seen import EventSeen, ServiceSeen, TaskSeen
from workers.ecs.why import explain
from workers.ecs.why_events import names_another
from workers.ecs.why_tasks import to_blame
from workers.turn import Turn

EVENTS_KEPT = 100
"""ECS gives a service's newest events only, so many of them (API reference, Service.events)."""


_COUNTED = re.compile(r"\d+ tasks?: ")
"""Begins a cause that stopped tasks tell of."""


@dataclass(frozen=True)
class Evidence:
    """What people need to see why it failed."""

    causes: tuple[str, ...] = ()
    """Sentences of mrkdwn."""
    container: str = ""
    log: tuple[str, ...] = ()
    """The last lines that this container wrote, as they are."""


NO_EVIDENCE = Evidence()


def gather(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Evidence:
    """The causes, and the log of the task that failed last."""
    stopped = _stopped(deploy, turn)
    container, log = _last_words(deploy, turn, stopped.tasks)
    return Evidence(_explained(deploy, stopped, seen), container, log)


def news(deploy: Deploy, turn: Turn, seen: ServiceSeen, mark: str = "") -> tuple[Evidence, tuple[str, ...]]:
    """What of it the thread was not told yet, and everything that it then was (`Deploy.told_causes`).

    The log comes with a cause of tasks, as it tells more about that; an event has none.

    mark: sets causes apart that are told for another reason.
    """
    stopped = _stopped(deploy, turn)
    fresh = [
        cause
        for cause in _explained(deploy, stopped, seen)
        if f"{mark}{kind(cause)}" not in deploy.told_causes
    ]
    of_tasks = any(_COUNTED.match(cause) for cause in fresh)
    container, log = _last_words(deploy, turn, stopped.tasks) if of_tasks else ("", ())
    told = (*deploy.told_causes, *(f"{mark}{kind(cause)}" for cause in fresh))
    return Evidence(tuple(fresh), container, log), told


@dataclass(frozen=True)
class _Stopped:
    """The stopped tasks, or why they could not be read."""

    tasks: tuple[TaskSeen, ...] = ()
    unread: tuple[str, ...] = ()


def _stopped(deploy: Deploy, turn: Turn) -> _Stopped:
    service = deploy.service
    try:
        return _Stopped(
            tasks.stopped_by(turn.region, service.cluster, service.ecs_service, deploy.deployment_id or "")
        )
    except AwsUnavailable:
        return _Stopped()
    except SlipwayError as error:
        return _Stopped(unread=(f"why its tasks stopped I could not read: {error.message}",))


def _explained(deploy: Deploy, stopped: _Stopped, seen: ServiceSeen | None) -> tuple[str, ...]:
    since = deploy.started_at or 0.0
    lost = earlier_lost(seen, since)
    return (*explain(stopped.tasks, own_events(deploy, seen), since, earlier_lost=lost), *stopped.unread)


def earlier_lost(seen: ServiceSeen | None, since: float) -> bool:
    """Whether ECS may have had events since then that it no longer gives. Pure."""
    events = seen.events if seen else ()
    return len(events) >= EVENTS_KEPT and all(event.at >= since for event in events)


def own_events(deploy: Deploy, seen: ServiceSeen | None) -> tuple[EventSeen, ...]:
    """The service's events but for those of other deployments, which explain nothing here."""
    events = seen.events if seen else ()
    return tuple(event for event in events if not names_another(event.message, deploy.deployment_id or ""))


def _last_words(deploy: Deploy, turn: Turn, stopped: Sequence[TaskSeen]) -> tuple[str, tuple[str, ...]]:
    ran = [(task, names) for task in stopped if (names := to_blame(task))]
    if not ran or deploy.new_revision is None:
        return "", ()
    task, names = max(ran, key=lambda each: each[0].stopped_at or each[0].stopping_at or 0.0)
    main = deploy.plan.changes[0].container if deploy.plan else ""
    container = main if main in names else names[0]
    try:
        revision = task_definitions.describe(turn.region, deploy.new_revision)
    except SlipwayError:
        return "", ()
    return container, logs.last_lines(turn.region, revision, task, container)


def kind(cause: str) -> str:
    """What a cause is, without how often it was, and without ECS's words for it: those of another task, or of
    an event that comes later, make it no other cause."""
    return re.sub(r"^\S+ tasks?: | \(said [^()]* times\)$|(?<=\.) ECS says: `[^`]*`|\d+", "", cause)
