"""Why a rollout has trouble: plain sentences out of stopped tasks and service events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from deploys.mrkdwn import plural
from workers.ecs import why_events, why_tasks
from workers.ecs.causes import Cause, Topic
from workers.ecs.seen import EventSeen, TaskSeen


def explain(
    tasks: Sequence[TaskSeen], events: Sequence[EventSeen], since: float, *, earlier_lost: bool = False
) -> tuple[str, ...]:
    """One text of mrkdwn for each cause, each with what to do: tasks before events, the most frequent first.

    tasks: those of one deployment. The ones that did not stop, or stopped as they should, say nothing.

    since: epoch seconds; what stopped or was said earlier is left out.

    earlier_lost: whether there may have been events since then that ECS no longer gives.
    """
    stopped = _counted(
        why_tasks.cause(task) for task in tasks if (task.stopped_at or task.stopping_at or since) >= since
    )
    known = {cause.topic for cause, _ in stopped} - {Topic.NONE}
    said = _counted(why_events.cause(event.message) for event in events if event.at >= since)
    words = {cause.topic: cause.words for cause, _ in reversed(said)}
    return (
        *(f"{plural(count, 'task')}: {_with_words(cause, words).text}" for cause, count in stopped),
        *(_times(cause.text, count, earlier_lost) for cause, count in said if cause.topic not in known),
    )


def _with_words(cause: Cause, words: Mapping[Topic, str]) -> Cause:
    """An event may say more of what stopped the tasks than they do, as a load balancer's answer."""
    if cause.words or cause.topic is Topic.NONE:
        return cause
    return replace(cause, words=words.get(cause.topic, ""))


def _counted(causes: Iterable[Cause | None]) -> list[tuple[Cause, int]]:
    """Each cause once, as first seen, with how often it was."""
    first: dict[str, Cause] = {}
    counts: dict[str, int] = {}
    for cause in causes:
        if cause is not None:
            first.setdefault(cause.sentence, cause)
            counts[cause.sentence] = counts.get(cause.sentence, 0) + 1
    return [(first[sentence], counts[sentence]) for sentence in sorted(counts, key=lambda key: -counts[key])]


def _times(text: str, count: int, earlier_lost: bool) -> str:
    return text if count == 1 else f"{text} (said {'at least ' if earlier_lost else ''}{count} times)"
