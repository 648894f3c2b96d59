"""Brings one thread up to date: opens it, edits the card, posts the replies that are missing.

Every call stands in the thread's view right after it was made, so that another worker goes on where this one
was stopped. Between the call and that note a crash, or a connection that drops before Slack's answer, leaves
open whether a message was posted. It is then posted (again): the bot has no scope to read the channel, a
reply seen twice is harmless, and a missing one may be the question or the failure that somebody waits for. Of
two cards the one whose ts is known is kept up to date, and clicks on the other are refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import structlog

from deploys.stores.thread_store import NextTry, ThreadState
from deploys.text_limits import STATE_BYTES, clip_bytes
from workers.thread.card_buttons import questions_in_blocks
from workers.thread.fallback_levels import (
    FallbackLevel,
    FittedMessage,
    fit_message,
    less_fallback,
    next_fallback,
)
from workers.thread.rate_limits import Urgency
from workers.thread.slack_calls import RetryLater, SlackCalls
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind, retry_pause
from workers.thread.thread_replies import ThreadReply
from workers.thread.thread_source import ThreadSource

log = structlog.get_logger()

SECONDS_BETWEEN_CHANGES = 3.0
"""Between two edits of one card, unless the state is one that people wait for (seconds)."""
SECONDS_BETWEEN_TIME_UPDATES = 10.0
"""Between two edits that only move the elapsed time (seconds)."""
SYNC_SECONDS = 20.0
"""After this long no further call is begun, so that a turn ends well within its lease (seconds)."""
THREAD_WIDE_ERRORS = frozenset({SlackErrorKind.UNREACHABLE, SlackErrorKind.TOKEN, SlackErrorKind.CHANNEL})
"""Troubles in which no other call for this thread would fare better."""
MOST_FALLBACKS = 10
"""Ways to write a thread that one turn tries (count): the forms of a card, shorter texts, a new card."""

T = TypeVar("T")
RetrySlotName = Literal["card_next_try", "reply_next_try"]


class TryFallback(Exception):
    """Slack refused a call that may go well under another view."""

    def __init__(self, view: ThreadState) -> None:
        super().__init__("another form is tried")
        self.view = view


class ThreadSync:
    """One turn at one thread."""

    def __init__(
        self,
        calls: SlackCalls,
        source: ThreadSource,
        view: ThreadState,
        *,
        save: Callable[[ThreadState], None],
        now: Callable[[], float],
    ) -> None:
        self.view = view
        self._calls = calls
        self._source = source
        self._save = save
        self._now = now
        self._out_of_time = time.monotonic() + SYNC_SECONDS

    def run(self) -> float | None:
        """Does what can be done now. Returns when to come back (epoch seconds); None: all is shown.

        Raises:
            Trouble: one that concerns every call for this thread.
            Conflict: the lease ran out.
        """
        for _ in range(MOST_FALLBACKS):
            try:
                return self._try_sync()
            except TryFallback as changed:
                self.view = changed.view
                self._save(changed.view)
        return self._now() + SECONDS_BETWEEN_TIME_UPDATES

    def _try_sync(self) -> float | None:
        opened = None
        if not self.view.ts:
            opened = self._open_thread()
            if not self.view.ts:
                return opened
        times = [opened, self._update_card(), self._post_replies()]
        self._find_permalink()
        return min((at for at in times if at is not None), default=None)

    def _open_thread(self) -> float | None:
        asked_in = None if self.view.outside_request_thread else self._source.request_thread
        message = self._fit_card()
        urgency = Urgency.QUESTION if self._source.has_unshown_question(self.view) else Urgency.URGENT

        def post(promised: bool) -> str:
            return self._calls.post(
                self._source.channel,
                message.text,
                message.blocks,
                thread_ts=asked_in,
                urgency=urgency,
                has_slot=promised,
            )

        try:
            ts = self._call_in_slot("reply_next_try", urgency, post, sent_level=message.level)
        except RetryLater as later:
            return self._now() + later.seconds
        self._save_view(ts=ts, thread_ts=asked_in or ts, permalink="", reply_next_try=None)
        return self._note_card_sent(message)

    def _update_card(self) -> float | None:
        changed = self.view.card_fingerprint != self._source.fingerprint()
        runs = self._source.changes_with_time()
        if self.view.card_lost or not (changed or runs):
            return None
        urgency = Urgency.NORMAL if changed else Urgency.IDLE
        earliest = self.view.card_sent_at + (
            SECONDS_BETWEEN_CHANGES if changed else SECONDS_BETWEEN_TIME_UPDATES
        )
        if changed and self._source.must_update_now(self.view.card_state):
            asks = self._source.has_unshown_question(self.view)
            urgency, earliest = Urgency.QUESTION if asks else Urgency.URGENT, 0.0
        if self._now() < earliest:
            return earliest
        message = self._fit_card()

        def update(promised: bool) -> None:
            self._calls.update(
                self._source.channel,
                self.view.ts,
                message.text,
                message.blocks,
                urgency=urgency,
                has_slot=promised,
            )

        try:
            self._call_in_slot("card_next_try", urgency, update, sent_level=message.level)
        except RetryLater as later:
            return self._now() + (SECONDS_BETWEEN_TIME_UPDATES if urgency is Urgency.IDLE else later.seconds)
        again = self._note_card_sent(message)
        return again or (self._now() + SECONDS_BETWEEN_TIME_UPDATES if runs else None)

    def _note_card_sent(self, message: FittedMessage) -> float | None:
        """Notes what the card shows now. Returns when to come back; None: it shows all.

        A question whose buttons Slack did not take is told as text at once, and tried with its buttons again
        and again.
        """
        if self._source.state_key() != self.view.card_state:
            self.view = less_fallback(self.view)
        sent: dict[str, Any] = {
            "open_questions": questions_in_blocks(message.blocks),
            "card_state": self._source.state_key(),
            "card_sent_at": self._now(),
        }
        if not message.lacks_buttons:
            self._save_view(card_next_try=None, card_fingerprint=self._source.fingerprint(), **sent)
            return None
        tries = self.view.failed_tries + 1
        seconds = retry_pause(SlackErrorKind.BLOCKS, tries)
        self._save_view(
            keep_error=True,
            last_problem=SlackErrorKind.BLOCKS.value,
            failed_tries=tries,
            fallback_level=FallbackLevel.STATE_LINE,
            **sent,
        )
        self._reserve_slot("card_next_try", seconds, Urgency.QUESTION, state=self._source.state_key())
        return self._now() + seconds

    def _post_replies(self) -> float | None:
        while missing := self._source.missing_replies(self.view):
            try:
                self._post_reply(missing[0].reply, urgent=any(each.urgent for each in missing))
            except RetryLater as later:
                return self._now() + later.seconds
            self._save_view(**missing[0].view_changes, reply_next_try=None, short_reply=False)
        return None

    def _post_reply(self, reply: ThreadReply, *, urgent: bool) -> None:
        urgency = Urgency.URGENT if urgent else Urgency.NORMAL
        plain = self.view.short_reply
        room = STATE_BYTES if plain else self.view.text_limit
        text = clip_bytes(reply.text, room) if room else reply.text

        def post(promised: bool) -> str:
            return self._calls.post(
                self._source.channel,
                text,
                thread_ts=self.view.thread_ts,
                broadcast=reply.broadcast and not plain,
                urgency=urgency,
                has_slot=promised,
            )

        self._call_in_slot("reply_next_try", urgency, post)

    def _find_permalink(self) -> None:
        """For links to this thread from elsewhere. Without it the thread is as good."""
        if self.view.permalink or not self.view.ts:
            return
        try:
            self._save_view(permalink=self._calls.permalink(self._source.channel, self.view.ts))
        except RetryLater:
            pass  # the next turn asks again
        except SlackCallFailed as trouble:
            log.info("no permalink yet", deploy=self._source.id, error=trouble.detail)

    def _call_in_slot(
        self,
        slot: RetrySlotName,
        urgency: Urgency,
        call: Callable[[bool], T],
        *,
        sent_level: FallbackLevel | None = None,
    ) -> T:
        """Makes the call, unless an earlier try was told to come back later. `sent`: the form of a card.

        Raises:
            NotNow: come back then.
            Adapted: the call may go well under another view.
            Trouble: one that concerns all calls.
        """
        now = self._now()
        place: NextTry | None = getattr(self.view, slot)
        if place is not None and place.state not in ("", self._source.state_key()):
            place = None
        holds = place is not None and urgency >= _slot_urgency(place)
        if place is not None and holds and place.at > now:
            raise RetryLater(place.at - now)
        if time.monotonic() > self._out_of_time:
            raise RetryLater(0.0)
        try:
            return call(holds)
        except RetryLater as later:
            if urgency is not Urgency.IDLE:
                self._reserve_slot(slot, later.seconds, urgency)
            raise
        except SlackCallFailed as trouble:
            changed = next_fallback(self.view, self._source.request_thread, trouble, sent_level)
            if changed is not None:
                log.warning(
                    "adapting to Slack", deploy=self._source.id, method=trouble.method, error=trouble.detail
                )
                raise TryFallback(changed) from trouble
            if trouble.kind in THREAD_WIDE_ERRORS:
                raise
            raise self._postpone(slot, trouble, sent_level) from trouble

    def _postpone(
        self, slot: RetrySlotName, error: SlackCallFailed, sent_level: FallbackLevel | None
    ) -> RetryLater:
        """This call fails where others may not: it alone waits."""
        if error.kind is SlackErrorKind.RATE_LIMITED:
            return RetryLater(error.retry_after)  # the shared limits know
        tries = self.view.failed_tries + 1
        seconds = retry_pause(error.kind, tries)
        log.error("Slack refused", deploy=self._source.id, method=error.method, error=error.detail)
        self._save_view(keep_error=True, last_problem=error.kind.value, failed_tries=tries)
        state = "" if sent_level is None else self._source.state_key()
        self._reserve_slot(slot, seconds, Urgency.QUESTION, state=state)
        return RetryLater(seconds)

    def _reserve_slot(
        self, slot: RetrySlotName, seconds: float, urgency: Urgency, *, state: str = ""
    ) -> None:
        place = NextTry(
            at=self._now() + seconds,
            urgent=urgency <= Urgency.URGENT,
            question=urgency is Urgency.QUESTION,
            state=state,
        )
        self._save_view(keep_error=True, **{slot: place})

    def _fit_card(self) -> FittedMessage:
        return fit_message(self._source.card(self._now()), self.view.fallback_level, self.view.text_limit)

    def _save_view(self, *, keep_error: bool = False, **changes: Any) -> None:
        if not keep_error:
            changes |= {"last_problem": "", "failed_tries": 0, "retry_at": 0.0}
        self.view = self.view.evolve(**changes)
        self._save(self.view)


def _slot_urgency(place: NextTry) -> Urgency:
    """The least urgent call that need not wait for this place is more urgent than that one."""
    if place.question:
        return Urgency.QUESTION
    return Urgency.URGENT if place.urgent else Urgency.NORMAL
