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

from deploys.threads import Place, ThreadView
from workers.thread.adapting import adapted, richer
from workers.thread.buttons import questions_on
from workers.thread.calls import Calls, NotNow
from workers.thread.forms import Form, Message, fitted
from workers.thread.lengths import STATE_BYTES, clip_bytes
from workers.thread.limits import Urgency
from workers.thread.replies import Reply
from workers.thread.subject import Subject
from workers.thread.trouble import Kind, Trouble, pause

log = structlog.get_logger()

CHANGE_SECONDS = 3.0
"""Between two edits of one card, unless the state is one that people wait for (seconds)."""
ELAPSED_SECONDS = 10.0
"""Between two edits that only move the elapsed time (seconds)."""
TURN_SECONDS = 20.0
"""After this long no further call is begun, so that a turn ends well within its lease (seconds)."""
CONCERNS_ALL = frozenset({Kind.AWAY, Kind.TOKEN, Kind.CHANNEL})
"""Troubles in which no other call for this thread would fare better."""
MOST_ADAPTIONS = 10
"""Ways to write a thread that one turn tries (count): the forms of a card, shorter texts, a new card."""

T = TypeVar("T")
Slot = Literal["card_place", "reply_place"]


class Adapted(Exception):
    """Slack refused a call that may go well under another view."""

    def __init__(self, view: ThreadView) -> None:
        super().__init__("another form is tried")
        self.view = view


