"""The desk where requests are taken in: all that a listener may use. No Slack call, no AWS."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from redis import Redis

from bot.identity import Identity
from bot.slack_clock import SlackClock
from deploys.access import Access
from deploys.bell import Bell
from deploys.catalogue.catalogue import Catalogue
from deploys.deliveries import Deliveries
from deploys.groups import Groups
from deploys.store import Store
from deploys.threads import Threads


@dataclass(frozen=True)
class Desk:
    """What commands and clicks work with."""

    identity: Identity
    catalogue: Catalogue
    access: Access
    store: Store
    threads: Threads
    bell: Bell
    deliveries: Deliveries
    slack_clock: SlackClock
    now: Callable[[], float] = time.time


def furnish(
    identity: Identity,
    catalogue: Catalogue,
    redis: Redis,
    redis_for_rq: Redis,
    *,
    now: Callable[[], float] = time.time,
    slack_clock: SlackClock | None = None,
) -> Desk:
    """A desk on these two connections: ours, and one for RQ."""
    return Desk(
        identity=identity,
        catalogue=catalogue,
        access=Access(catalogue, Groups(redis), now=now),
        store=Store(redis, now=now),
        threads=Threads(redis),
        bell=Bell(redis_for_rq, now=now),
        deliveries=Deliveries(redis),
        slack_clock=slack_clock or SlackClock(wall=now),
        now=now,
    )
