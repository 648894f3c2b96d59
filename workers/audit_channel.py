"""Tells the audit's channel what people decided and what was refused, many entries in one message.

A cursor in Redis moves once Slack has a message: what Slack did not take is sent again, so an entry may be
told twice and is never left out. These messages wait for those of deploys, never the other way round.
"""

from __future__ import annotations

import structlog
from redis import Redis

from deploys.message_size import utf8_bytes
from deploys.quoting import NO_SHARED_CHANNELS, SharedChannels, must_hide_quotes, quotes_hidden
from deploys.redis_connection import to_text
from deploys.stores import audit, redis_keys
from workers.messages.audit import audit_line, is_told
from workers.thread.rate_limits import SharedRateLimits, Urgency
from workers.thread.slack_calls import RetryLater, SlackCalls
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind

log = structlog.get_logger()

MAX_BYTES = 3000
"""UTF-8 bytes of one message."""
MAX_READ = 500
"""Entries that are read at once (count)."""
LOCK_SECONDS = 60
"""How long one job posts alone; the next goes on if it dies (seconds)."""
LOG_AGAIN_SECONDS = 3600.0
"""A refusal of Slack's that goes on is logged again after this long (seconds)."""
ADVICE = {
    "not_in_channel": "invite the bot to the channel of AUDIT_CHANNEL",
    "channel_not_found": "AUDIT_CHANNEL names no channel that the bot can see: invite it there",
    "is_archived": "the channel of AUDIT_CHANNEL is archived",
}


def post_new_entries(
    redis: Redis,
    calls: SlackCalls,
    limits: SharedRateLimits,
    channel: str,
    shared_channels: SharedChannels = NO_SHARED_CHANNELS,
) -> None:
    """Posts what the channel was not told yet, as far as Slack takes it now. The first time, it begins with
    what comes next. If others share the channel, reasons are left out that may quote AWS."""
    if not redis.set(redis_keys.AUDIT_POSTING, 1, nx=True, ex=LOCK_SECONDS):
        return
    try:
        told = redis.get(redis_keys.AUDIT_POSTED)
        if told is None:
            redis.set(redis_keys.AUDIT_POSTED, audit.last_id(redis))
            return
        while rows := audit.read_after(redis, to_text(told), MAX_READ):
            with quotes_hidden(must_hide_quotes(shared_channels, channel)):
                text, last = _next_message(rows)
            if text:
                calls.post(channel, text, urgency=Urgency.IDLE)
            redis.set(redis_keys.AUDIT_POSTED, last)
            told = last
    except RetryLater:
        return
    except SlackCallFailed as failure:
        _log_failure(failure, channel, limits)
    finally:
        redis.delete(redis_keys.AUDIT_POSTING)


def _next_message(rows: list[audit.Row]) -> tuple[str, str]:
    """The text of the next message (empty: nothing is to be told), and the id of the last entry in it."""
    lines: list[str] = []
    last, size = audit.FIRST, 0
    for row in rows:
        line = audit_line(row) if is_told(row) else ""
        size += utf8_bytes(line) + 1 if line else 0
        if lines and size > MAX_BYTES:
            break
        lines += [line] if line else []
        last = row["id"]
    return "\n".join(lines), last


def _log_failure(failure: SlackCallFailed, channel: str, limits: SharedRateLimits) -> None:
    if failure.kind in (SlackErrorKind.UNREACHABLE, SlackErrorKind.RATE_LIMITED):
        return
    name = failure.detail.split(" ")[0]
    if limits.first_notice(f"audit:{channel}:{name}", LOG_AGAIN_SECONDS):
        log.error(
            "the audit's channel is told nothing", channel=channel, error=name, advice=ADVICE.get(name, "")
        )
