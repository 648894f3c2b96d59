"""Who is in which user group, read within Slack's limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis
from structlog.testing import capture_logs

from deploys.groups import KNOWN_SECONDS, READ_EVERY_SECONDS, Groups
from sandbox.slack import SlackSandbox
from sandbox.slack.webapi.limits import RateLimits
from tests.builders import NOW
from tests.workers.thread.press import Clock
from workers.groups import AT_ONCE, refresh, turn
from workers.thread.client import slack_client
from workers.thread.limits import Limits

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"


class Register:
    """What `refresh` works with."""

    def __init__(self, redis: Redis, slack: SlackSandbox, clock: Clock) -> None:
        self.slack = slack
        self.clock = clock
        self.groups = Groups(redis)
        self.client = slack_client(slack.bot_token, slack.api_url)
        self.limits = Limits(redis, clock)

    def refresh(self, *wanted: str) -> frozenset[str]:
        return refresh(self.client, self.groups, wanted, self.clock(), self.limits)

    def members(self, group: str) -> list[str] | None:
        members = self.groups.members(group, self.clock())
        return None if members is None else sorted(members)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def slack_of(manifest: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> SlackSandbox:
    monkeypatch.setattr(
        "sandbox.slack.server.RateLimits",
        lambda enabled, factor: RateLimits(enabled, factor, now=clock),
    )
    return SlackSandbox(manifest)


@pytest.fixture
def register(redis: Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    with slack_of(MANIFEST, clock, monkeypatch) as slack:
        yield Register(redis, slack, clock)


def test_members_are_known_after_a_refresh(register: Register) -> None:
    assert register.refresh(DEPLOYERS, APPROVERS) == {DEPLOYERS, APPROVERS}

    assert register.members(DEPLOYERS) == ["U01ALICE00", "U04DAVE000"]
    assert register.members(APPROVERS) == ["U02BOB0000", "U04DAVE000"]


def test_a_group_that_cannot_be_read_does_not_hold_up_the_others(register: Register) -> None:
    with capture_logs() as logs:
        assert register.refresh("S00NOBODY00", DEPLOYERS) == {DEPLOYERS}

    assert [(log["group"], log["error"], bool(log["advice"])) for log in logs] == [
        ("S00NOBODY00", "no_such_subteam", True)
    ]


def test_a_plan_without_user_groups_is_said_once_and_the_last_members_stay_known_for_a_while(
    register: Register,
) -> None:
    register.refresh(DEPLOYERS)
    register.slack.faults("error", method="usergroups.users.list", error="plan_upgrade_required", times=5)

    with capture_logs() as logs:
        for _ in range(3):
            register.clock.value += READ_EVERY_SECONDS
            register.refresh(DEPLOYERS)

    assert [(log["log_level"], log["advice"]) for log in logs] == [
        ("error", "this Slack plan has no user groups; name user ids in services.yml instead")
    ]
    assert register.members(DEPLOYERS) is not None
    register.clock.value += KNOWN_SECONDS
    assert register.members(DEPLOYERS) is None


def test_a_missing_scope_is_named(redis: Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["oauth_config"]["scopes"]["bot"].remove("usergroups:read")

    with slack_of(manifest, clock, monkeypatch) as slack, capture_logs() as logs:
        assert Register(redis, slack, clock).refresh(DEPLOYERS) == frozenset()

    assert "usergroups:read" in logs[0]["advice"]


def test_while_slack_is_away_no_group_after_the_first_is_asked_for(register: Register) -> None:
    register.slack.faults("http-500", times=5)

    assert register.refresh(DEPLOYERS, APPROVERS) == frozenset()
    assert len(register.slack.calls()) == 1

    register.slack.clear_faults()
    register.clock.value += READ_EVERY_SECONDS
    assert register.refresh(DEPLOYERS, APPROVERS) == {DEPLOYERS, APPROVERS}


def test_a_429_is_obeyed(register: Register) -> None:
    register.slack.faults("http-429", retry_after=100)
    register.refresh(DEPLOYERS)

    register.clock.value += 99
    assert register.refresh(DEPLOYERS) == frozenset()
    assert len(register.slack.calls()) == 1

    register.clock.value += 2
    assert register.refresh(DEPLOYERS) == {DEPLOYERS}


@pytest.mark.parametrize("count", [1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE, 4 * AT_ONCE])
def test_every_group_has_its_turn_before_it_counts_as_unknown(count: int) -> None:
    groups = [f"S{n:02}" for n in range(count)]
    rounds = int(KNOWN_SECONDS / READ_EVERY_SECONDS)

    read = {group for n in range(rounds) for group in turn(groups, NOW + n * READ_EVERY_SECONDS)}

    assert read == set(groups)
    assert len(turn(groups, NOW)) <= AT_ONCE


def test_many_groups_stay_within_slacks_rate(register: Register) -> None:
    wanted = [f"S{n:010}" for n in range(30)]

    with capture_logs():
        for _ in range(20):
            register.refresh(*wanted)
            register.clock.value += READ_EVERY_SECONDS

    assert not [call for call in register.slack.calls() if call["status"] == 429]
    assert len(register.slack.calls()) >= 20 * (AT_ONCE - 1)
