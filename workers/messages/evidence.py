"""Why tasks failed: the causes, the end of a log, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploys.mrkdwn import code, escape, plural
from workers.messages.rollback_reasons import without_retry_promise

LOG_LINE_CHARACTERS = 300
"""Characters of a log line that are shown."""
LOG_CHARACTERS = 2000
"""Characters of a log that are shown, escaped. Slack takes 4000 in a message."""
CAUSES_SHOWN = 4


@dataclass(frozen=True)
class Evidence:
    """What people need to see why it failed."""

    causes: tuple[str, ...] = ()
    """Sentences of mrkdwn."""
    container: str = ""
    log: tuple[str, ...] = ()
    """The last lines that this container wrote, as they are."""
    missing: tuple[str, ...] = ()
    """What could not be read and was not said before: sentences of mrkdwn."""


NO_EVIDENCE = Evidence()


def evidence_lines(evidence: Evidence) -> list[str]:
    """Why tasks failed, what the last of them wrote, and what of that could not be read."""
    lines = [f"• {cause}" for cause in evidence.causes[:CAUSES_SHOWN]]
    if len(evidence.causes) > CAUSES_SHOWN:
        lines.append(
            f"• and {plural(len(evidence.causes) - CAUSES_SHOWN, 'more cause')}; the service's events say all"
        )
    if evidence.log:
        lines.append(f"Last lines of {code(evidence.container)}:\n```{_log_tail(evidence.log)}```")
    return [*lines, *evidence.missing]


def _log_tail(log: Sequence[str]) -> str:
    """The newest lines that fit, as they tell most: a message that is too long loses its end."""
    shown: list[str] = []
    room = LOG_CHARACTERS
    for line in reversed(log):
        plain = line.replace("`", "\u2019")
        cut = escape(plain if len(plain) <= LOG_LINE_CHARACTERS else f"{plain[: LOG_LINE_CHARACTERS - 1]}…")
        if shown and len(cut) > room:
            break
        shown.insert(0, cut)
        room -= len(cut)
    return "\n".join(shown)


def tasks_unreadable(error: str, *, temporary: bool) -> str:
    """what: AWS's error, which says what to do where it does not pass by itself."""
    elsewhere = " The ECS console shows it, among the service's stopped tasks." if temporary else ""
    return f"I could not read which tasks failed, and why: {without_retry_promise(error)}{elsewhere}"


def log_unreadable(error: str, container: str, *, temporary: bool) -> str:
    """The same of a container's last lines."""
    elsewhere = " CloudWatch Logs has them." if temporary else ""
    return f"I could not read the last lines of {code(container)}: {without_retry_promise(error)}{elsewhere}"
