"""Why tasks failed: the causes, the end of a log, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploys.mrkdwn import code, escape, plural
from deploys.quoting import quote_log
from workers.messages.rollback_reasons import without_retry_promise

LOG_LINE_CHARACTERS = 300
"""Characters of a log line that are shown."""
LOG_CHARACTERS = 2000
"""Characters of a log that are shown, escaped. Slack takes 4000 in a message."""
CAUSES_SHOWN = 4


@dataclass(frozen=True)
class Evidence:
    """What shows people why it failed."""

    causes: tuple[str, ...] = ()
    """Sentences of mrkdwn."""
    container: str = ""
    log: tuple[str, ...] = ()
    """The last lines that this container wrote, unchanged."""
    missing: tuple[str, ...] = ()
    """What could not be read and was not reported before: sentences of mrkdwn."""


NO_EVIDENCE = Evidence()


def evidence_lines(evidence: Evidence) -> list[str]:
    """The causes, the end of the log, and what could not be read."""
    lines = [f"• {cause}" for cause in evidence.causes[:CAUSES_SHOWN]]
    if len(evidence.causes) > CAUSES_SHOWN:
        lines.append(
            f"• and {plural(len(evidence.causes) - CAUSES_SHOWN, 'more cause')}; see the service's events"
        )
    if evidence.log:
        lines.append(f"Last lines of {code(evidence.container)}:\n```{log_tail(evidence.log)}```")
    return [*lines, *evidence.missing]


def log_tail(log: Sequence[str], room: int = LOG_CHARACTERS) -> str:
    """The newest lines that fit, escaped: Slack cuts a message that is too long at its end."""
    shown: list[str] = []
    for line in reversed(log):
        plain = line.replace("`", "\u2019")
        cut = escape(plain if len(plain) <= LOG_LINE_CHARACTERS else f"{plain[: LOG_LINE_CHARACTERS - 1]}…")
        if shown and len(cut) > room:
            break
        shown.insert(0, cut)
        room -= len(cut)
    return quote_log("\n".join(shown))


def log_not_shown(container: str, group: str, stream: str, *, shared_channel: bool) -> str:
    """Where the log is that is not quoted. group: empty if CloudWatch Logs does not have it."""
    why = "this channel is shared with others" if shared_channel else "`logs: hide` in services.yml"
    where = f"see group {code(group)}, stream {code(stream)} in CloudWatch Logs" if group else "see its log"
    return f"The last lines of {code(container)} are not shown here ({why}); {where}."


def tasks_unreadable(error: str, *, temporary: bool) -> str:
    """error: AWS's message. temporary: the error may pass without anybody's help."""
    elsewhere = " The ECS console shows it, among the service's stopped tasks." if temporary else ""
    return f"I could not read which tasks failed, and why: {without_retry_promise(error)}{elsewhere}"


def log_unreadable(error: str, container: str, *, temporary: bool) -> str:
    """The same for a container's last lines."""
    elsewhere = " CloudWatch Logs has them." if temporary else ""
    return f"I could not read the last lines of {code(container)}: {without_retry_promise(error)}{elsewhere}"
