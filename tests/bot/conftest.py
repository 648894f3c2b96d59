"""A room with the services and people of the manual."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from redis import Redis

from bot.desk import Desk, furnish
from bot.slack_clock import SlackClock
from deploys.catalogue.catalogue import Catalogue
from deploys.groups import Groups
from tests.bot.room import ALICE, BOB, BOT, DAVE, DEPLOYS, Clock, Room
from tests.builders import a_service, a_stop_start_service

DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"


@pytest.fixture
def catalogue() -> Catalogue:
    """Two rolling services, one stop-start. alice and dave deploy, bob and dave approve, carol neither."""
    allowed = {"deployers": (ALICE, DEPLOYERS), "approvers": (APPROVERS,), "channels": (DEPLOYS,)}
    services = (
        a_service("web", **allowed),
        a_service("api"),
        a_stop_start_service("ledger", **allowed),
    )
    return Catalogue({each.name: each for each in services})


@pytest.fixture
def clock() -> Clock:
    return Clock(float(int(time.time())))


@pytest.fixture
def groups(redis: Redis, clock: Clock) -> Groups:
    known = Groups(redis)
    known.remember(DEPLOYERS, [ALICE, DAVE], clock())
    known.remember(APPROVERS, [BOB, DAVE], clock())
    return known


@pytest.fixture
def desk(catalogue: Catalogue, redis: Redis, groups: Groups, clock: Clock) -> Desk:
    slack_clock = SlackClock(wall=clock, elapsed=clock)
    slack_clock.read({"Date": formatdate(clock(), usegmt=True)}, clock(), clock())
    return furnish(BOT, catalogue, redis, redis, now=clock, slack_clock=slack_clock)


@pytest.fixture
def room(desk: Desk, redis: Redis, clock: Clock) -> Room:
    return Room(desk, redis, clock)
