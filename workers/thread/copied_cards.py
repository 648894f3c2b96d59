"""Cards that are in a channel a second time: once one is found, its buttons are taken off.

The bot notes where it is when somebody presses a button on it (`bot.clicks`).
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from deploys.stores.thread_store import ThreadStore
from workers.messages.message_copies import outdated_copy
from workers.thread.rate_limits import Urgency
from workers.thread.slack_calls import RetryLater, SlackCalls
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind, retry_pause

log = structlog.get_logger()


def edit_copies(
    thread_id: str, copies: Sequence[str], threads: ThreadStore, calls: SlackCalls
) -> float | None:
    """Edits those that were found. Returns seconds until the next try; None: nothing is left to do."""
    thread = threads.find(thread_id) if copies else None
    if thread is None:
        return None
    text = outdated_copy(thread_id, threads.link(thread_id))
    for ts in copies:
        try:
            calls.update(thread.channel, ts, text, (), urgency=Urgency.URGENT)
        except RetryLater as later:
            return later.seconds
        except SlackCallFailed as failure:
            if failure.kind is not SlackErrorKind.CARD_GONE:
                log.warning("a copy of a card was not edited", deploy=thread_id, error=failure.detail)
                return max(failure.retry_after, retry_pause(failure.kind, 1))
        threads.forget_copy(thread_id, ts)
    return None
