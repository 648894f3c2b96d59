"""How many more calls Slipway makes to AWS for now: a share of what AWS takes, for all workers together.

Each limit of an account in a region has a bucket of tokens in Redis (`deploys.aws_limits`). A call without a
token is not made: its caller gets a place among those who wait, by need and then by the time of the request,
and is told when its turn comes. Tokens that come in by then are kept for those with a better place; a place
whose holder does not come back is dropped after 15 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from redis import Redis
from redis.commands.core import Script

from deploys.aws_limits import LIMITS_BY_NAME, ApiLimit
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.lua_scripts import lua_script

DEFAULT_PERCENT = 50.0
SLOW_SECONDS = 60.0
"""How long a bucket gives only half after AWS throttled a call (seconds)."""


class CallNeed(IntEnum):
    """What a call is for. If tokens are short, the greater need goes first."""

    RESTORE = 0  # a service may be stopped, or is being rolled back
    CHANGE = 1  # a change of AWS
    END = 2  # a read that leads to a change or an end, or completes a step that has begun
    QUERY = 3  # a person waits for the answer
    PROGRESS = 4  # any other read for a deploy
    BACKGROUND = 5  # nobody waits for it


RESERVED_SHARES = {
    CallNeed.RESTORE: 0.0,
    CallNeed.CHANGE: 0.2,
    CallNeed.END: 0.2,
    CallNeed.QUERY: 0.3,
    CallNeed.PROGRESS: 0.4,
    CallNeed.BACKGROUND: 0.6,
}
"""Share of a full bucket that a call of this need leaves to those of a greater one."""


@dataclass(frozen=True)
class BucketKey:
    """Which bucket: AWS counts the calls of one limit by account and region."""

    account: str
    """Number of the account; `own` for the one whose credentials the workers have."""
    region: str
    limit: ApiLimit

    @property
    def name(self) -> str:
        """For Redis."""
        return f"{self.account}/{self.region}/{self.limit.name}"


@dataclass(frozen=True)
class Waiter:
    """Who asks for a token."""

    holder: str
    """The id of a deploy, or of whatever else asks: it has one place for each limit."""
    need: CallNeed
    asked_at: float
    """When its deploy was asked for (epoch seconds): among equals the earlier one goes first."""


@dataclass(frozen=True)
class Turn:
    """The answer to a waiter."""

    seconds: float
    """Until its turn comes; 0: the token is taken."""
    before: int = 0
    """How many wait before it (count)."""


@dataclass(frozen=True)
class BucketState:
    """A bucket as it is now."""

    key: BucketKey
    tokens: float
    waiting: int
    """Callers that wait for a token (count)."""
    slowed: bool
    """Whether AWS throttled a call within the last minute."""


class AwsBudget:
    """The buckets. The same for every worker, because Redis counts and Redis's clock is used."""

    def __init__(
        self, redis: Redis, percent: float = DEFAULT_PERCENT, *, now: Callable[[], float] | None = None
    ) -> None:
        """percent: of what AWS takes. now: instead of Redis's clock."""
        self._redis = redis
        self._percent = percent
        self._now = now

    def rate(self, limit: ApiLimit) -> float:
        """Calls a second within the budget."""
        return limit.per_second * self._percent / 100

    def capacity(self, limit: ApiLimit) -> int:
        """Calls at once within the budget (count)."""
        return max(1, int(limit.burst * self._percent / 100))

    def take(self, key: BucketKey, waiter: Waiter) -> Turn:
        """Takes a token, or a place among those who wait."""
        capacity = self.capacity(key.limit)
        wait_ms, before = self._take_script(
            keys=[*redis_keys.aws_bucket(key.name), redis_keys.AWS_BUCKETS],
            args=[
                self._clock(),
                key.name,
                1000 / self.rate(key.limit),
                capacity,
                waiter.holder,
                int(waiter.need),
                int(waiter.asked_at * 1000),
                *(int(capacity * RESERVED_SHARES[need]) for need in CallNeed),
            ],
        )
        return Turn(int(wait_ms) / 1000, int(before))

    def give_back(self, key: BucketKey) -> None:
        """A token was taken and the call was not made."""
        self._change(key, "return")

    def leave(self, key: BucketKey, holder: str) -> None:
        """This holder does not wait any more."""
        self._change(key, "leave", holder)

    def note_throttled(self, key: BucketKey) -> None:
        """AWS throttled a call of this limit: others use the account too."""
        self._change(key, "throttled")

    def states(self) -> list[BucketState]:
        """All buckets that were used within the last hour."""
        names = sorted(to_texts(self._redis.smembers(redis_keys.AWS_BUCKETS)))
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            bucket, waiting, *_ = redis_keys.aws_bucket(name)
            pipe.hgetall(bucket)
            pipe.zcard(waiting)
        answers = pipe.execute()
        now_ms = (time.time() if self._now is None else self._now()) * 1000
        found: list[BucketState] = []
        for name, stored, waiting in zip(names, answers[::2], answers[1::2], strict=True):
            account, region, limit = name.split("/")
            if not stored or limit not in LIMITS_BY_NAME:
                continue
            fields = {to_text(field): float(value) for field, value in stored.items()}
            earned = max(0.0, now_ms - fields["at"]) / fields["interval"]
            found.append(
                BucketState(
                    BucketKey(account, region, LIMITS_BY_NAME[limit]),
                    min(fields["capacity"], fields["tokens"] + earned),
                    int(waiting),
                    now_ms < fields.get("slow_until", 0.0),
                )
            )
        return found

    def _change(self, key: BucketKey, what: str, holder: str = "") -> None:
        self._change_script(
            keys=redis_keys.aws_bucket(key.name),
            args=[self._clock(), what, holder, int(SLOW_SECONDS * 1000)],
        )

    def _clock(self) -> str | int:
        return "" if self._now is None else int(self._now() * 1000)

    @cached_property
    def _take_script(self) -> Script:
        return self._redis.register_script(lua_script("take_aws_token"))

    @cached_property
    def _change_script(self) -> Script:
        return self._redis.register_script(lua_script("change_aws_bucket"))
