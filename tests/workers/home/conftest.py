"""A simulated Slack with Slipway's app, and a user group of approvers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from deploys.stores.user_groups import UserGroups
from sandbox.slack import SlackSandbox
from tests.builders import NOW
from tests.workers.home.home_harness import APPROVERS, BOB, DAVE
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness

MANIFEST = Path(__file__).parents[3] / "manifest.yml"


@pytest.fixture
def harness(redis: Redis) -> Iterator[PublisherHarness]:
    with SlackSandbox(MANIFEST, rate_limits=False) as slack:
        yield PublisherHarness(redis, slack, ManualClock())


@pytest.fixture
def groups(redis: Redis) -> UserGroups:
    known = UserGroups(redis)
    known.save_members(APPROVERS, [BOB, DAVE], NOW)
    return known
