"""The last log lines of a service's newest tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploys.formatting import time_ago
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import code, plural
from deploys.short_names import short_arn
from deploys.text_limits import share_bytes
from workers.messages.evidence import log_tail, log_unreadable

LOG_BYTES = 2800
"""UTF-8 bytes of all log lines of an answer, so that it stays within Slack's 4000 characters."""


@dataclass(frozen=True)
class ContainerLog:
    """What was read of the log of one container."""

    container: str
    lines: tuple[str, ...] = ()
    """As they were written, without secrets."""
    driver: str = ""
    """Its log driver, if that is not CloudWatch Logs; `none` if it has none."""
    link: str = ""
    """To the whole log, as mrkdwn."""
    error: str = ""
    """Why it could not be read: a sentence of mrkdwn."""
    error_passes: bool = False
    """It may be readable in a minute."""


@dataclass(frozen=True)
class TaskLogs:
    """The logs of one task."""

    task_id: str
    revision: str
    """ARN."""
    runs: bool
    since: float
    """When it started, or stopped (epoch seconds)."""
    containers: tuple[ContainerLog, ...]


def logs_text(service: str, tasks: Sequence[TaskLogs], now: float) -> str:
    """The newest task first. Every log gets its share of the room."""
    logs = [each for task in tasks for each in task.containers]
    sizes = [utf8_bytes(log_tail(each.lines, LOG_BYTES)) for each in logs]
    rooms = dict(zip(map(id, logs), share_bytes(sizes, LOG_BYTES), strict=True))
    head = f"*Last log lines* of {code(service)}"
    lines = [f"{head}:" if tasks[0].runs else f"{head}, of which no task runs:"]
    for task in tasks:
        state = "started" if task.runs else "stopped"
        lines.append(
            f"Task {code(task.task_id)} of {code(short_arn(task.revision))}, {state} "
            f"{time_ago(now - task.since)}:"
        )
        lines += [_log_text(each, rooms[id(each)]) for each in task.containers]
    return "\n".join(lines)


def _log_text(log: ContainerLog, room: int) -> str:
    name = code(log.container)
    if log.driver:
        how = "has no log driver" if log.driver == "none" else f"writes its log with {code(log.driver)}"
        return f"{name} {how}, so CloudWatch Logs has nothing of it."
    if log.error:
        return log_unreadable(log.error, log.container, temporary=log.error_passes)
    if not log.lines:
        return f"{name} has written nothing yet ({log.link})."
    tail = log_tail(log.lines, room)
    shown = tail.count("\n") + 1
    left_out = f", {len(log.lines) - shown} more did not fit" if shown < len(log.lines) else ""
    return f"{name}, {plural(shown, 'line')}{left_out} ({log.link}):\n```{tail}```"
