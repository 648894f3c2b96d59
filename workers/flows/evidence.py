"""Why the tasks of a rollout failed: their causes in plain sentences, and the last lines of a log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from deploys.deploy import Deploy
from deploys.errors import SlipwayError
from workers.ecs import logs, task_definitions, tasks
from workers.ecs.seen import EventSeen, ServiceSeen, TaskSeen
from workers.ecs.why import explain
from workers.ecs.why_events import names_another
from workers.ecs.why_tasks import to_blame
from workers.flows import unread
from workers.flows.best_effort import attempt, best_effort
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
    unread: tuple[str, ...] = ()
    """What could not be read and was not said before: sentences of mrkdwn."""


NO_EVIDENCE = Evidence()


def gather(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Evidence:
    """The causes, and the log of the task that failed last."""
    return best_effort(lambda: _gathered(deploy, turn, seen), NO_EVIDENCE)


def _gathered(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Evidence:
    stopped, missing = _stopped(deploy, turn)
    container, log, no_log = _last_words(deploy, turn, stopped)
    left_out = (*unread.new(deploy, missing), *unread.new(deploy, no_log))
    return Evidence(_explained(deploy, stopped, seen), container, log, left_out)


def news(deploy: Deploy, turn: Turn, seen: ServiceSeen, mark: str = "") -> tuple[Evidence, tuple[str, ...]]:
    """What of it the thread was not told yet, and everything that it then was (`Deploy.told_causes`).

    The log comes with a cause of tasks, as it tells more about that; an event has none. Of what could not be
    read, only what no later look mends is news.

    mark: sets causes apart that are told for another reason.
    """
    stopped, missing = _stopped(deploy, turn)
    fresh = untold(deploy, _explained(deploy, stopped, seen), mark)
    of_tasks = any(_COUNTED.match(cause) for cause in fresh)
    container, log, no_log = _last_words(deploy, turn, stopped) if of_tasks else ("", (), None)
    lost = [each for each in (missing, no_log) if each and each.for_good and unread.new(deploy, each)]
    keys = (*keys_of(fresh, mark), *(each.key for each in lost))
    left_out = tuple(each.sentence for each in lost)
    return Evidence(fresh, container, log, left_out), (*deploy.told_causes, *keys)


def untold(deploy: Deploy, causes: Sequence[str], mark: str = "") -> tuple[str, ...]:
    """Those of these causes that the thread was not told. mark: as in `news`. Pure."""
    return tuple(cause for cause in causes if f"{mark}{kind(cause)}" not in deploy.told_causes)


def keys_of(causes: Sequence[str], mark: str = "") -> tuple[str, ...]:
    """What is noted of causes that are told (`Deploy.told_causes`). mark: as in `news`. Pure."""
    return tuple(f"{mark}{kind(cause)}" for cause in causes)


def _stopped(deploy: Deploy, turn: Turn) -> tuple[tuple[TaskSeen, ...], unread.Unread | None]:
    service, made = deploy.service, deploy.deployment_id or ""
    found = attempt(lambda: tasks.stopped_by(turn.region, service.cluster, service.ecs_service, made))
    return ((), unread.tasks(found)) if isinstance(found, SlipwayError) else (found, None)


def _explained(deploy: Deploy, stopped: Sequence[TaskSeen], seen: ServiceSeen | None) -> tuple[str, ...]:
    since = deploy.started_at or 0.0
    return explain(stopped, own_events(deploy, seen), since, earlier_lost=earlier_lost(seen, since))


def earlier_lost(seen: ServiceSeen | None, since: float) -> bool:
    """Whether ECS may have had events since then that it no longer gives. Pure."""
    events = seen.events if seen else ()
    return len(events) >= EVENTS_KEPT and all(event.at >= since for event in events)


def own_events(deploy: Deploy, seen: ServiceSeen | None) -> tuple[EventSeen, ...]:
    """The service's events but for those of other deployments, which explain nothing here."""
    events = seen.events if seen else ()
    return tuple(event for event in events if not names_another(event.message, deploy.deployment_id or ""))


def _last_words(
    deploy: Deploy, turn: Turn, stopped: Sequence[TaskSeen]
) -> tuple[str, tuple[str, ...], unread.Unread | None]:
    ran = [(task, names) for task in stopped if (names := to_blame(task))]
    if not ran or deploy.new_revision is None:
        return "", (), None
    task, names = max(ran, key=lambda each: each[0].stopped_at or each[0].stopping_at or 0.0)
    main = deploy.plan.changes[0].container if deploy.plan else ""
    container = main if main in names else names[0]
    lines = log_of(turn, deploy.new_revision, task, container)
    if isinstance(lines, SlipwayError):
        return "", (), unread.log(lines, container)
    return container, lines, None


def log_of(
    turn: Turn, revision: str, task: TaskSeen, container: str, count: int = 10
) -> tuple[str, ...] | SlipwayError:
    """The last lines (count) that this container of a task wrote, or why they could not be read."""
    return attempt(
        lambda: logs.last_lines(
            turn.region, task_definitions.describe(turn.region, revision), task, container, count
        )
    )


def kind(cause: str) -> str:
    """What a cause is, without how often it was, and without ECS's words for it: those of another task, or of
    an event that comes later, make it no other cause."""
    return re.sub(r"^\S+ tasks?: | \(said [^()]* times\)$|(?<=\.) ECS says: `[^`]*`|\d+", "", cause)
