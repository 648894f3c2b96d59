"""Why the tasks of a rollout failed: their causes in plain sentences, and the last lines of a log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from deploys.errors import SlipwayError
from deploys.quoted_texts import hides_logs
from deploys.quoting import are_quotes_hidden
from deploys.records.deploy import Deploy
from workers.ecs import logs, task_definitions, tasks
from workers.ecs.reasons import essential_containers
from workers.ecs.reasons.cause_summary import CountedCause, find_causes
from workers.ecs.reasons.service_event import is_about_another_deployment
from workers.ecs.reasons.stopped_task import find_blamed_containers
from workers.ecs.state import ServiceEventState, ServiceState, TaskState
from workers.flows.best_effort import attempt, best_effort
from workers.flows.observe import missing_evidence
from workers.messages.evidence import NO_EVIDENCE, Evidence, log_not_shown
from workers.step_context import StepContext

MAX_EVENTS = 100
"""ECS returns at most so many of a service's newest events (API reference, Service.events)."""


_STARTED_TASKS = re.compile(r"\bhas started (?P<count>\d+) tasks\b")
"""In a service event (ECS developer guide, "Service event messages")."""


class StoppedTasks(NamedTuple):
    """The stopped tasks of a rollout, as far as they could be read."""

    tasks: tuple[TaskState, ...] = ()
    missing: missing_evidence.MissingEvidence | None = None
    """Set if they could not be read."""


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
    causes = _find_causes(deploy, stopped_tasks, ecs_service)
    return Evidence(tuple(each.text for each in causes), container, log, sentences)


def new_evidence(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState,
    prefix: str = "",
    stopped: StoppedTasks | None = None,
) -> tuple[Evidence, tuple[str, ...]]:
    """The evidence that the thread does not have yet, and the keys of everything that it has then
    (`rollout.reported_causes`).

    The log comes with a cause from stopped tasks, since it explains that; an event has no log. If something
    could not be read, that is reported only if no later read would succeed.

    prefix: keeps causes apart that are reported for another reason.

    stopped: the stopped tasks, if this step has read them already.
    """
    stopped_tasks, missing_tasks = stopped or read_stopped_tasks(deploy, context)
    new_causes = unreported_causes(deploy, _find_causes(deploy, stopped_tasks, ecs_service), prefix)
    of_tasks = any(cause.of_tasks for cause in new_causes)
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
    evidence = Evidence(tuple(each.text for each in new_causes), container, log, sentences)
    return evidence, (*deploy.rollout.reported_causes, *keys)


def unreported_causes(
    deploy: Deploy, causes: Sequence[CountedCause], prefix: str = ""
) -> tuple[CountedCause, ...]:
    """Those of these causes that the thread does not have. prefix: as in `new_evidence`. Pure."""
    return tuple(cause for cause in causes if f"{prefix}{cause.kind}" not in deploy.rollout.reported_causes)


def cause_keys(causes: Sequence[CountedCause], prefix: str = "") -> tuple[str, ...]:
    """The keys by which `rollout.reported_causes` remembers causes. prefix: as in `new_evidence`. Pure."""
    return tuple(f"{prefix}{cause.kind}" for cause in causes)


def has_signs_of_failure(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether tasks of the rollout may have failed, by what DescribeServices shows: a count of failed tasks,
    an event about a failure, or more tasks started than wanted. Only then are the tasks read. Pure.
    """
    if deploy.rollout.counts.failed_tasks:
        return True
    since = deploy.ecs.rollout_started_at or 0.0
    events = events_of_deployment(deploy, ecs_service)
    started = [
        int(found["count"]) for e in events if e.at >= since and (found := _STARTED_TASKS.search(e.message))
    ]
    return sum(started) > deploy.rollout.counts.new_desired > 0 or bool(find_causes((), events, since))


def read_stopped_tasks(deploy: Deploy, context: StepContext) -> StoppedTasks:
    """The stopped tasks of the rollout, with their essential containers."""
    service, deployment_id = deploy.service, deploy.ecs.deployment_id or "none"
    listed = attempt(
        lambda: tasks.list_stopped_tasks(context.region, service.cluster, service.ecs_service, deployment_id)
    )
    if isinstance(listed, SlipwayError):
        return StoppedTasks((), missing_evidence.missing_tasks(listed))
    return StoppedTasks(with_essential_containers(context, listed))


def with_essential_containers(context: StepContext, ecs_tasks: Sequence[TaskState]) -> tuple[TaskState, ...]:
    """The tasks with which of their containers are essential."""
    return best_effort(
        lambda: essential_containers.read_essential_containers(context.region, ecs_tasks), tuple(ecs_tasks)
    )


def _find_causes(
    deploy: Deploy, stopped: Sequence[TaskState], ecs_service: ServiceState | None
) -> tuple[CountedCause, ...]:
    since = deploy.ecs.rollout_started_at or 0.0
    return find_causes(
        stopped,
        events_of_deployment(deploy, ecs_service),
        since,
        events_may_be_missing=are_events_truncated(ecs_service, since),
    )


def are_events_truncated(ecs_service: ServiceState | None, since: float) -> bool:
    """Whether ECS may have had events since then that it no longer returns. Pure."""
    events = ecs_service.events if ecs_service else ()
    return len(events) >= MAX_EVENTS and all(event.at >= since for event in events)


def events_of_deployment(deploy: Deploy, ecs_service: ServiceState | None) -> tuple[ServiceEventState, ...]:
    """The service's events without those about other deployments, which explain nothing here."""
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
    if is_log_hidden(deploy, context):
        return "", (), missing_evidence.hidden_log(where_log_is(deploy, context, task, container), container)
    lines = read_task_log(context, deploy.ecs.new_revision, task, container)
    if isinstance(lines, SlipwayError):
        return "", (), missing_evidence.missing_log(lines, container)
    return container, lines, None


def is_log_hidden(deploy: Deploy, context: StepContext) -> bool:
    """Whether no log line may be quoted: by services.yml as it is now, or because the channel is shared."""
    return hides_logs(deploy, context.access) or are_quotes_hidden()


def where_log_is(deploy: Deploy, context: StepContext, task: TaskState, container: str) -> str:
    """A sentence for a log that is not quoted."""
    location = best_effort(
        lambda: logs.find_log(
            task_definitions.describe(context.region, deploy.ecs.new_revision or ""), task, container
        ),
        None,
    )
    shared = not hides_logs(deploy, context.access)
    group, stream = (location.group, location.stream) if location else ("", "")
    return log_not_shown(container, group, stream, shared_channel=shared)


def read_task_log(
    context: StepContext, revision: str, task: TaskState, container: str, count: int = 10
) -> tuple[str, ...] | SlipwayError:
    """The last lines (count) that this container of a task wrote, or why they could not be read. Only if
    `is_log_hidden` allows it."""
    return attempt(
        lambda: logs.read_last_lines(
            context.region, task_definitions.describe(context.region, revision), task, container, count
        )
    )
