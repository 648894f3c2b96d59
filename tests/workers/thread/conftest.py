"""A played Slack, an empty store and publishers, on one clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from redis import Redis

from sandbox.slack import SlackSandbox
from sandbox.slack.slack_limits import RateLimits
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness

MANIFEST = Path(__file__).parents[3] / "manifest.yml"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def slack(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackSandbox]:
    """Slack with its rate limits on; they count in the test's time."""
    monkeypatch.setattr(
        "sandbox.slack.sandbox.RateLimits",
        lambda enabled, factor: RateLimits(enabled, factor, now=clock),
    )
    with SlackSandbox(MANIFEST) as sandbox:
        yield sandbox


@pytest.fixture
def closed_slack(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackSandbox]:
    """The same, but the app lacks chat:write.public: it can only post where it is a member."""
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["oauth_config"]["scopes"]["bot"].remove("chat:write.public")
    monkeypatch.setattr(
        "sandbox.slack.sandbox.RateLimits",
        lambda enabled, factor: RateLimits(enabled, factor, now=clock),
    )
    with SlackSandbox(manifest) as sandbox:
        yield sandbox


@pytest.fixture
def harness(redis: Redis, slack: SlackSandbox, clock: ManualClock) -> PublisherHarness:
    return PublisherHarness(redis, slack, clock)
