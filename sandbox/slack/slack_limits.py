"""Slack's limits: calls per minute of each method (docs.slack.dev, rate limits), and timeouts in seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class CallRate:
    """`per_minute` calls on average, at most `burst` of them at once."""

    per_minute: float
    burst: int


# Slack documents the rates, and that it tolerates bursts, but not their size: the bursts are made up here.
TIER_2 = CallRate(20, 10)
TIER_3 = CallRate(50, 20)
TIER_4 = CallRate(100, 30)
SPECIAL = CallRate(600, 100)
POSTING_IN_ONE_CHANNEL = CallRate(60, 4)
# Apps reconnect after each refresh, so Slack allows more calls than its Tier 1 says.
OPENING_CONNECTIONS = CallRate(20, 20)


class RateLimits:
    """A bucket for each method, or for each method and channel. `factor` 2 allows twice as many calls."""

    def __init__(self, enabled: bool, factor: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self._enabled = enabled
        self._factor = factor
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}

    def take_call(self, bucket: str, rate: CallRate) -> int | None:
        """Counts one call. None if it may pass, otherwise the whole seconds to wait (Retry-After)."""
        if not self._enabled:
            return None
        now = self._now()
        per_second = rate.per_minute * self._factor / 60
        capacity = max(1.0, rate.burst * self._factor)
        available, updated_at = self._buckets.get(bucket, (capacity, now))
        available = min(capacity, available + (now - updated_at) * per_second)
        if available >= 1:
            self._buckets[bucket] = (available - 1, now)
            return None
        self._buckets[bucket] = (available, now)
        return max(1, math.ceil((1 - available) / per_second))


@dataclass(frozen=True)
class SlackTimeouts:
    """Slack's own values (docs.slack.dev); tests may shorten them.

    `event_retry_pauses` are the pauses before the three retries of an event that was not acknowledged.
    """

    acknowledge: float = 3.0
    trigger: float = 3.0
    response_url: float = 30 * 60
    event_retry_pauses: tuple[float, ...] = (1.0, 60.0, 300.0)
    socket_ticket: float = 30.0
