"""The bot with the services and people of the manual."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from redis import Redis

from bot.app_context import AppContext
from deploys.catalogue.catalogue import Catalogue
from deploys.stores import audit
from deploys.stores.user_groups import UserGroups
from tests.bot.bot_harness import BotHarness, ManualClock
from tests.bot.form_harness import FormHarness
from tests.bot.sample_bot import sample_catalogue, sample_context, sample_user_groups


@pytest.fixture
def catalogue() -> Catalogue:
    return sample_catalogue()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def user_groups(redis: Redis, clock: ManualClock) -> UserGroups:
    return sample_user_groups(redis, clock)


@pytest.fixture
def context(catalogue: Catalogue, redis: Redis, user_groups: UserGroups, clock: ManualClock) -> AppContext:
    return sample_context(catalogue, redis, clock)


@pytest.fixture
def bot(context: AppContext, redis: Redis, clock: ManualClock) -> Iterator[BotHarness]:
    """Whatever it does, each entry of the audit names the services.yml that it went by."""
    yield BotHarness(context, redis, clock)
    unnamed = [each["what"] for each in audit.trail(redis) if not each["catalogue"]]
    assert unnamed == []


@pytest.fixture
def form(bot: BotHarness) -> FormHarness:
    return FormHarness(bot)
