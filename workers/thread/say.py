"""Answers one person in a thread, seen by nobody else."""

from __future__ import annotations

import time

import structlog
from slack_sdk import WebClient

from deploys.message_size import utf8_bytes
from deploys.mrkdwn import AS_WRITTEN, as_written
from workers.thread.lengths import CARD_BYTES, STATE_BYTES, TEXT, clip, clip_bytes
from workers.thread.trouble import CALL_FAILURES, Kind, judge

log = structlog.get_logger()

TRIES = 3
PATIENCE_SECONDS = 6.0
"""No longer than this is a worker held to try again (seconds)."""


def say(client: WebClient, channel: str, thread_ts: str | None, user: str, text: str) -> bool:
    """Posts an ephemeral message; returns whether Slack took it.

    Slack keeps ephemeral messages for nobody, so one that arrives twice does no harm and one that is late is
    worth little: a few tries within seconds, and then it is let go, logged.
    """
    text = clip(as_written(text), TEXT)
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    for tried in range(1, TRIES + 1):
        try:
            client.chat_postEphemeral(
                channel=channel,
                user=user,
                text=text,
                thread_ts=thread_ts,
                **AS_WRITTEN,
            )
        except CALL_FAILURES as error:
            trouble = judge("chat.postEphemeral", error)
        else:
            return True
        if trouble.kind is Kind.TEXT:
            text = clip_bytes(text, CARD_BYTES if utf8_bytes(text) > CARD_BYTES else STATE_BYTES)
            continue
        wait = max(trouble.retry_after, 0.5 * tried)
        again = trouble.kind in (Kind.AWAY, Kind.RATE_LIMITED) and time.monotonic() + wait < give_up_at
        if not again or tried == TRIES:
            break
        time.sleep(wait)
    log.warning("an answer did not reach its user", channel=channel, user=user, error=trouble.detail)
    return False
