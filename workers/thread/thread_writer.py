"""The calls that write one thread, each within its retry slot, and the thread's state, which is saved after
each of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeVar

import structlog

from deploys.records.thread_state import NextTry, ThreadState
from workers.thread.fallback_levels import FallbackLevel, next_fallback
from workers.thread.rate_limits import Urgency
from workers.thread.slack_calls import RetryLater, SlackCalls
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind, retry_pause
from workers.thread.thread_source import ThreadSource

log = structlog.get_logger()

SYNC_SECONDS = 20.0
"""After this long no further call is started, so that a sync ends well within its lease (seconds)."""
THREAD_WIDE_ERRORS = frozenset({SlackErrorKind.UNREACHABLE, SlackErrorKind.TOKEN, SlackErrorKind.CHANNEL})
"""Errors that every other call for this thread would meet too."""

T = TypeVar("T")
RetrySlotName = Literal["card_next_try", "reply_next_try", "question_next_try", "elsewhere_next_try"]
_SHORT_AND_PLAIN: frozenset[RetrySlotName] = frozenset({"question_next_try", "elsewhere_next_try"})
"""Slots of messages that have no other form."""


class SaveThread(Protocol):
    """Saves the thread's state."""

    def __call__(self, thread: ThreadState, *, later: bool) -> None:
        """later: it is enough if it is written with the next state, or at the end of the sync."""
        ...


class TryFallback(Exception):
    """Slack refused a call that may succeed in another form."""

    def __init__(self, thread: ThreadState) -> None:
        super().__init__("another form is tried")
        self.thread = thread


class ThreadWriter:
    """One thread while it is synced."""

    def __init__(
        self,
        calls: SlackCalls,
        source: ThreadSource,
        thread: ThreadState,
        *,
        save: SaveThread,
        now: Callable[[], float],
    ) -> None:
        self.calls = calls
        self.source = source
        self.thread = thread
        self.now = now
        self._save = save
        self._out_of_time = time.monotonic() + SYNC_SECONDS

    @property
    def request_thread(self) -> str | None:
        """The thread of the request, if the card belongs there."""
        elsewhere = self.thread.channel != self.source.asked_in or self.thread.outside_request_thread
        return None if elsewhere else self.source.request_thread

    def replace(self, thread: ThreadState, *, later: bool = False) -> None:
        """Saves another state of the thread (`SaveThread`)."""
        self.thread = thread
        self._save(thread, later=later)

    def comes_at_slot(self, slot: RetrySlotName, urgency: Urgency) -> bool:
        """Whether the call comes back at the time that an earlier try was given.

        Raises:
            RetryLater: it comes before that.
        """
        next_try: NextTry | None = getattr(self.thread, slot)
        if next_try is None or next_try.state not in ("", self.source.state_key()):
            return False
        has_slot = urgency >= _slot_urgency(next_try)
        if has_slot and next_try.at > (now := self.now()):
            raise RetryLater(next_try.at - now)
        return has_slot

    def call_in_slot(
        self,
        slot: RetrySlotName,
        urgency: Urgency,
        call: Callable[[bool], T],
        *,
        sent_level: FallbackLevel | None = None,
    ) -> T:
        """Makes the call, unless an earlier try has to wait. sent_level: of a card; None for a reply.

        Raises:
            RetryLater: come back then.
            TryFallback: the call may succeed in another form.
            SlackCallFailed: an error that affects all calls.
        """
        has_slot = self.comes_at_slot(slot, urgency)
        if time.monotonic() > self._out_of_time:
            raise RetryLater(0.0)
        try:
            return call(has_slot)
        except RetryLater as later:
            if urgency is not Urgency.IDLE:
                self.reserve_slot(slot, later.seconds, urgency)
            raise
        except SlackCallFailed as failure:
            if slot == "reply_next_try" and failure.maybe_done:
                self.save(keep_error=True, reply_unconfirmed=True)
            changed = self._other_form(slot, failure, sent_level)
            if changed is not None:
                facts = {"method": failure.method, "error": failure.detail}
                log.warning("trying a fallback", deploy=self.source.id, **facts)
                raise TryFallback(changed) from failure
            if failure.kind in THREAD_WIDE_ERRORS or _is_message_gone(slot, failure):
                raise
            raise self._postpone(slot, failure, sent_level) from failure

    def _other_form(
        self, slot: RetrySlotName, failure: SlackCallFailed, sent_level: FallbackLevel | None
    ) -> ThreadState | None:
        """The thread's state for another form of the call; None if there is none."""
        if slot in _SHORT_AND_PLAIN:
            return None
        return next_fallback(self.thread, self.request_thread, failure, sent_level)

    def _postpone(
        self, slot: RetrySlotName, error: SlackCallFailed, sent_level: FallbackLevel | None
    ) -> RetryLater:
        """Only this call waits: others may succeed."""
        if error.kind is SlackErrorKind.RATE_LIMITED:
            return RetryLater(error.retry_after)  # the shared rate limits know it
        tries = self.thread.failed_tries + 1
        seconds = retry_pause(error.kind, tries)
        log.error("Slack refused", deploy=self.source.id, method=error.method, error=error.detail)
        self.save(keep_error=True, last_problem=error.kind.value, failed_tries=tries)
        state = "" if sent_level is None else self.source.state_key()
        self.reserve_slot(slot, seconds, Urgency.QUESTION, state=state)
        return RetryLater(seconds)

    def reserve_slot(self, slot: RetrySlotName, seconds: float, urgency: Urgency, *, state: str = "") -> None:
        """The call of this slot waits that long, and then goes before others that are as urgent. If the
        process dies before that is saved, the call waits for another slot."""
        next_try = NextTry(
            at=self.now() + seconds,
            urgent=urgency <= Urgency.URGENT,
            question=urgency is Urgency.QUESTION,
            state=state,
        )
        self.save(keep_error=True, later=True, **{slot: next_try})

    def save(self, *, keep_error: bool = False, later: bool = False, **changes: Any) -> None:
        """Saves changes of the thread's state (`SaveThread`). keep_error: the last problem is not over."""
        if not keep_error:
            changes |= {"last_problem": "", "failed_tries": 0, "retry_at": 0.0}
        self.replace(self.thread.evolve(**changes), later=later)


def _is_message_gone(slot: RetrySlotName, failure: SlackCallFailed) -> bool:
    """Whether the message to edit is gone, which is no reason to try again."""
    return slot in _SHORT_AND_PLAIN and failure.kind is SlackErrorKind.CARD_GONE


def _slot_urgency(next_try: NextTry) -> Urgency:
    """Calls that are more urgent than this do not wait for the slot."""
    if next_try.question:
        return Urgency.QUESTION
    return Urgency.URGENT if next_try.urgent else Urgency.NORMAL
