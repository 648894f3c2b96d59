"""Why a rollout has problems: plain sentences from stopped tasks and service events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from deploys.mrkdwn import plural
from workers.ecs.reasons import service_event, stopped_task
from workers.ecs.reasons.reason_patterns import Cause, Topic
from workers.ecs.state import ServiceEventState, TaskState


@dataclass(frozen=True)
class CountedCause:
    """One cause, and how often it was found."""

    cause: Cause
    count: int
    of_tasks: bool
    """Whether stopped tasks have it; otherwise service events report it."""
    may_be_more: bool = False
    """Whether ECS may have forgotten earlier events with this cause."""

    @property
    def text(self) -> str:
        """The cause and its count as mrkdwn, with what to do."""
        if self.of_tasks:
            return f"{plural(self.count, 'task')}: {self.cause.text}"
        if self.count == 1:
            return self.cause.text
        return f"{self.cause.text} ({'at least ' if self.may_be_more else ''}{self.count} times)"

    @property
    def kind(self) -> str:
        """The same for causes that differ only in their count, in numbers, or in ECS's message."""
        return re.sub(r"\d+", "", self.cause.sentence)


def find_causes(
    tasks: Sequence[TaskState],
    events: Sequence[ServiceEventState],
    since: float,
    *,
    events_may_be_missing: bool = False,
) -> tuple[CountedCause, ...]:
    """Each cause once: causes of tasks before those of events, the most frequent first.

    tasks: those of one deployment. Tasks that did not stop, or stopped normally, are no cause.

    since: earlier stops and events are left out (epoch seconds).

    events_may_be_missing: ECS may have forgotten events since then.
    """
    stopped = _count_causes(
        stopped_task.explain_stop(task)
        for task in tasks
        if (task.stopped_at or task.stopping_at or since) >= since
    )
    task_topics = {cause.topic for cause, _ in stopped} - {Topic.NONE}
    reported = _count_causes(
        service_event.explain_event(event.message) for event in events if event.at >= since
    )
    messages = {cause.topic: cause.ecs_message for cause, _ in reversed(reported)}
    return (
        *(
            CountedCause(_with_event_message(cause, messages), count, of_tasks=True)
            for cause, count in stopped
        ),
        *(
            CountedCause(cause, count, of_tasks=False, may_be_more=events_may_be_missing)
            for cause, count in reported
            if cause.topic not in task_topics
        ),
    )


def _with_event_message(cause: Cause, messages: Mapping[Topic, str]) -> Cause:
    """An event may say more than the task that stopped, for example what the load balancer answered."""
    if cause.ecs_message or cause.topic is Topic.NONE:
        return cause
    return replace(cause, ecs_message=messages.get(cause.topic, ""))


def _count_causes(causes: Iterable[Cause | None]) -> list[tuple[Cause, int]]:
    """Each cause once, as it was first found, with how often it was found."""
    first: dict[str, Cause] = {}
    counts: dict[str, int] = {}
    for cause in causes:
        if cause is not None:
            first.setdefault(cause.sentence, cause)
            counts[cause.sentence] = counts.get(cause.sentence, 0) + 1
    return [(first[sentence], counts[sentence]) for sentence in sorted(counts, key=lambda key: -counts[key])]