class CatchingUp:
    """One turn at one thread."""

    def __init__(
        self,
        calls: Calls,
        subject: Subject,
        view: ThreadView,
        *,
        save: Callable[[ThreadView], None],
        now: Callable[[], float],
    ) -> None:
        self.view = view
        self._calls = calls
        self._subject = subject
        self._save = save
        self._now = now
        self._out_of_time = time.monotonic() + TURN_SECONDS

    def run(self) -> float | None:
        """Does what can be done now. Returns when to come back (epoch seconds); None: all is shown.

        Raises:
            Trouble: one that concerns every call for this thread.
            Conflict: the lease ran out.
        """
        for _ in range(MOST_ADAPTIONS):
            try:
                return self._once()
            except Adapted as changed:
                self.view = changed.view
                self._save(changed.view)
        return self._now() + ELAPSED_SECONDS

    def _once(self) -> float | None:
        opened = None
        if not self.view.ts:
            opened = self._open()
            if not self.view.ts:
                return opened
        times = [opened, self._bring_card(), self._bring_replies()]
        self._find_permalink()
        return min((at for at in times if at is not None), default=None)

    def _open(self) -> float | None:
        asked_in = None if self.view.astray else self._subject.asked_in
        message = self._message()
        urgency = Urgency.QUESTION if self._subject.asks(self.view) else Urgency.URGENT

        def post(promised: bool) -> str:
            return self._calls.post(
                self._subject.channel,
                message.text,
                message.blocks,
                thread_ts=asked_in,
                urgency=urgency,
                promised=promised,
            )

        try:
            ts = self._within("reply_place", urgency, post, sent=message.form)
        except NotNow as later:
            return self._now() + later.seconds
        self._note(ts=ts, thread_ts=asked_in or ts, permalink="", reply_place=None)
        return self._note_card(message)

    def _bring_card(self) -> float | None:
        changed = self.view.fingerprint != self._subject.fingerprint()
        runs = self._subject.runs_with_time()
        if self.view.lost or not (changed or runs):
            return None
        urgency = Urgency.NORMAL if changed else Urgency.IDLE
        earliest = self.view.sent_at + (CHANGE_SECONDS if changed else ELAPSED_SECONDS)
        if changed and self._subject.urgent(self.view.shown):
            asks = self._subject.asks(self.view)
            urgency, earliest = Urgency.QUESTION if asks else Urgency.URGENT, 0.0
        if self._now() < earliest:
            return earliest
        message = self._message()

        def update(promised: bool) -> None:
            self._calls.update(
                self._subject.channel,
                self.view.ts,
                message.text,
                message.blocks,
                urgency=urgency,
                promised=promised,
            )

        try:
            self._within("card_place", urgency, update, sent=message.form)
        except NotNow as later:
            return self._now() + (ELAPSED_SECONDS if urgency is Urgency.IDLE else later.seconds)
        again = self._note_card(message)
        return again or (self._now() + ELAPSED_SECONDS if runs else None)

    def _note_card(self, message: Message) -> float | None:
        """Notes what the card shows now. Returns when to come back; None: it shows all.

        A question whose buttons Slack did not take is told as text at once, and tried with its buttons again
        and again.
        """
        if self._subject.key() != self.view.shown:
            self.view = richer(self.view)
        sent: dict[str, Any] = {
            "asked": questions_on(message.blocks),
            "shown": self._subject.key(),
            "sent_at": self._now(),
        }
        if not message.lacks_buttons:
            self._note(card_place=None, fingerprint=self._subject.fingerprint(), **sent)
            return None
        tries = self.view.tries + 1
        seconds = pause(Kind.BLOCKS, tries)
        self._note(
            keep_trouble=True, trouble=Kind.BLOCKS.value, tries=tries, plainness=Form.STATE_LINE, **sent
        )
        self._hold("card_place", seconds, Urgency.QUESTION, state=self._subject.key())
        return self._now() + seconds

    def _bring_replies(self) -> float | None:
        while missing := self._subject.missing(self.view):
            try:
                self._reply(missing[0].reply, urgent=any(each.urgent for each in missing))
            except NotNow as later:
                return self._now() + later.seconds
            self._note(**missing[0].posted, reply_place=None, plain_reply=False)
        return None

    def _reply(self, reply: Reply, *, urgent: bool) -> None:
        urgency = Urgency.URGENT if urgent else Urgency.NORMAL
        plain = self.view.plain_reply
        room = STATE_BYTES if plain else self.view.text_room
        text = clip_bytes(reply.text, room) if room else reply.text

        def post(promised: bool) -> str:
            return self._calls.post(
                self._subject.channel,
                text,
                thread_ts=self.view.thread_ts,
                broadcast=reply.broadcast and not plain,
                urgency=urgency,
                promised=promised,
            )

        self._within("reply_place", urgency, post)

    def _find_permalink(self) -> None:
        """For links to this thread from elsewhere. Without it the thread is as good."""
        if self.view.permalink or not self.view.ts:
            return
        try:
            self._note(permalink=self._calls.permalink(self._subject.channel, self.view.ts))
        except NotNow:
            pass  # the next turn asks again
        except Trouble as trouble:
            log.info("no permalink yet", deploy=self._subject.id, error=trouble.detail)

    def _within(
        self, slot: Slot, urgency: Urgency, call: Callable[[bool], T], *, sent: Form | None = None
    ) -> T:
        """Makes the call, unless an earlier try was told to come back later. `sent`: the form of a card.

        Raises:
            NotNow: come back then.
            Adapted: the call may go well under another view.
            Trouble: one that concerns all calls.
        """
        now = self._now()
        place: Place | None = getattr(self.view, slot)
        if place is not None and place.state not in ("", self._subject.key()):
            place = None
        holds = place is not None and urgency >= _made_for(place)
        if place is not None and holds and place.at > now:
            raise NotNow(place.at - now)
        if time.monotonic() > self._out_of_time:
            raise NotNow(0.0)
        try:
            return call(holds)
        except NotNow as later:
            if urgency is not Urgency.IDLE:
                self._hold(slot, later.seconds, urgency)
            raise
        except Trouble as trouble:
            changed = adapted(self.view, self._subject.asked_in, trouble, sent)
            if changed is not None:
                log.warning(
                    "adapting to Slack", deploy=self._subject.id, method=trouble.method, error=trouble.detail
                )
                raise Adapted(changed) from trouble
            if trouble.kind in CONCERNS_ALL:
                raise
            raise self._put_off(slot, trouble, sent) from trouble

    def _put_off(self, slot: Slot, trouble: Trouble, sent: Form | None) -> NotNow:
        """This call fails where others may not: it alone waits."""
        if trouble.kind is Kind.RATE_LIMITED:
            return NotNow(trouble.retry_after)  # the shared limits know
        tries = self.view.tries + 1
        seconds = pause(trouble.kind, tries)
        log.error("Slack refused", deploy=self._subject.id, method=trouble.method, error=trouble.detail)
        self._note(keep_trouble=True, trouble=trouble.kind.value, tries=tries)
        state = "" if sent is None else self._subject.key()
        self._hold(slot, seconds, Urgency.QUESTION, state=state)
        return NotNow(seconds)

    def _hold(self, slot: Slot, seconds: float, urgency: Urgency, *, state: str = "") -> None:
        place = Place(
            at=self._now() + seconds,
            urgent=urgency <= Urgency.URGENT,
            question=urgency is Urgency.QUESTION,
            state=state,
        )
        self._note(keep_trouble=True, **{slot: place})

    def _message(self) -> Message:
        return fitted(self._subject.card(self._now()), self.view.plainness, self.view.text_room)

    def _note(self, *, keep_trouble: bool = False, **changes: Any) -> None:
        if not keep_trouble:
            changes |= {"trouble": "", "tries": 0, "retry_at": 0.0}
        self.view = self.view.evolve(**changes)
        self._save(self.view)


def _made_for(place: Place) -> Urgency:
    """The least urgent call that need not wait for this place is more urgent than that one."""
    if place.question:
        return Urgency.QUESTION
    return Urgency.URGENT if place.urgent else Urgency.NORMAL
