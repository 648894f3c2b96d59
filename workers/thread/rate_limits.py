"""Slack's rate limits, shared by all workers through token buckets in Redis.

The rates are a bit below those of Slack's documentation ("Rate limits", docs.slack.dev). A caller never waits
here: it may go, or is told when to come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files

from redis import Redis

from deploys.stores.redis_keys import PREFIX

PROBE_SECONDS = 12.0
"""While Slack is unreachable one caller tries at a time, and a call may take this long."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
"""While Slack is unreachable, between two tries of all workers together. A question waits no longer than this
once Slack is back."""
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
        self._take_token = redis.register_script(_lua("take_token"))
        self._note_outage = redis.register_script(_lua("note_outage"))
        self._outage_noted = False
        """Whether Redis says that Slack did not answer lately, as far as is known here."""
        self._no_idle_call_before: dict[str, float] = {}
        """By method, until when there is no token for a call that only moves the time (epoch seconds)."""

    def take_token(
        self,
        method: str,
        *,
        channel: str | None = None,
        urgency: Urgency = Urgency.NORMAL,
        has_slot: bool = False,
    ) -> float:
        """Takes a token for a call now. Returns 0 if it was taken, else the seconds after which to come back.

        A caller that has to wait gets a slot, so that a thousand callers do not come back together.
        has_slot: the caller came back at its slot's time and does not get a new one.
        """
        now = self._now()
        if urgency is Urgency.IDLE and 0 < (left := self._no_idle_call_before.get(method, 0.0) - now) < 60:
            return left
        buckets = [(f"{_KEY}{method}", RATES[method])]
        if channel and method in CHANNEL_RATES:
            buckets.append((f"{_KEY}{method}:{channel}", CHANNEL_RATES[method]))
        lane = "" if urgency is Urgency.IDLE else urgency.name.lower()
        rates = [
            number
            for _, rate in buckets
            for number in (rate.interval_ms, rate.capacity, rate.reserves[urgency])
        ]
        wait, self._outage_noted = self._take_token(
            keys=[_PAUSES_KEY, *(key for key, _ in buckets)],
            args=[self._ms(), method, lane, int(has_slot), int(PROBE_SECONDS * 1000), *rates],
        )
        seconds = float(wait) / 1000
        if urgency is Urgency.IDLE:
            self._no_idle_call_before[method] = now + seconds
        return seconds

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

    def is_noted(self, what: str) -> bool:
        """Whether a worker has noted that lately."""
        return bool(self._redis.exists(f"{_KEY}{what}"))

    def _ms(self) -> int:
        return int(self._now() * 1000)


_PAUSES_KEY = f"{_KEY}pauses"
"""Hash: until when nobody calls Slack after it did not answer, and how often it did not; until when nobody
calls a method after a 429 (`hold METHOD`). Epoch milliseconds."""


def _lua(name: str) -> str:
    return files("workers.thread").joinpath(f"lua/{name}.lua").read_text()
