"""How often rollouts are looked at: as often as the budget allows, and seldom while ECS's events come in."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from redis import Redis

from deploys.aws_limits import LIMITS_BY_NAME
from deploys.records.deploy import Deploy
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.watch_intervals import (
    EVENT_SECONDS,
    WatchInterval,
    WatchIntervals,
    count_watched,
    read_intervals,
    save_intervals,
)
from workers.call_need import may_be_down
from workers.ecs.aws.call_budget import OWN_ACCOUNT
from workers.step_context import Timing

DEPLOYS_PER_CALL = {"service-reads": 10, "service-deployments": 20}
"""What a look at all rollouts of a cluster costs: deploys for each call, by limit (count)."""
LOOKS_SHARE = 0.8
"""How much of the budget the looks may take: the rest is for deploys that begin, change something or end."""
COUNTED_EVERY_SECONDS = 5.0
READ_EVERY_SECONDS = 1.0


def watch_interval(base: float, clusters: Iterable[int], rates: Mapping[str, float]) -> float:
    """Seconds between two looks at the rollouts of one account and region, without events. Pure.

    base: as it is set (seconds). clusters: deploys that are watched in each cluster (count). rates: calls a
    second within the budget, by limit.
    """
    counts = [count for count in clusters if count > 0]
    needed = (
        sum(math.ceil(count / per_call) for count in counts) / (LOOKS_SHARE * rates[limit])
        for limit, per_call in DEPLOYS_PER_CALL.items()
    )
    return max(base, *needed)


def _named_by_number(account: str) -> str:
    return account or OWN_ACCOUNT


def place_of(cluster_key: str, budget_account: Callable[[str], str] = _named_by_number) -> str:
    """`account/region` of a `Deploy.cluster_key`: what AWS counts calls by. budget_account: as
    `AwsClients.budget_account`."""
    where, _, role = cluster_key.partition("@")
    return f"{budget_account(role.split(':')[4] if role else '')}/{where.partition('/')[0]}"


class WatchClock:
    """The intervals for the jobs of this process. It asks Redis at most once a second."""

    def __init__(
        self,
        redis: Redis,
        budget: AwsBudget,
        base: float,
        *,
        budget_account: Callable[[str], str] = _named_by_number,
        now: Callable[[], float] = time.time,
    ) -> None:
        """base: seconds between two looks, if nothing speaks against it. budget_account: as in `place_of`."""
        self._redis = redis
        self._rates = {name: budget.rate(LIMITS_BY_NAME[name]) for name in DEPLOYS_PER_CALL}
        self._base = base
        self._budget_account = budget_account
        self._now = now
        self._read_at = -math.inf
        self._events_alive = False
        self._places: Mapping[str, WatchInterval] = {}

    def seconds(self, cluster_key: str) -> float:
        """Between two looks at the rollouts of this cluster."""
        self._refresh()
        place = self._places.get(place_of(cluster_key, self._budget_account))
        seconds = self._base if place is None else max(self._base, place.seconds)
        return max(seconds, EVENT_SECONDS) if self._events_alive else seconds

    def timing(self, timing: Timing, deploy: Deploy) -> Timing:
        """The timing for a deploy's step. A service that may be down is looked at as often as it is set."""
        if may_be_down(deploy):
            return timing
        return replace(timing, watch_seconds=self.seconds(deploy.cluster_key))

    def _refresh(self) -> None:
        now = self._now()
        if 0 <= now - self._read_at < READ_EVERY_SECONDS:
            return
        found, self._events_alive = read_intervals(self._redis)
        if found is None or not 0 <= now - found.at < COUNTED_EVERY_SECONDS:
            found = WatchIntervals(at=now, places=self._count())
            save_intervals(self._redis, found)
        self._places, self._read_at = found.places, now

    def _count(self) -> dict[str, WatchInterval]:
        by_place: dict[str, list[int]] = defaultdict(list)
        for cluster_key, count in count_watched(self._redis).items():
            by_place[place_of(cluster_key, self._budget_account)].append(count)
        return {
            place: WatchInterval(deploys=sum(counts), seconds=watch_interval(self._base, counts, self._rates))
            for place, counts in by_place.items()
        }
