"""Locks in Redis. Each change is one script, with its audit entry: of two people at once one wins, and the
other is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.audit_entry import AuditEntry
from deploys.records.lock import Lock
from deploys.records.notice import PersonalNotice
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.lua_scripts import lua_scripts

ASK_AGAIN_SECONDS = 600
"""How long a holder who was asked about a lock is not asked again (seconds)."""


class Locks:
    """The locks of all services, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def all(self, now: float) -> list[Lock]:
        """Every lock that holds at that time (epoch seconds), the oldest first."""
        return [each for each in self.stored() if not each.is_over(now)]

    def stored(self) -> list[Lock]:
        """The same, with those whose time is over and whose owner was not told yet."""
        return parse_locks(to_texts(self.redis.hvals(redis_keys.LOCKS)))

    def find(self, target: str, now: float) -> Lock | None:
        """The lock of exactly this target."""
        stored = self.redis.hget(redis_keys.LOCKS, target)
        found = parse_locks([to_text(stored)] if stored else [])
        return next((each for each in found if not each.is_over(now)), None)

    def covering(self, service: str, groups: Collection[str], now: float) -> list[Lock]:
        """The locks that a service is under. groups: those that it belongs to."""
        return locks_covering(self.stored(), service, groups, now)

    def take(self, lock: Lock, entry: AuditEntry) -> tuple[Lock, Lock | None]:
        """Locks, or changes the owner's own lock.

        Returns the lock that holds now, which is somebody else's if that one was first, and what the owner's
        lock was before.
        """
        taken, stored = self.redis.register_script(_LUA["take_lock"])(
            keys=[redis_keys.LOCKS, redis_keys.AUDIT],
            args=[lock.target, lock.to_json(), lock.owner, repr(lock.since), *entry.to_fields()],
        )
        before = Lock.from_json(to_text(stored)) if stored else None
        if not taken:
            assert before is not None
            return before, None
        # A client that lost the reply sends the same lock again.
        return lock, None if before is None or before.id == lock.id else before

    def release(self, lock: Lock, entry: AuditEntry) -> bool:
        """Unlocks what its owner has locked; False if it is over, or another lock by now."""
        return bool(
            self.redis.register_script(_LUA["release_lock"])(
                keys=[redis_keys.LOCKS, redis_keys.AUDIT],
                args=[lock.target, lock.id, lock.owner, *entry.to_fields()],
            )
        )

    def break_lock(self, lock: Lock, notice: PersonalNotice, entry: AuditEntry) -> bool:
        """Ends a lock without its owner, who is told; False if it is over, or another lock by now."""
        return bool(
            self.redis.register_script(_LUA["break_lock"])(
                keys=[redis_keys.LOCKS, redis_keys.NOTICES, redis_keys.AUDIT],
                args=[lock.target, lock.id, notice.id, notice.to_json(), *entry.to_fields()],
            )
        )

    def remind(self, lock: Lock, reminded: Lock, notice: PersonalNotice) -> bool:
        """Writes that the owner is reminded; False if the lock has changed, or another worker did so."""
        return bool(
            self.redis.register_script(_LUA["remind_lock"])(
                keys=[redis_keys.LOCKS, redis_keys.NOTICES],
                args=[lock.target, lock.to_json(), reminded.to_json(), notice.id, notice.to_json()],
            )
        )

    def ask_holder(
        self, lock: Lock, user: str, now: float, notice: PersonalNotice
    ) -> tuple[str, float] | None:
        """Keeps a question for the lock's owner. None; or who asked shortly before, and when: then nothing is
        kept."""
        key, asked = redis_keys.lock_question(lock.id), f"{user} {now!r}"
        before = self.redis.set(key, asked, nx=True, get=True, ex=ASK_AGAIN_SECONDS)
        if before is not None and to_text(before) != asked:
            who, at = to_text(before).split(" ")
            return who, float(at)
        self.redis.hset(redis_keys.NOTICES, notice.id, notice.to_json())
        return None


def locks_covering(locks: Iterable[Lock], service: str, groups: Collection[str], now: float) -> list[Lock]:
    """Those that a service is under at that time (epoch seconds). groups: those that it belongs to. Pure."""
    return [each for each in locks if not each.is_over(now) and each.covers(service, groups)]


def parse_locks(stored: Iterable[str]) -> list[Lock]:
    """The locks, the oldest first. One that another version of Slipway wrote is left to it. Pure."""
    found = []
    for each in stored:
        try:
            found.append(Lock.from_json(each))
        except UnknownSchema:
            continue
    return sorted(found, key=lambda each: (each.since, each.target))


_LUA = lua_scripts("take_lock", "release_lock", "break_lock", "remind_lock")
