"""Home tabs as a worker sends them."""

from __future__ import annotations

from redis import Redis
from slack_sdk import WebClient

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.holds.service_freezes import ServiceFreezes
from deploys.stores.current_holds import CurrentHolds
from deploys.stores.deploy_store import DeployStore
from deploys.stores.freeze_calendars import FreezeCalendars
from deploys.stores.home_viewers import HomeViewers
from deploys.stores.thread_store import ThreadStore
from workers.home.content import HomeReader
from workers.home.publishing import HomePublisher
from workers.thread.rate_limits import SharedRateLimits


def a_home_publisher(
    client: WebClient, redis: Redis, catalogue: Catalogue, access: Access, now: float
) -> HomePublisher:
    """As of `now` (epoch seconds)."""
    freezes = ServiceFreezes(catalogue, FreezeCalendars(redis), access)
    store, threads = DeployStore(redis), ThreadStore(redis)
    reader = HomeReader(store, threads, access, catalogue, freezes, now, CurrentHolds(redis))
    limits = SharedRateLimits(redis, lambda: now)
    return HomePublisher(client, reader, HomeViewers(redis), limits, now)
