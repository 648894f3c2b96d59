"""Reminds the owners of locks, ends locks whose time is over, and sends what people are told about locks.

The scheduler enqueues this every few seconds. What is said is kept in Redis by the script that changes the
lock, so each reminder is written once however many workers run this, and stays until Slack has taken it. A
message whose answer was lost is sent again. What calls the owner to a lock says so once the lock is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from deploys.formatting import slack_time
from deploys.holds.held_deploys import wake_held_deploys
from deploys.holds.lock_text import length_text, locked_thing, unlock_command, until_text
from deploys.job_queue import JobQueue
from deploys.mrkdwn import mention, reason_sentence
from deploys.records.audit_entry import AuditEntry
from deploys.records.deploy import new_deploy_id
from deploys.records.lock import Lock
from deploys.records.notice import PersonalNotice, SentNotice
from deploys.stores.audit import lock_fields
from deploys.stores.deploy_store import DeployStore
from deploys.stores.locks import Locks
from deploys.stores.notices import Notices
from deploys.stores.thread_store import ThreadStore
from workers.thread.slack_calls import PostedMessage, RetryLater, SlackCalls
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind

log = structlog.get_logger()

BEFORE_END_SECONDS = 900.0
"""How long before its end the owner of a lock is reminded (seconds); of a short one, a quarter of it."""
WITHOUT_END_SECONDS = 4 * 3600.0
"""How often the owner of a lock without an end is reminded (seconds)."""
TEMPORARY_ERRORS = frozenset({SlackErrorKind.UNREACHABLE, SlackErrorKind.RATE_LIMITED, SlackErrorKind.TOKEN})


class LockWatch:
    """One look at all locks."""

    def __init__(
        self,
        locks: Locks,
        notices: Notices,
        store: DeployStore,
        threads: ThreadStore,
        job_queue: JobQueue,
        calls: SlackCalls,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._locks = locks
        self._notices = notices
        self._store = store
        self._threads = threads
        self._job_queue = job_queue
        self._calls = calls
        self._now = now

    def run(self) -> None:
        """Does what is due now."""
        now = self._now()
        for lock in self._locks.stored():
            if lock.is_over(now):
                self._end(lock, now)
            elif is_reminder_due(lock, now):
                self._remind(lock, now)
        for notice in self._notices.all():
            self._send(notice)
        self._edit_sent(now)

    def _end(self, lock: Lock, now: float) -> None:
        entry = AuditEntry(
            at=f"{now:.3f}",
            who="slipway",
            what="lock expired",
            verb="lock",
            target=lock.target,
            why=lock.reason,
            channel=lock.channel,
            team=lock.team,
            service=",".join(lock.services),
            **lock_fields(lock),
            catalogue=self._store.catalogue_version,
        )
        if self._locks.break_lock(lock, _notice(lock, ended_text(lock), now), entry):
            wake_held_deploys(self._store, self._threads, self._job_queue, now)

    def _remind(self, lock: Lock, now: float) -> None:
        text = reminder(lock, now)
        notice = _notice(lock, text, now, private=True).evolve(lock=lock.ref, past_text=reminded_text(lock))
        self._locks.remind(lock, lock.evolve(reminded_at=now), notice)

    def _send(self, notice: PersonalNotice) -> None:
        if not self._notices.claim(notice):
            return None
        told = f"{mention(notice.user)}: {notice.text}"
        ways = [(notice.channel, told), (notice.user, notice.text)]
        failure: SlackCallFailed | None = None
        for channel, text in ways[::-1] if notice.private else ways:
            try:
                posted = self._calls.post(channel, text)
            except RetryLater:
                return self._notices.release(notice)
            except SlackCallFailed as error:
                if error.kind in TEMPORARY_ERRORS:
                    return self._notices.release(notice)
                failure = error
            else:
                return self._note_sent(notice, posted)
        log.error("a person cannot be told", user=notice.user, error=failure.detail if failure else "")
        return self._notices.remove(notice)

    def _note_sent(self, notice: PersonalNotice, posted: PostedMessage) -> None:
        if notice.lock is None:
            return self._notices.remove(notice)
        return self._notices.keep_sent(SentNotice(notice=notice, channel=posted.channel, ts=posted.ts))

    def _edit_sent(self, now: float) -> None:
        """Edits the messages about locks that are over. Several workers may do so: the text is the same."""
        for sent in self._notices.sent():
            ref = sent.notice.lock
            lock = self._locks.find(ref.target, now) if ref else None
            if ref and lock and lock.id == ref.id:
                continue
            text = over_text(sent, lock)
            try:
                self._calls.update(sent.channel, sent.ts, text, ())
            except RetryLater:
                return
            except SlackCallFailed as error:
                if error.kind in TEMPORARY_ERRORS:
                    return
            self._notices.forget_sent(sent)


def over_text(sent: SentNotice, lock: Lock | None) -> str:
    """What a message about a lock says once that is over. lock: what its target is locked by now. Pure."""
    notice = sent.notice
    mentioned = "" if notice.private else f"{mention(notice.user)}: "
    if lock is not None and lock.owner == notice.user:
        return f"{mentioned}{notice.past_text} You have locked it again, {until_text(lock)}."
    return f"{mentioned}{notice.past_text} It is over."


def is_reminder_due(lock: Lock, now: float) -> bool:
    """Whether the owner is to be reminded now: once before the end; without one, every few hours. Pure."""
    if lock.expires_at is None:
        last = lock.since if lock.reminded_at is None else lock.reminded_at
        return now - last >= WITHOUT_END_SECONDS
    return lock.reminded_at is None and now >= lock.expires_at - _before_end(lock)


def reminder(lock: Lock, now: float) -> str:
    """What the owner is told. Pure."""
    what, why = locked_thing(lock), reason_sentence(lock.reason)
    unlock = unlock_command(lock)
    if lock.expires_at is None:
        hours = length_text(round((now - lock.since) / 3600) * 3600)
        return f"you have locked {what} for {hours}: {why} {unlock} lets the others deploy."
    return (
        f"your lock of {what} ends {slack_time(lock.expires_at)}: {why} To keep it longer, "
        f"lock it again; {unlock} ends it now."
    )


def reminded_text(lock: Lock) -> str:
    """In its place once the lock is over. Pure."""
    return f"I reminded you of your lock of {locked_thing(lock)}."


def ended_text(lock: Lock) -> str:
    """What the owner is told when its time is over. Pure."""
    return f"your lock of {locked_thing(lock)} has ended, and what waited for it goes on."


def _before_end(lock: Lock) -> float:
    length = (lock.expires_at or lock.since) - lock.since
    return min(BEFORE_END_SECONDS, length / 4)


def _notice(lock: Lock, text: str, now: float, *, private: bool = False) -> PersonalNotice:
    return PersonalNotice(
        id=new_deploy_id(), user=lock.owner, channel=lock.channel, private=private, text=text, at=now
    )
