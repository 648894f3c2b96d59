"""Slack's rate limits, shared by all workers through token buckets in Redis.

The rates are a bit below those of Slack's documentation ("Rate limits", docs.slack.dev). A caller never waits
here: it may go, or is told when to come back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from redis import Redis

from deploys.stores.lua_scripts import lua_script
from deploys.stores.redis_keys import PREFIX

PROBE_SECONDS = 12.0
"""While Slack is unreachable one caller tries at a time, and a call may take this long."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
"""While Slack is unreachable, between two tries of all workers together. A question waits no longer than this
once Slack is back."""
REMEMBERED_SECONDS = 20.0
"""How long a process goes by what it found to be noted for all workers (seconds)."""
_KEY = f"{PREFIX}slack:"


class Urgency(IntEnum):
    """How urgent a call is. If tokens are short, a less urgent one waits longer."""

    QUESTION = 0  # a question that nobody has seen yet: its time begins when it is shown
    URGENT = 1  # an end, trouble
    NORMAL = 2
    IDLE = 3  # elapsed time only: sent when nobody else needs the token, and never queued


@dataclass(frozen=True)
class TokenBucket:
    """One token bucket."""

    interval_ms: int
    """Milliseconds until a token comes back."""
    capacity: int
    """Tokens of a full bucket (count): calls that may go out at once."""
    reserves: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Tokens kept for more urgent calls, by urgency (count)."""


RATES: dict[str, TokenBucket] = {
    "chat.postMessage": TokenBucket(300, 5),  # several hundred a minute per workspace
    "chat.update": TokenBucket(1400, 5, (0, 0, 2, 4)),  # Tier 3: 50 a minute
    "chat.getPermalink": TokenBucket(1400, 3),
    "chat.postEphemeral": TokenBucket(700, 5),  # Tier 4: 100 a minute
    "views.publish": TokenBucket(700, 5),  # Tier 4
    "users.info": TokenBucket(700, 10),  # Tier 4
    "conversations.info": TokenBucket(1500, 8),  # Tier 3
    "usergroups.users.list": TokenBucket(5500, 8),  # Tier 2: 20 a minute
}
CHANNEL_RATES: dict[str, TokenBucket] = {"chat.postMessage": TokenBucket(1100, 1)}  # 1 a second per channel


class SharedRateLimits:
    """Slack counts per app and workspace, and one Slipway belongs to one workspace."""

    def __init__(self, redis: Redis, now: Callable[[], float]) -> None:
        self._now = now
        self._redis = redis
        self._take_token = redis.register_script(lua_script("take_token", "workers.thread"))
        self._note_outage = redis.register_script(lua_script("note_outage", "workers.thread"))
        self._outage_noted = False
        """Whether Redis says that Slack did not answer lately, as far as is known here."""
        self._slots_given: dict[tuple[str, str | None, Urgency], float] = {}
        """The slot of a call that has not asked for its token yet (epoch seconds)."""
        self._noted: dict[str, tuple[float, bool]] = {}
        """When it was asked last whether something is noted (epoch seconds), and the answer."""
        self._no_idle_call_before: dict[str, float] = {}
        """By method, until when there is no token for a call that only moves the time (epoch seconds)."""

    def take_token(
        self,
        method: str,
        *,
        channel: str | None = None,
        urgency: Urgency = Urgency.NORMAL,
        has_slot: bool = False,
        again: bool = False,
    ) -> float:
        """Takes a token for a call now. Returns 0 if it was taken, else the seconds after which to come back.

        A caller that has to wait gets a slot, so that a thousand callers do not come back together.
        has_slot: the caller came back at its slot's time and does not get a new one. again: the same call
        follows; if it has to wait, it has its slot already when it asks here.
        """
        now = self._now()
        same_call = method, channel, urgency
        if (slot_at := self._slots_given.pop(same_call, 0.0)) > now and not has_slot:
            return slot_at - now
        if urgency is Urgency.IDLE and 0 < (left := self._no_idle_call_before.get(method, 0.0) - now) < 60:
            return left
        buckets = _buckets(method, channel or "", urgency)
        lane = "" if urgency is Urgency.IDLE else urgency.name.lower()
        rates = [
            number for each in buckets for number in (each.rate.interval_ms, each.rate.capacity, each.reserve)
        ]
        wait, self._outage_noted, wait_again = self._take_token(
            keys=[_PAUSES_KEY, *(each.key for each in buckets)],
            args=[self._ms(), method, lane, int(has_slot), int(PROBE_SECONDS * 1000), int(again), *rates],
        )
        if wait_again:
            self._slots_given[same_call] = now + float(wait_again) / 1000
        seconds = float(wait) / 1000
        if urgency is Urgency.IDLE:
            self._no_idle_call_before[method] = now + seconds
        return seconds

    def turns(self, calls: Sequence[str]) -> list[float]:
        """For each of these calls in NORMAL urgency, seconds until it has its tokens, if those before it take
        theirs. Nothing is taken. A call is its method, and `:` and the channel for a post."""
        buckets = [_buckets(*call.partition(":")[::2], Urgency.NORMAL) for call in calls]
        keys = list(dict.fromkeys(each.key for needed in buckets for each in needed))
        pipe = self._redis.pipeline(transaction=False)
        for key in keys:
            pipe.hmget(key, ["tokens", "at"])
        return turns(buckets, dict(zip(keys, pipe.execute(), strict=True)), self._ms())

    def hold_method(self, method: str, seconds: float) -> None:
        """Slack answered 429: no worker calls this method before Retry-After is over."""
        until = self._ms() + int(seconds * 1000)
        self._redis.hset(_PAUSES_KEY, f"hold {method}", until)

    def note_outage(self) -> float:
        """Slack did not answer. Returns the seconds in which no worker calls it; then one caller tries."""
        self._outage_noted = True
        first, longest = int(FIRST_PAUSE_SECONDS * 1000), int(LONGEST_PAUSE_SECONDS * 1000)
        return float(self._note_outage(keys=[_PAUSES_KEY], args=[self._ms(), first, longest])) / 1000

    def note_answer(self) -> None:
        """Slack answered, with success or an error."""
        if self._outage_noted:
            self._redis.hdel(_PAUSES_KEY, "until", "failures")
            self._outage_noted = False

    def first_notice(self, about: str, seconds: float) -> bool:
        """Whether no worker logged this within that time: a lasting problem is not logged by every job."""
        return bool(self._redis.set(f"{_KEY}notice:{about}", 1, nx=True, ex=int(seconds)))

    def note(self, what: str, seconds: float) -> None:
        """Notes something about Slack for all workers, for so long."""
        self._redis.set(f"{_KEY}{what}", 1, ex=int(seconds))
        self._noted[what] = self._now(), True

    def is_noted(self, what: str) -> bool:
        """Whether a worker has noted that, by what is known here for REMEMBERED_SECONDS."""
        asked_at, is_noted = self._noted.get(what, (-math.inf, False))
        if not 0 <= (now := self._now()) - asked_at < REMEMBERED_SECONDS:
            is_noted = bool(self._redis.exists(f"{_KEY}{what}"))
            self._noted[what] = now, is_noted
        return is_noted

    def _ms(self) -> int:
        return int(self._now() * 1000)


_PAUSES_KEY = f"{_KEY}pauses"
"""Hash: until when nobody calls Slack after it did not answer, and how often it did not; until when nobody
calls a method after a 429 (`hold METHOD`). Epoch milliseconds."""


class _NeededBucket(NamedTuple):
    """A bucket that a call needs a token of, and how many it leaves to more urgent ones."""

    key: str
    rate: TokenBucket
    reserve: int


def _buckets(method: str, channel: str, urgency: Urgency) -> list[_NeededBucket]:
    """The narrowest is the last."""
    found = [_NeededBucket(f"{_KEY}{method}", RATES[method], RATES[method].reserves[urgency])]
    if channel and method in CHANNEL_RATES:
        rate = CHANNEL_RATES[method]
        found.append(_NeededBucket(f"{_KEY}{method}:{channel}", rate, rate.reserves[urgency]))
    return found


def turns(
    calls: Sequence[Sequence[_NeededBucket]], stored: Mapping[str, Sequence[Any]], now_ms: int
) -> list[float]:
    """Seconds until each call has its tokens, if those before it take theirs. Pure.

    stored: the tokens of each bucket, and when it had so many (epoch milliseconds).
    """
    left: dict[str, float] = {}
    found = []
    for needed in calls:
        wait_ms = 0.0
        for key, rate, reserve in needed:
            if key not in left:
                tokens, at = stored[key]
                earned = max(0.0, now_ms - float(at or now_ms)) / rate.interval_ms
                left[key] = min(rate.capacity, float(tokens or rate.capacity) + earned)
            wait_ms = max(wait_ms, (1 + reserve - left[key]) * rate.interval_ms)
        for key, _, _ in needed:
            left[key] -= 1
        found.append(math.ceil(wait_ms) / 1000 if wait_ms > 0.001 else 0.0)
    return found
