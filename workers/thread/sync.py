"""Brings one thread up to date: opens it, edits the card, posts missing replies.

Each call is noted in the thread's state right after it was made, so that another worker continues where this
one stopped. If a worker crashes between the call and the note, or the connection drops before Slack's
answer, it is unknown whether a message was posted. It is then posted again: the bot has no scope to read the
channel, a reply shown twice does no harm, and a missing one may be the question or the failure that somebody
waits for. A question that is posted again says so. Of two cards, the one whose ts is known is kept up to
date; a click on the other is refused, and then its buttons are taken off (`workers.thread.copied_cards`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import structlog

from deploys.records.thread_state import ThreadState
from deploys.text_limits import STATE_BYTES, clip_bytes
from workers.messages import unreachable_channel
from workers.thread.card_buttons import questions_in_blocks
from workers.thread.fallback_levels import (
    FallbackLevel,
    FittedMessage,
    fit_message,
    less_fallback,
)
from workers.thread.rate_limits import RATES, Urgency
from workers.thread.slack_calls import RetryLater, SlackCalls
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind, retry_pause
from workers.thread.thread_replies import QuestionEdit, ThreadReply, maybe_twice
from workers.thread.thread_source import MissingReply, ThreadSource
from workers.thread.thread_writer import SaveThread, ThreadWriter, TryFallback
from workers.thread.told_elsewhere import tell_elsewhere

log = structlog.get_logger()

SECONDS_BETWEEN_CHANGES = 3.0
"""Between two edits of one card, unless the state is one that people wait for (seconds)."""
SECONDS_BETWEEN_TIME_UPDATES = 10.0
"""Between two edits that only move the elapsed time, at least (seconds)."""
MOST_FALLBACKS = 10
"""Fallbacks that one sync tries (count): levels of a card, shorter texts, a new card."""


class ThreadSync:
    """One sync of one thread."""

    def __init__(
        self,
        calls: SlackCalls,
        source: ThreadSource,
        thread: ThreadState,
        *,
        save: SaveThread,
        now: Callable[[], float],
        idle_seconds: float = SECONDS_BETWEEN_TIME_UPDATES,
    ) -> None:
        """idle_seconds: between two edits that only move the elapsed time."""
        self._idle_seconds = idle_seconds
        self._writer = ThreadWriter(calls, source, thread, save=save, now=now)
        self._calls = calls
        self._source = source
        self._now = now
        self.elapsed_time_at: float | None = None
        """When the card next moves its elapsed time, if nothing else is new in the thread (epoch seconds)."""

    @property
    def thread(self) -> ThreadState:
        """The thread's state as it was saved last."""
        return self._writer.thread

    @cached_property
    def _fingerprint(self) -> str:
        """Of the card: a whole card is built for it."""
        return self._source.fingerprint()

    def run(self) -> float | None:
        """Does what can be done now. Returns when to come back (epoch seconds); None: everything is shown.

        Raises:
            SlackCallFailed: an error that affects every call for this thread.
            LeaseLost: the lease ran out.
        """
        for _ in range(MOST_FALLBACKS):
            try:
                return self._try_sync()
            except TryFallback as changed:
                self._writer.replace(changed.thread)
        return self._now() + self._idle_seconds

    def _try_sync(self) -> float | None:
        opened = None
        if not self.thread.ts:
            opened = self._open_thread()
            if not self.thread.ts:
                return opened
        times = [opened, self._update_card(), self._post_replies(), self._edit_questions()]
        self._find_permalink()
        times.append(tell_elsewhere(self._writer))
        return min((at for at in times if at is not None), default=None)

    def _open_thread(self) -> float | None:
        request_thread = self._writer.request_thread
        message = self._fit_card()
        urgency = Urgency.NORMAL
        if self._source.has_unshown_question(self.thread):
            urgency = Urgency.QUESTION
        elif any(each.urgent for each in self._source.missing_replies(self.thread)):
            urgency = Urgency.URGENT

        def post(has_slot: bool) -> str:
            return self._calls.post(
                self.thread.channel,
                message.text,
                message.blocks,
                thread_ts=request_thread,
                urgency=urgency,
                has_slot=has_slot,
                again=urgency is self._urgency_of(self._source.missing_replies(self.thread)),
            ).ts

        try:
            ts = self._writer.call_in_slot("reply_next_try", urgency, post, sent_level=message.level)
        except RetryLater as later:
            return self._now() + later.seconds
        thread_ts = request_thread or ts
        self._writer.save(
            ts=ts, thread_ts=thread_ts, permalink="", reply_next_try=None, reply_unconfirmed=False
        )
        return self._note_card_sent(message)

    def _update_card(self) -> float | None:
        changed = self.thread.card_fingerprint != self._fingerprint
        has_timer = self._source.changes_with_time()
        if self.thread.card_lost or not (changed or has_timer):
            return None
        urgency = Urgency.NORMAL if changed else Urgency.IDLE
        interval = SECONDS_BETWEEN_CHANGES if changed else self._idle_seconds
        earliest = self.thread.card_sent_at + interval
        if changed and self._source.must_update_now(self.thread.card_state):
            asks = self._source.has_unshown_question(self.thread)
            urgency, earliest = Urgency.QUESTION if asks else Urgency.URGENT, 0.0
        if self._now() < earliest:
            return earliest if changed else self._move_time_at(earliest)

        def update(has_slot: bool) -> None:
            self._calls.update(
                self.thread.channel,
                self.thread.ts,
                message.text,
                message.blocks,
                urgency=urgency,
                has_slot=has_slot,
            )

        try:
            self._writer.comes_at_slot("card_next_try", urgency)  # before the work of a card
            message = self._fit_card()
            self._writer.call_in_slot("card_next_try", urgency, update, sent_level=message.level)
        except RetryLater as later:
            if urgency is Urgency.IDLE:
                return self._move_time_at(self._now() + self._idle_seconds)
            return self._now() + later.seconds
        again = self._note_card_sent(message)
        return again or (self._move_time_at(self._now() + self._idle_seconds) if has_timer else None)

    def _move_time_at(self, at: float) -> float:
        self.elapsed_time_at = at
        return at

    def _note_card_sent(self, message: FittedMessage) -> float | None:
        """Notes what the card shows now. Returns when to come back; None: it shows everything.

        A question whose buttons Slack refused is sent as text at once, and retried with its buttons. If the
        process dies before it is saved what a card without questions shows, that is sent once more.
        """
        if message.level == self.thread.fallback_level == FallbackLevel.PLAIN_BLOCKS:
            self._calls.native_blocks.note_refused(self._source.card(self._now()).blocks)
        if self._source.state_key() != self.thread.card_state:
            self._writer.thread = less_fallback(self.thread)
        sent: dict[str, Any] = {
            "open_questions": questions_in_blocks(message.blocks),
            "card_state": self._source.state_key(),
            "card_sent_at": self._now(),
        }
        if not message.lacks_buttons:
            later = not sent["open_questions"]
            self._writer.save(later=later, card_next_try=None, card_fingerprint=self._fingerprint, **sent)
            return None
        tries = self.thread.failed_tries + 1
        seconds = retry_pause(SlackErrorKind.BLOCKS, tries)
        sent |= {"last_problem": SlackErrorKind.BLOCKS.value, "failed_tries": tries}
        self._writer.save(keep_error=True, fallback_level=FallbackLevel.STATE_LINE, **sent)
        self._writer.reserve_slot("card_next_try", seconds, Urgency.QUESTION, state=self._source.state_key())
        return self._now() + seconds

    def _post_replies(self) -> float | None:
        if (again_at := self._say_where_card_is()) is not None:
            return again_at
        while missing := self._source.missing_replies(self.thread):
            reply, changes = missing[0].reply, dict(missing[0].thread_changes)
            if reply is None:
                self._writer.save(**changes, later=True)
                continue
            urgency = self._urgency_of(missing) or Urgency.NORMAL
            try:
                ts = self._post_reply(reply, urgency, again=urgency is self._urgency_of(missing[1:]))
            except RetryLater as later:
                return self._now() + later.seconds
            if reply.question:
                posted = reply.question.evolve(ts=ts, maybe_twice=self.thread.reply_unconfirmed)
                changes["question_replies"] = (*self.thread.question_replies, posted)
            if reply.failure:
                told = reply.failure.evolve(channel=self.thread.channel, ts=ts)
                changes["failure_messages"] = (*self.thread.failure_messages, told)
            self._writer.save(**changes, reply_next_try=None, short_reply=False, reply_unconfirmed=False)
        return None

    def _say_where_card_is(self) -> float | None:
        """Says that the configured channel could not be used. Returns when to come back."""
        refused = self.thread.refused_channel
        if refused is None or refused.told:
            return None
        text = unreachable_channel.card_channel_refused(refused.channel, refused.error)
        try:
            self._post_reply(ThreadReply(text, broadcast=False), Urgency.NORMAL)
        except RetryLater as later:
            return self._now() + later.seconds
        told = refused.evolve(told=True)
        self._writer.save(
            refused_channel=told, reply_next_try=None, short_reply=False, reply_unconfirmed=False
        )
        return None

    def _edit_questions(self) -> float | None:
        """Edits the replies that called people to a question which has ended. Returns when to come back."""
        for edit in self._source.question_edits(self.thread):
            try:
                self._edit_question(edit)
            except RetryLater as later:
                return self._now() + later.seconds
        return None

    def _edit_question(self, edit: QuestionEdit) -> None:
        """A reply that somebody deleted is forgotten. Whatever else Slack refuses is tried again later."""

        def update(has_slot: bool) -> None:
            self._calls.update(
                self.thread.channel, edit.posted.ts, edit.text, (), urgency=Urgency.URGENT, has_slot=has_slot
            )

        try:
            self._writer.call_in_slot("question_next_try", Urgency.URGENT, update)
        except SlackCallFailed as failure:
            if failure.kind is not SlackErrorKind.CARD_GONE:
                raise
            log.info("a question was deleted", deploy=edit.posted.deploy_id, error=failure.detail)
            replies = tuple(each for each in self.thread.question_replies if each != edit.posted)
        else:
            replies = tuple(
                edit.edited if each == edit.posted else each for each in self.thread.question_replies
            )
        self._writer.save(question_replies=replies, question_next_try=None)

    def _urgency_of(self, missing: Sequence[MissingReply]) -> Urgency | None:
        """Of the next of these replies; None if the card alone shows them all."""
        if not any(each.reply for each in missing):
            return None
        return Urgency.URGENT if any(each.urgent for each in missing) else Urgency.NORMAL

    def _post_reply(self, reply: ThreadReply, urgency: Urgency, *, again: bool = False) -> str:
        """again: another reply that is as urgent follows."""
        plain = self.thread.short_reply
        limit = STATE_BYTES if plain else self.thread.text_limit
        text = maybe_twice(reply.text) if reply.question and self.thread.reply_unconfirmed else reply.text
        text = clip_bytes(text, limit) if limit else text

        def post(has_slot: bool) -> str:
            return self._calls.post(
                self.thread.channel,
                text,
                thread_ts=self.thread.thread_ts,
                broadcast=reply.broadcast and not plain,
                urgency=urgency,
                has_slot=has_slot,
                again=again,
            ).ts

        return self._writer.call_in_slot("reply_next_try", urgency, post)

    def _find_permalink(self) -> None:
        """For links to this thread from elsewhere. The thread works without it."""
        if self.thread.permalink or not self.thread.ts:
            return
        try:
            link = self._calls.permalink(self.thread.channel, self.thread.ts)
            self._writer.save(permalink=link, later=True)  # Slack gives it again
        except RetryLater:
            pass  # the next sync asks again
        except SlackCallFailed as failure:
            log.info("no permalink yet", deploy=self._source.id, error=failure.detail)

    def _fit_card(self) -> FittedMessage:
        card, level = self._source.card(self._now()), self.thread.fallback_level
        if not self._calls.native_blocks.takes(card.blocks):
            level = max(level, FallbackLevel.PLAIN_BLOCKS)
        return fit_message(card, level, self.thread.text_limit)


def seconds_between_time_updates(threads: int) -> float:
    """Between two edits of one card that only move the elapsed time (seconds), so that all threads together
    have no more of them than Slack takes. threads: how many there are (count)."""
    each = RATES["chat.update"].interval_ms / 1000
    return max(SECONDS_BETWEEN_TIME_UPDATES, each * threads)
