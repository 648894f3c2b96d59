"""The services and people of the manual, and a bot that knows them."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

from redis import Redis

from bot.app_context import AppContext, build_app_context
from bot.slack_clock import SlackClock
from deploys.catalogue.catalogue import Catalogue
from deploys.stores.request_limits import Limits
from deploys.stores.user_groups import UserGroups
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    BOT_IDENTITY,
    DAVE,
    DEPLOYS_CHANNEL,
    ManualClock,
    RecordedViews,
)
from tests.builders import a_service, a_stop_start_service
from tests.slack_directory import KnownDirectory

NO_LIMITS = Limits(10_000, 10_000, 10_000, 10_000)
"""The tests ask for more than a person would; `test_limits.py` has those of production."""
VERSION = "0123456789ab"
"""Of the services.yml that the bot has read."""
DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"


def sample_catalogue() -> Catalogue:
    """Two rolling services, one stop-start. alice and dave deploy, bob and dave approve, carol neither."""
    allowed = {"deployers": (ALICE, DEPLOYERS), "approvers": (APPROVERS,), "channels": (DEPLOYS_CHANNEL,)}
    services = (
        a_service("web", **allowed),
        a_service("api"),
        a_stop_start_service("ledger", **allowed),
    )
    return Catalogue({each.name: each for each in services})


def sample_user_groups(redis: Redis, clock: ManualClock) -> UserGroups:
    """Who is in the groups of these services."""
    known = UserGroups(redis)
    known.save_members(DEPLOYERS, [ALICE, DAVE], clock())
    known.save_members(APPROVERS, [BOB, DAVE], clock())
    return known


def sample_context(catalogue: Catalogue, redis: Redis, clock: ManualClock) -> AppContext:
    """What the bot works with: views are recorded, and everybody is known."""
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
