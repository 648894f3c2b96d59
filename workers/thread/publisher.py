"""Brings Slack up to date with the records. Only the publisher writes to a deploy's thread."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

import structlog
from slack_sdk import WebClient

from deploys.decisions import shown
from deploys.errors import Conflict, TakenNotOnDisk
from deploys.store import Store
from deploys.threads import KEPT_SECONDS, Threads, ThreadView
from workers.thread.buttons import question_values
from workers.thread.calls import Calls
from workers.thread.catching_up import CatchingUp
from workers.thread.limits import Limits
from workers.thread.line import ahead_of
from workers.thread.private_message import Delivery, Recipient, send
from workers.thread.several import SeveralDeploys
from workers.thread.subject import OneDeploy, Refusal, Subject
from workers.thread.trouble import PATIENCE, Kind, Trouble, pause

log = structlog.get_logger()

LEASE_SECONDS = 60.0
"""How long one worker may write to a thread before another may. A turn takes at most half of it."""
QUESTION_AGAIN_SECONDS = 2.0
"""Between two looks whether Slack is back, for a thread whose question nobody has seen. The shared limits
keep Slack from being asked that often."""
TOO_OLD_SECONDS = max(PATIENCE.values())
"""A thread that nobody knows of any more is not opened for a deploy that ended longer ago."""


class Publisher:
    """Publishes one thread at a time, and never waits: what cannot be sent now stays due.

    Give it a client without retry handlers (`workers.thread.client.slack_client`).
    """

    def __init__(
        self,
        client: WebClient,
        threads: Threads,
        store: Store,
        limits: Limits,
        now: Callable[[], float],
    ) -> None:
        self._client = client
        self._calls = Calls(client, limits)
        self._threads = threads
        self._store = store
        self._now = now

    def publish(self, thing_id: str) -> None:
        """Shows as much of a deploy or batch as Slack takes now; the rest stays due in the publish set."""
        owner = secrets.token_hex(8)
        if not self._threads.claim(thing_id, owner, LEASE_SECONDS):
            return  # the one who has it is told by the publish set that more is due
        onward = None
        try:
            onward = self._turn(thing_id, owner)
        except Conflict:
            log.warning("lost the thread's lease; another worker goes on", deploy=thing_id)
        finally:
            self._threads.release(thing_id, owner)
        if onward is not None:
            self.publish(onward)

    def _turn(self, thing_id: str, owner: str) -> str | None:
        """Returns the id of the batch, where a deploy is told of in the thread of its batch."""
        seen_score = self._threads.take_up(thing_id, self._now() + LEASE_SECONDS)
        subject = self._subject(thing_id)
        if subject is not None and subject.id != thing_id:
            self._threads.look_now(subject.id, self._now())
            self._threads.settled(thing_id, seen_score)
            return subject.id
        if subject is None:
            self._threads.settled(thing_id, seen_score)
            return None
        self._show(subject, seen_score, owner)
        return None

    def _subject(self, thing_id: str) -> Subject | None:
        deploy = self._store.get(thing_id)
        batch = self._store.batch(thing_id if deploy is None else deploy.told_in)
        if batch is not None:
            members = self._store.members(batch)
            return SeveralDeploys(batch, [(each, ahead_of(each, self._store)) for each in members])
        return OneDeploy(deploy, ahead_of(deploy, self._store)) if deploy else None

    def _show(self, subject: Subject, seen_score: float, owner: str) -> None:
        view = self._threads.view(subject.id)
        again_at = None
        if view is not None:
            self._note_shown(subject, view)  # by an earlier turn, which did not come to note it
        if not self._given_up(subject, view):
            again_at = self._bring(subject, view or ThreadView(channel=subject.channel), owner)
        if again_at is not None:
            self._threads.later(subject.id, again_at, seen_score)
            return
        self._threads.settled(subject.id, seen_score)
        if subject.over:
            ended_at = self._now() if subject.outcome_at is None else subject.outcome_at
            self._threads.forget_after(subject.id, ended_at + KEPT_SECONDS - self._now())

    def _bring(self, subject: Subject, view: ThreadView, owner: str) -> float | None:
        """Opens the thread or catches up, unless the first checks are still to come, or said no."""
        if not view.ts:
            if (refusal := subject.refusal) and not view.no_private_way:
                return self._refuse(subject, refusal, view, owner)
            if self._now() < subject.opens_at:
                return subject.opens_at
        return self._catch_up(subject, view, owner)

    def _refuse(self, subject: Subject, refusal: Refusal, view: ThreadView, owner: str) -> float | None:
        """Tells the requester alone. Only if no way to them is open does the channel see it."""
        if view.refused_privately:
            return None
        if view.trouble == Kind.AWAY.value and self._now() < view.retry_at:
            return view.retry_at
        match send(self._client, self._requester(subject), refusal.text, refusal.buttons):
            case Delivery.DELIVERED:
                told = view.evolve(refused_privately=True, trouble="", tries=0, retry_at=0.0)
                self._threads.save(subject.id, owner, told)
                return None
            case Delivery.CLOSED:
                closed = view.evolve(no_private_way=True)
                self._threads.save(subject.id, owner, closed)
                return self._catch_up(subject, closed, owner)
            case Delivery.LATER:
                tries = view.tries + 1
                retry_at = self._now() + pause(Kind.AWAY, tries)
                away = view.evolve(trouble=Kind.AWAY.value, tries=tries, retry_at=retry_at)
                self._threads.save(subject.id, owner, away)
                return retry_at

    def _catch_up(self, subject: Subject, view: ThreadView, owner: str) -> float | None:
        if self._now() < view.retry_at and not self._asks_since_then(subject, view):
            return view.retry_at
        catching_up = CatchingUp(
            self._calls,
            subject,
            view,
            save=lambda changed: self._threads.save(subject.id, owner, changed),
            now=self._now,
        )
        try:
            return catching_up.run()
        except Trouble as trouble:
            view = self._after(trouble, subject, catching_up.view)
            self._threads.save(subject.id, owner, view)
            return view.retry_at
        finally:
            self._note_shown(subject, catching_up.view)

    def _asks_since_then(self, subject: Subject, view: ThreadView) -> bool:
        """Whether a question came up after Slack was found away, so that it waits less than was noted."""
        waits = view.retry_at - self._now()
        return view.trouble == Kind.AWAY.value and subject.asks(view) and waits > QUESTION_AGAIN_SECONDS

    def _note_shown(self, subject: Subject, view: ThreadView) -> None:
        """The time of a question begins once Slack has a card with its buttons."""
        for deploy in subject.unseen():
            if not set(question_values(deploy)) <= set(view.asked):
                continue
            change = partial(shown, question=deploy.question, at=view.sent_at)
            try:
                self._store.amend(deploy.id, change, by="slipway", what="question shown")
            except TakenNotOnDisk:
                log.warning("Redis has not confirmed that the question's time is on disk", deploy=deploy.id)

    def _after(self, trouble: Trouble, subject: Subject, view: ThreadView) -> ThreadView:
        """What to remember of a trouble that concerns every call for this thread."""
        tries = view.tries + 1
        wait = max(trouble.retry_after, pause(trouble.kind, tries))
        if trouble.kind is Kind.AWAY and subject.asks(view):
            wait = min(wait, QUESTION_AGAIN_SECONDS)
        told = view.told_requester
        if trouble.kind is Kind.CHANNEL and not told:
            told = self._tell_requester(subject, trouble)
        say = log.error if trouble.kind is Kind.TOKEN else log.warning
        say(
            "the thread is behind",
            deploy=subject.id,
            channel=subject.channel,
            because=trouble.kind.value,
            method=trouble.method,
            error=trouble.detail,
            next_try_in=round(wait, 1),
        )
        return view.evolve(
            trouble=trouble.kind.value, tries=tries, retry_at=self._now() + wait, told_requester=told
        )

    def _tell_requester(self, subject: Subject, trouble: Trouble) -> bool:
        text = subject.unreachable(trouble.detail.split(" ")[0])
        return send(self._client, self._requester(subject), text) is not Delivery.LATER

    def _requester(self, subject: Subject) -> Recipient:
        url = self._threads.response_url(subject.id)
        return Recipient(subject.requester, subject.channel, subject.answer_thread, url)

    def _given_up(self, subject: Subject, view: ThreadView | None) -> bool:
        """Whether the thread has been tried for long enough after its deploy's end."""
        if subject.outcome_at is None:
            return False
        patience = TOO_OLD_SECONDS if view is None else None
        if view is not None and view.trouble:
            patience = PATIENCE[Kind(view.trouble)]
        if patience is None or self._now() <= subject.outcome_at + patience:
            return False
        log.error("gave up on the thread", deploy=subject.id, because=view.trouble if view else "too old")
        return True
