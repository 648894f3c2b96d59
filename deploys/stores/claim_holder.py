"""The process that holds claims, and the heartbeat by which others see that it lives.

The lease of a claim names the process that holds it, and counts only while that process has its heartbeat in
Redis. The process writes the heartbeat with each claim and again every second, so that a process that was
killed or is paused loses all its claims within `HEARTBEAT_SECONDS`, not at the end of their leases.

No two workers change one deploy at a time. Whether a claim counts is decided in Redis alone, by scripts:

- `claim.lua` gives a deploy to another process only after the heartbeat of its holder is gone.
- `commit.lua` writes nothing for a claim whose lease another has. A heartbeat that vanished while nobody took
  over does no harm: the record is as this process read it, so its commit holds.
  `reschedule.lua`, for steps that changed nothing, does the same.
- `confirm.lua` is asked right before each request that changes AWS (`workers/ecs/aws/lease_check.py`). It
  writes the heartbeat again, and from before it was asked nobody takes the deploy over for
  `HEARTBEAT_SECONDS`. That is longer than one call can take, so a call has ended by then.

So a process that wakes after a pause is refused whatever it does next. What remains is a pause between the
last check and the request: then AWS gets the request when the process wakes, if its connection lasts that
long. A step that finds such a change in ECS handles it as it does any change that is not in the record.

Only Redis's clock and `uptime` count. The clocks of the machines may differ. If a failover loses the last
second of Redis, or its clock is set forward, claims end early; the check before a request notices that.
"""

from __future__ import annotations

import os
import secrets
import time
from threading import Lock, Thread

from redis import Redis

from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores import redis_keys

HEARTBEAT_SECONDS = 13.0
"""How long a heartbeat counts (seconds): the longest call that changes AWS, the second between two
heartbeats, and two more for a slow Redis or a busy machine."""
RENEW_SECONDS = 1.0
"""Between two heartbeats (seconds)."""
_SEPARATOR = "/"


class ClaimHolder:
    """A process that holds claims. A thread renews its heartbeat while it holds any."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._lock = Lock()
        self._held: set[str] = set()
        self._thread: Thread | None = None
        self.begin_process()

    def begin_process(self) -> None:
        """Call before a process is forked that will hold claims: they are its own, and nobody else's."""
        self.id = secrets.token_hex(8)
        self._held.clear()

    def new_token(self, worker: str) -> str:
        """A token for one claim of this process. worker: its machine, for people who look into Redis."""
        return f"{self.id}{_SEPARATOR}{worker}:{os.getpid()}:{secrets.token_hex(8)}"

    def add(self, token: str) -> None:
        """This process holds that claim: from now on its heartbeat is renewed."""
        with self._lock:
            self._held.add(token)
            if self._thread is None:
                self._thread = self._start_thread()

    def remove(self, token: str) -> None:
        """It does not hold that claim any more."""
        with self._lock:
            self._held.discard(token)

    def free_claims(self) -> None:
        """Frees all that the process held, because it has ended. Raises RedisError."""
        self._redis.delete(redis_keys.claim_holder(self.id))

    def _start_thread(self) -> Thread:
        thread = Thread(target=self._renew_while_holding, name="heartbeat of claims", daemon=True)
        thread.start()
        return thread

    def _renew_while_holding(self) -> None:
        while True:
            time.sleep(RENEW_SECONDS)
            with self._lock:
                if not self._held:
                    self._thread = None
                    return
            with REDIS_OUTAGE.tolerate_errors():
                self._redis.set(redis_keys.claim_holder(self.id), 1, px=int(HEARTBEAT_SECONDS * 1000))


def holder_of(token: str) -> str:
    """The process that holds a claim, by its token; empty for the token of an older version of Slipway, which
    names none: such a claim counts until its lease ends."""
    return token.partition(_SEPARATOR)[0] if _SEPARATOR in token else ""


def uptime() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine is suspended, as Redis's does:
    Linux's monotonic clock stands still then (clock_gettime(2))."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
