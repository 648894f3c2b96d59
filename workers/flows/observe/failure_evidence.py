"""Why the tasks of a rollout failed: their causes in plain sentences, and the last lines of a log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from deploys.errors import SlipwayError
from deploys.records.deploy import Deploy
from workers.ecs import logs, task_definitions, tasks
from workers.ecs.reasons import essential_containers
from workers.ecs.reasons.cause_summary import summarize_causes
from workers.ecs.reasons.service_event import is_about_another_deployment
from workers.ecs.reasons.stopped_task import find_blamed_containers
from workers.ecs.state import ServiceEventState, ServiceState, TaskState
from workers.flows.best_effort import attempt, best_effort
from workers.flows.observe import missing_evidence
from workers.messages.evidence import NO_EVIDENCE, Evidence
from workers.step_context import StepContext

MAX_EVENTS = 100
"""ECS gives a service's newest events only, so many of them (API reference, Service.events)."""


_TASK_CAUSE = re.compile(r"\d+ tasks?: ")
"""Begins a cause that stopped tasks tell of."""
_STARTED_TASKS = re.compile(r"\bhas started (?P<count>\d+) tasks\b")
"""In a service event (ECS developer guide, "Service event messages")."""


class StoppedTasks(NamedTuple):
    """The tasks of a rollout that stopped, as far as they could be read."""

    tasks: tuple[TaskState, ...] = ()
    missing: missing_evidence.MissingEvidence | None = None
    """That they could not be read."""


