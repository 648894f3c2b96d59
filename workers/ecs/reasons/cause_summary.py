"""Why a rollout has trouble: plain sentences out of stopped tasks and service events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from deploys.mrkdwn import plural
from workers.ecs.reasons import service_event, stopped_task
from workers.ecs.reasons.reason_patterns import Cause, Topic
from workers.ecs.state import ServiceEventState, TaskState


def summarize_causes(
    tasks: Sequence[TaskState],
    events: Sequence[ServiceEventState],
    since: float,
    *,
    events_may_be_missing: bool = False,
) -> tuple[str, ...]:
    """One text of mrkdwn for each cause, each with what to do: tasks before events, the most frequent first.

    tasks: those of one deployment. The ones that did not stop, or stopped as they should, say nothing.

    since: epoch seconds; what stopped or was said earlier is left out.

    earlier_lost: whether there may have been events since then that ECS no longer gives.
    """
    stopped = _count_causes(
        stopped_task.explain_stop(task)
        for task in tasks
        if (task.stopped_at or task.stopping_at or since) >= since
    )
    known = {cause.topic for cause, _ in stopped} - {Topic.NONE}
    said = _count_causes(service_event.explain_event(event.message) for event in events if event.at >= since)
    words = {cause.topic: cause.ecs_message for cause, _ in reversed(said)}
    return (
        *(f"{plural(count, 'task')}: {_with_event_message(cause, words).text}" for cause, count in stopped),
        *(
            _with_count(cause.text, count, events_may_be_missing)
            for cause, count in said
            if cause.topic not in known
        ),
    )


def _with_event_message(cause: Cause, words: Mapping[Topic, str]) -> Cause:
    """An event may say more of what stopped the tasks than they do, as a load balancer's answer."""
    if cause.ecs_message or cause.topic is Topic.NONE:
        return cause
    return replace(cause, ecs_message=words.get(cause.topic, ""))


def _count_causes(causes: Iterable[Cause | None]) -> list[tuple[Cause, int]]:
    """Each cause once, as first seen, with how often it was."""
    first: dict[str, Cause] = {}
    counts: dict[str, int] = {}
    for cause in causes:
        if cause is not None:
            first.setdefault(cause.sentence, cause)
            counts[cause.sentence] = counts.get(cause.sentence, 0) + 1
    return [(first[sentence], counts[sentence]) for sentence in sorted(counts, key=lambda key: -counts[key])]


def _with_count(text: str, count: int, earlier_lost: bool) -> str:
    return text if count == 1 else f"{text} (said {'at least ' if earlier_lost else ''}{count} times)"
