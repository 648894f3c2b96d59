"""Which lock stops whom, and what holds a deploy: locks, and the stop of all deploys."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.slack_ids import is_user_group
from deploys.holds.lock_text import lock_sentence, stop_sentence
from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.lock import Lock
from deploys.records.request import Verb
from deploys.records.stop_all import StopAll
from deploys.stores.user_groups import UserGroups

VERBS_NEVER_STOPPED = frozenset({Verb.ROLLBACK, Verb.FOLLOW})
"""A stop must not keep an outage going, and following changes nothing."""


class LockSource(Protocol):
    """Where locks are found: Redis (`Locks`), or what was read of it (`CurrentHolds`)."""

    def covering(self, service: str, groups: Collection[str], now: float) -> list[Lock]:
        """The locks that a service is under at that time (epoch seconds), the oldest first."""
        ...


class StopSource(Protocol):
    """Where the stop of all deploys is found: in the same places."""

    def find(self) -> StopAll | None:
        """What stops all deploys; None: nothing does."""
        ...


class LockHolds:
    """Finds the lock that stops somebody."""

    def __init__(self, locks: LockSource, catalogue: Catalogue, groups: UserGroups) -> None:
        self._locks = locks
        self._catalogue = catalogue
        self._groups = groups

    def going_by(self, locks: LockSource) -> LockHolds:
        """The same, with locks from there."""
        return LockHolds(locks, self._catalogue, self._groups)

    def find_lock(self, service: str, verb: Verb, user: str, now: float) -> Lock | None:
        """The oldest lock that stops this person's request for this service; None: none does.

        The owner passes. Following passes, because it changes nothing. A rollback passes for those whom the
        lock's reason names, and for everybody if it names nobody: a lock must not keep an outage going. Who
        may roll back at all is decided by `deploys.access`.
        """
        if verb is Verb.FOLLOW:
            return None
        covering = self._locks.covering(service, self._catalogue.groups_of(service), now)
        return next((each for each in covering if not self._passes(each, verb, user, now)), None)

    def find_hold(self, deploy: Deploy, now: float) -> Hold | None:
        """The lock that holds this deploy."""
        lock = self.find_lock(deploy.service.name, deploy.verb, deploy.request.requester, now)
        if lock is None:
            return None
        return Hold(kind=HoldKind.LOCK, sentence=lock_sentence(lock), until=lock.expires_at, lock=lock.ref)

    def find_passed(self, deploy: Deploy, now: float) -> Lock | None:
        """The oldest lock that covers the service of a deploy which no lock holds; None: there is none."""
        if deploy.verb is Verb.FOLLOW:
            return None
        service = deploy.service.name
        return next(iter(self._locks.covering(service, self._catalogue.groups_of(service), now)), None)

    def _passes(self, lock: Lock, verb: Verb, user: str, now: float) -> bool:
        if user == lock.owner:
            return True
        if verb is not Verb.ROLLBACK:
            return False
        return not lock.named or any(self._is_or_has(each, user, now) for each in lock.named)

    def _is_or_has(self, named: str, user: str, now: float) -> bool:
        """Unknown members of a user group are none."""
        if is_user_group(named):
            return user in (self._groups.members(named, now) or ())
        return named == user


class StopHolds:
    """Holds every deploy while all deploys are stopped, except what ends an outage."""

    def __init__(self, stops: StopSource) -> None:
        self._stops = stops

    def find_hold(self, deploy: Deploy, now: float) -> Hold | None:
        """The stop of all deploys."""
        if deploy.verb in VERBS_NEVER_STOPPED:
            return None
        stop = self._stops.find()
        return Hold(kind=HoldKind.STOP_ALL, sentence=stop_sentence(stop)) if stop else None


def stays_at_pause(deploy: Deploy, stop: StopAll | None) -> bool:
    """Whether nobody may let it continue now: it waits at a pause, and all deploys are stopped. Pure."""
    return (
        stop is not None and deploy.verb not in VERBS_NEVER_STOPPED and unanswered_pause(deploy) is not None
    )