def gather_evidence(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> Evidence:
    """The causes, and the log of the task that failed last."""
    return best_effort(lambda: _read_evidence(deploy, context, ecs_service), NO_EVIDENCE)


def _read_evidence(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> Evidence:
    stopped_tasks, missing_tasks = read_stopped_tasks(deploy, context)
    container, log, missing_log = _read_last_log(deploy, context, stopped_tasks)
    sentences = (
        *missing_evidence.unreported_sentence(deploy, missing_tasks),
        *missing_evidence.unreported_sentence(deploy, missing_log),
    )
    return Evidence(_explain_failures(deploy, stopped_tasks, ecs_service), container, log, sentences)


def new_evidence(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState,
    prefix: str = "",
    stopped: StoppedTasks | None = None,
) -> tuple[Evidence, tuple[str, ...]]:
    """What of it the thread was not told yet, and everything that it then was (`Deploy.told_causes`).

    The log comes with a cause of tasks, as it tells more about that; an event has none. Of what could not be
    read, only what no later look mends is news.

    mark: sets causes apart that are told for another reason.

    read: the stopped tasks, if this look read them already.
    """
    stopped_tasks, missing_tasks = stopped or read_stopped_tasks(deploy, context)
    new_causes = unreported_causes(deploy, _explain_failures(deploy, stopped_tasks, ecs_service), prefix)
    of_tasks = any(_TASK_CAUSE.match(cause) for cause in new_causes)
    container, log, missing_log = (
        _read_last_log(deploy, context, stopped_tasks) if of_tasks else ("", (), None)
    )
    missing = [
        each
        for each in (missing_tasks, missing_log)
        if each and each.permanent and missing_evidence.unreported_sentence(deploy, each)
    ]
    keys = (*cause_keys(new_causes, prefix), *(each.key for each in missing))
    sentences = tuple(each.sentence for each in missing)
    return Evidence(new_causes, container, log, sentences), (*deploy.rollout.reported_causes, *keys)


def unreported_causes(deploy: Deploy, causes: Sequence[str], prefix: str = "") -> tuple[str, ...]:
    """Those of these causes that the thread was not told. mark: as in `news`. Pure."""
    return tuple(
        cause for cause in causes if f"{prefix}{cause_kind(cause)}" not in deploy.rollout.reported_causes
    )


def cause_keys(causes: Sequence[str], prefix: str = "") -> tuple[str, ...]:
    """What is noted of causes that are told (`Deploy.told_causes`). mark: as in `news`. Pure."""
    return tuple(f"{prefix}{cause_kind(cause)}" for cause in causes)


def has_signs_of_failure(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether tasks of the rollout may have failed, by what DescribeServices tells: a count of failed tasks,
    an event of trouble, or more tasks started than are wanted. Only then are tasks asked for. Pure.
    """
    if deploy.rollout.counts.failed_tasks:
        return True
    since = deploy.ecs.rollout_started_at or 0.0
    events = events_of_deployment(deploy, ecs_service)
    started = [
        int(found["count"]) for e in events if e.at >= since and (found := _STARTED_TASKS.search(e.message))
    ]
    return sum(started) > deploy.rollout.counts.new_desired > 0 or bool(summarize_causes((), events, since))


def read_stopped_tasks(deploy: Deploy, context: StepContext) -> StoppedTasks:
    """The rollout's tasks that stopped, with what is known of their containers."""
    service, deployment_id = deploy.service, deploy.ecs.deployment_id or ""
    listed = attempt(
        lambda: tasks.list_stopped_tasks(context.region, service.cluster, service.ecs_service, deployment_id)
    )
    if isinstance(listed, SlipwayError):
        return StoppedTasks((), missing_evidence.missing_tasks(listed))
    return StoppedTasks(with_essential_containers(context, listed))


def with_essential_containers(context: StepContext, ecs_tasks: Sequence[TaskState]) -> tuple[TaskState, ...]:
    """The tasks with what is known of their containers."""
    return best_effort(
        lambda: essential_containers.read_essential_containers(context.region, ecs_tasks), tuple(ecs_tasks)
    )


def _explain_failures(
    deploy: Deploy, stopped: Sequence[TaskState], ecs_service: ServiceState | None
) -> tuple[str, ...]:
    since = deploy.ecs.rollout_started_at or 0.0
    return summarize_causes(
        stopped,
        events_of_deployment(deploy, ecs_service),
        since,
        events_may_be_missing=are_events_truncated(ecs_service, since),
    )


def are_events_truncated(ecs_service: ServiceState | None, since: float) -> bool:
    """Whether ECS may have had events since then that it no longer gives. Pure."""
    events = ecs_service.events if ecs_service else ()
    return len(events) >= MAX_EVENTS and all(event.at >= since for event in events)


def events_of_deployment(deploy: Deploy, ecs_service: ServiceState | None) -> tuple[ServiceEventState, ...]:
    """The service's events but for those of other deployments, which explain nothing here."""
    events = ecs_service.events if ecs_service else ()
    return tuple(
        event
        for event in events
        if not is_about_another_deployment(event.message, deploy.ecs.deployment_id or "")
    )


def _read_last_log(
    deploy: Deploy, context: StepContext, stopped: Sequence[TaskState]
) -> tuple[str, tuple[str, ...], missing_evidence.MissingEvidence | None]:
    blamed = [(task, names) for task in stopped if (names := find_blamed_containers(task))]
    if not blamed or deploy.ecs.new_revision is None:
        return "", (), None
    task, names = max(blamed, key=lambda each: each[0].stopped_at or each[0].stopping_at or 0.0)
    main = deploy.plan.changes[0].container if deploy.plan else ""
    container = main if main in names else names[0]
    lines = read_task_log(context, deploy.ecs.new_revision, task, container)
    if isinstance(lines, SlipwayError):
        return "", (), missing_evidence.missing_log(lines, container)
    return container, lines, None


def read_task_log(
    context: StepContext, revision: str, task: TaskState, container: str, count: int = 10
) -> tuple[str, ...] | SlipwayError:
    """The last lines (count) that this container of a task wrote, or why they could not be read."""
    return attempt(
        lambda: logs.read_last_lines(
            context.region, task_definitions.describe(context.region, revision), task, container, count
        )
    )


def cause_kind(cause: str) -> str:
    """What a cause is, without how often it was, and without ECS's words for it: those of another task, or of
    an event that comes later, make it no other cause."""
    return re.sub(r"^\S+ tasks?: | \((?:at least )?\d+ times\)$|(?<=\.) ECS says: `[^`]*`|\d+", "", cause)
