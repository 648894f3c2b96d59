"""Home tabs as a worker sends them, and as people see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from redis import Redis
from slack_sdk import WebClient

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Service
from deploys.holds.service_freezes import ServiceFreezes
from deploys.stores.current_holds import CurrentHolds
from deploys.stores.deploy_store import DeployStore
from deploys.stores.freeze_calendars import FreezeCalendars
from deploys.stores.home_viewers import HomeViewers
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import UserGroups
from tests.slack_directory import TEAM, KnownDirectory
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.home.content import HomeReader
from workers.home.publishing import HomePublisher
from workers.thread.rate_limits import SharedRateLimits

ALICE, BOB, CAROL, DAVE = "U01ALICE00", "U02BOB0000", "U03CAROL00", "U04DAVE000"
APPROVERS = "S02APPROVERS"


def a_home_publisher(
    client: WebClient, redis: Redis, catalogue: Catalogue, access: Access, now: float
) -> HomePublisher:
    """As of `now` (epoch seconds)."""
    freezes = ServiceFreezes(catalogue, FreezeCalendars(redis), access)
    store, threads = DeployStore(redis), ThreadStore(redis)
    reader = HomeReader(store, threads, access, catalogue, freezes, now, CurrentHolds(redis))
    limits = SharedRateLimits(redis, lambda: now)
    return HomePublisher(client, reader, HomeViewers(redis), limits, now)


def access_to(services: Iterable[Service], groups: UserGroups, now: float) -> Access:
    """By a catalogue that has these services."""
    catalogue = Catalogue({each.name: each for each in services})
    return Access(catalogue, groups, KnownDirectory(groups._redis), now=lambda: now)


def home_publisher(
    harness: PublisherHarness, groups: UserGroups, services: Iterable[Service] = ()
) -> HomePublisher:
    """services: of services.yml, beside those of the open deploys."""
    now = harness.clock()
    known = {each.name: each for each in (*services, *(each.service for each in harness.store.active()))}
    catalogue = Catalogue(known)
    access = access_to(known.values(), groups, now)
    return a_home_publisher(harness.client, harness.redis, catalogue, access, now)


def open_home(
    harness: PublisherHarness, groups: UserGroups, user: str = ALICE, services: Iterable[Service] = ()
) -> list[str]:
    """The lines of the tab as this user sees them when they open it."""
    assert home_publisher(harness, groups, services).publish(user, TEAM)
    return shown_lines(harness, user)


def shown_lines(harness: PublisherHarness, user: str) -> list[str]:
    """A line for each block; the labels of buttons in brackets."""
    view = harness.slack.home(user)
    assert view is not None
    return [line for block in view["blocks"] if (line := _line_of(block))]


def _line_of(block: dict[str, Any]) -> str:
    if block["type"] == "actions":
        return " ".join(_label(each) for each in block["elements"])
    if block["type"] == "divider":
        return ""
    text = block["elements"][0] if block["type"] == "context" else block["text"]
    accessory = block.get("accessory")
    return f"{text['text']}{f' {_label(accessory)}' if accessory else ''}"


def _label(button: dict[str, Any]) -> str:
    return f"[{button['text']['text']}]"
