"""The bot with the services and people of the manual."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate

import pytest
from redis import Redis

from bot.app_context import AppContext, build_app_context
from bot.slack_clock import SlackClock
from deploys.catalogue.catalogue import Catalogue
from deploys.stores import audit
from deploys.stores.request_limits import Limits
from deploys.stores.user_groups import UserGroups
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    BOT_IDENTITY,
    DAVE,
    DEPLOYS_CHANNEL,
    BotHarness,
    ManualClock,
    RecordedViews,
)
from tests.bot.form_harness import FormHarness
from tests.builders import a_service, a_stop_start_service
from tests.slack_directory import KnownDirectory

NO_LIMITS = Limits(10_000, 10_000, 10_000, 10_000)
"""The tests ask for more than a person would; `test_limits.py` has those of production."""
VERSION = "0123456789ab"
"""Of the services.yml that the bot has read."""
DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"


@pytest.fixture
def catalogue() -> Catalogue:
    """Two rolling services, one stop-start. alice and dave deploy, bob and dave approve, carol neither."""
    allowed = {"deployers": (ALICE, DEPLOYERS), "approvers": (APPROVERS,), "channels": (DEPLOYS_CHANNEL,)}
    services = (
        a_service("web", **allowed),
        a_service("api"),
        a_stop_start_service("ledger", **allowed),
    )
    return Catalogue({each.name: each for each in services})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def user_groups(redis: Redis, clock: ManualClock) -> UserGroups:
    known = UserGroups(redis)
    known.save_members(DEPLOYERS, [ALICE, DAVE], clock())
    known.save_members(APPROVERS, [BOB, DAVE], clock())
    return known


@pytest.fixture
def context(catalogue: Catalogue, redis: Redis, user_groups: UserGroups, clock: ManualClock) -> AppContext:
    slack_clock = SlackClock(wall_clock=clock, uptime=clock)
    slack_clock.compare_with_answer({"Date": formatdate(clock(), usegmt=True)}, clock(), clock())
    return build_app_context(
        BOT_IDENTITY,
        replace(catalogue, version=VERSION),
        redis,
        redis,
        now=clock,
        slack_clock=slack_clock,
        directory=KnownDirectory(redis),
        limits=NO_LIMITS,
        views=RecordedViews(),
    )


@pytest.fixture
def bot(context: AppContext, redis: Redis, clock: ManualClock) -> Iterator[BotHarness]:
    """Whatever it does, each entry of the audit names the services.yml that it went by."""
    yield BotHarness(context, redis, clock)
    unnamed = [each["what"] for each in audit.trail(redis) if not each["catalogue"]]
    assert unnamed == []


@pytest.fixture
def form(bot: BotHarness) -> FormHarness:
    return FormHarness(bot)
