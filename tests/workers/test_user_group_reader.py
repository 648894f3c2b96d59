"""Who is in which user group, read within Slack's limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis
from structlog.testing import capture_logs

from deploys.stores.user_groups import MAX_AGE_SECONDS, READ_EVERY_SECONDS, UserGroups
from sandbox.slack import SlackSandbox
from sandbox.slack.slack_limits import RateLimits
from tests.builders import NOW
from tests.workers.thread.publisher_harness import ManualClock
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_client import slack_client
from workers.user_group_reader import GROUPS_PER_RUN, groups_to_read_now, refresh_members

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"


class UserGroupHarness:
    """What `refresh` works with."""

    def __init__(self, redis: Redis, slack: SlackSandbox, clock: ManualClock) -> None:
        self.slack = slack
        self.clock = clock
        self.groups = UserGroups(redis)
        self.client = slack_client(slack.bot_token, slack.api_url)
        self.limits = SharedRateLimits(redis, clock)

    def refresh(self, *wanted: str) -> frozenset[str]:
        return refresh_members(self.client, self.groups, wanted, self.clock(), self.limits)

    def members(self, group: str) -> list[str] | None:
        members = self.groups.members(group, self.clock())
        return None if members is None else sorted(members)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def slack_of(manifest: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> SlackSandbox:
    monkeypatch.setattr(
        "sandbox.slack.sandbox.RateLimits",
        lambda enabled, factor: RateLimits(enabled, factor, now=clock),
    )
    return SlackSandbox(manifest)


@pytest.fixture
def harness(redis: Redis, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[UserGroupHarness]:
    with slack_of(MANIFEST, clock, monkeypatch) as slack:
        yield UserGroupHarness(redis, slack, clock)


def test_members_are_known_after_a_refresh(harness: UserGroupHarness) -> None:
    assert harness.refresh(DEPLOYERS, APPROVERS) == {DEPLOYERS, APPROVERS}

    assert harness.members(DEPLOYERS) == ["U01ALICE00", "U04DAVE000"]
    assert harness.members(APPROVERS) == ["U02BOB0000", "U04DAVE000"]


def test_a_group_that_cannot_be_read_does_not_hold_up_the_others(harness: UserGroupHarness) -> None:
    with capture_logs() as logs:
        assert harness.refresh("S00NOBODY00", DEPLOYERS) == {DEPLOYERS}

    assert [(log["group"], log["error"], bool(log["advice"])) for log in logs] == [
        ("S00NOBODY00", "no_such_subteam", True)
    ]


def test_a_plan_without_user_groups_is_said_once_and_the_last_members_stay_known_for_a_while(
    harness: UserGroupHarness,
) -> None:
    harness.refresh(DEPLOYERS)
    harness.slack.add_fault("error", method="usergroups.users.list", error="plan_upgrade_required", times=5)

    with capture_logs() as logs:
        for _ in range(3):
            harness.clock.value += READ_EVERY_SECONDS
            harness.refresh(DEPLOYERS)

    assert [(log["log_level"], log["advice"]) for log in logs] == [
        ("error", "this Slack plan has no user groups; name user ids in services.yml instead")
    ]
    assert harness.members(DEPLOYERS) is not None
    harness.clock.value += MAX_AGE_SECONDS
    assert harness.members(DEPLOYERS) is None


def test_a_missing_scope_is_named(redis: Redis, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["oauth_config"]["scopes"]["bot"].remove("usergroups:read")

    with slack_of(manifest, clock, monkeypatch) as slack, capture_logs() as logs:
        assert UserGroupHarness(redis, slack, clock).refresh(DEPLOYERS) == frozenset()

    assert "usergroups:read" in logs[0]["advice"]


def test_while_slack_is_away_no_group_after_the_first_is_asked_for(harness: UserGroupHarness) -> None:
    harness.slack.add_fault("http-500", times=5)

    assert harness.refresh(DEPLOYERS, APPROVERS) == frozenset()
    assert len(harness.slack.calls()) == 1

    harness.slack.clear_faults()
    harness.clock.value += READ_EVERY_SECONDS
    assert harness.refresh(DEPLOYERS, APPROVERS) == {DEPLOYERS, APPROVERS}


def test_a_429_is_obeyed(harness: UserGroupHarness) -> None:
    harness.slack.add_fault("http-429", retry_after=100)
    harness.refresh(DEPLOYERS)

    harness.clock.value += 99
    assert harness.refresh(DEPLOYERS) == frozenset()
    assert len(harness.slack.calls()) == 1

    harness.clock.value += 2
    assert harness.refresh(DEPLOYERS) == {DEPLOYERS}


@pytest.mark.parametrize(
    "count", [1, GROUPS_PER_RUN, GROUPS_PER_RUN + 1, 3 * GROUPS_PER_RUN, 4 * GROUPS_PER_RUN]
)
def test_every_group_has_its_turn_before_it_counts_as_unknown(count: int) -> None:
    groups = [f"S{n:02}" for n in range(count)]
    rounds = int(MAX_AGE_SECONDS / READ_EVERY_SECONDS)

    read = {
        group for n in range(rounds) for group in groups_to_read_now(groups, NOW + n * READ_EVERY_SECONDS)
    }

    assert read == set(groups)
    assert len(groups_to_read_now(groups, NOW)) <= GROUPS_PER_RUN


def test_many_groups_stay_within_slacks_rate(harness: UserGroupHarness) -> None:
    wanted = [f"S{n:010}" for n in range(30)]

    with capture_logs():
        for _ in range(20):
            harness.refresh(*wanted)
            harness.clock.value += READ_EVERY_SECONDS

    assert not [call for call in harness.slack.calls() if call["status"] == 429]
    assert len(harness.slack.calls()) >= 20 * (GROUPS_PER_RUN - 1)
