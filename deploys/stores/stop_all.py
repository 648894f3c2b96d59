"""The stop of all deploys, in Redis."""

from __future__ import annotations

from redis import Redis

from deploys.records.audit_entry import AuditEntry
from deploys.records.stop_all import StopAll
from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.lua_scripts import lua_scripts


class StopAllStore:
    """Each change is one script, with its audit entry."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def find(self) -> StopAll | None:
        """What stops all deploys now; None: nothing does.

        Raises:
            UnknownSchema: another version of Slipway stopped them. They are not resumed by that.
        """
        stored = self._redis.get(redis_keys.STOP_ALL)
        return StopAll.from_json(to_text(stored)) if stored else None

    def stop(self, stop: StopAll, entry: AuditEntry) -> StopAll:
        """Stops all deploys. Returns what stops them now: somebody may have been first."""
        stored = self._redis.register_script(_LUA["stop_all"])(
            keys=[redis_keys.STOP_ALL, redis_keys.AUDIT], args=[stop.to_json(), *entry.to_fields()]
        )
        return StopAll.from_json(to_text(stored))

    def resume(self, stop: StopAll, entry: AuditEntry) -> bool:
        """Lets deploys go on; False if that stop is over."""
        return bool(
            self._redis.register_script(_LUA["resume_all"])(
                keys=[redis_keys.STOP_ALL, redis_keys.AUDIT], args=[stop.to_json(), *entry.to_fields()]
            )
        )


_LUA = lua_scripts("stop_all", "resume_all")
