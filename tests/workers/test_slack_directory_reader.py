"""People and channels, read from Slack within its limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from deploys.access import Access
from deploys.access_rules import Action
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import Refused
from deploys.stores import redis_keys
from deploys.stores.active_deploys import ActiveDeploy
from deploys.stores.slack_directory import (
    MAX_AGE_SECONDS,
    NOTE_ACTIVE_SECONDS,
    READ_EVERY_SECONDS,
    SLACKBOT,
    Channel,
    ChannelKind,
    Person,
    SlackDirectory,
)
from deploys.stores.user_groups import UserGroups
from sandbox.slack import SlackSandbox
from sandbox.slack.team.workspace import ALICE, BOT_USER, FOREIGN_TEAM_ID, FRED, GINA, TEAM_ID
from tests.builders import NOW, a_deploy, a_service
from tests.redis_commands import commands_of
from tests.workers.thread.publisher_harness import ManualClock
from workers.slack_directory_reader import PER_RUN, SlackDirectoryReader, channel_of, person_of
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_client import slack_client

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST, rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def directory(redis: Redis) -> SlackDirectory:
    return SlackDirectory(redis)


@pytest.fixture
def reader(
    slack: SlackSandbox, redis: Redis, directory: SlackDirectory, clock: ManualClock
) -> SlackDirectoryReader:
    client = slack_client(slack.bot_token, slack.api_url)
    return SlackDirectoryReader(client, directory, SharedRateLimits(redis, clock), clock)


def test_the_next_look_is_when_somebody_is_to_be_read_again(
    slack: SlackSandbox, reader: SlackDirectoryReader, directory: SlackDirectory, clock: ManualClock
) -> None:
    assert reader.refresh(list) == clock() + READ_EVERY_SECONDS, "nobody is needed"
    directory.note_needed([ALICE], clock())
    reader.refresh(list)
    first = clock()
    clock.value += 20
    directory.note_needed([FRED], clock())

    assert reader.refresh(list) == first + READ_EVERY_SECONDS

    directory.note_needed([f"U{number:09}" for number in range(PER_RUN + 1)], clock())
    assert reader.refresh(list) is None, "some are left"


def test_people_of_the_command_line_are_read_beforehand_and_less_often(
    slack: SlackSandbox,
    reader: SlackDirectoryReader,
    directory: SlackDirectory,
    clock: ManualClock,
    redis: Redis,
) -> None:
    def methods_called() -> list[str]:
        called = [call["method"] for call in slack.calls()]
        slack.clear_calls()
        return called

    slack.clear_calls()
    reader.refresh(list, [ALICE], 900.0)
    assert methods_called() == ["users.info"]
    known = directory.person(ALICE, clock(), 12 * 3600)
    assert known is not None
    assert redis.ttl(redis_keys.slack_person(ALICE)) > 12 * 3600

    clock.value += 899
    reader.refresh(list, [ALICE], 900.0)
    assert methods_called() == []
    assert directory.person(ALICE, clock()) is None, "by then it is too old for what is asked in Slack"
    assert directory.person(ALICE, clock(), 12 * 3600) == known

    clock.value += 1
    reader.refresh(list, [ALICE], 900.0)
    assert methods_called() == ["users.info"]


def test_private_and_direct_conversations_are_refused_or_allowed_as_configured(
    slack: SlackSandbox, reader: SlackDirectoryReader, directory: SlackDirectory, redis: Redis
) -> None:
    services = (a_service("closed"), a_service("loose", direct_messages=True, shared_channels=True))
    catalogue = Catalogue({each.name: each for each in services})
    access = Access(catalogue, UserGroups(redis), directory, now=lambda: NOW)

    def answers(place: str) -> list[str]:
        slack.say("alice", place, "hello")
        channel = slack.messages(place)[-1]["channel"]
        assert reader.read(ALICE)
        assert reader.read(channel)
        found = []
        for service in ("closed", "loose"):
            try:
                access.may(Action.DEPLOY, Asker(ALICE, TEAM_ID, channel), service)
                found.append("may")
            except Refused as error:
                found.append(type(error).__name__)
        return found

    assert answers("mpdm-alice--bob--slipway-1") == ["DirectMessageRefused", "may"]
    assert answers("mpdm-alice--fred--slipway-1") == ["SharedChannelRefused", "may"]
    assert answers("mpdm-alice--bob--carol-1") == ["ChannelHidden", "ChannelHidden"]
    assert answers("payments") == ["ChannelHidden", "ChannelHidden"]
    slack.add_member("slipway", "payments")
    try:
        assert answers("payments") == ["may", "may"]
    finally:
        slack.remove_member("slipway", "payments")


@pytest.mark.parametrize(
    ("user", "facts"),
    [
        (ALICE, {"teams": (TEAM_ID,)}),
        (GINA, {"teams": (TEAM_ID,), "is_guest": True}),
        (FRED, {"teams": (FOREIGN_TEAM_ID,)}),
        (BOT_USER, {"teams": (TEAM_ID,), "is_bot": True}),
        (SLACKBOT, {"teams": (TEAM_ID,), "is_bot": True}),
        ("U0NOBODY00", None),
    ],
)
def test_people(
    reader: SlackDirectoryReader, directory: SlackDirectory, user: str, facts: dict[str, Any] | None
) -> None:
    assert reader.read(user)

    assert directory.person(user, NOW) == (Person(read_at=NOW, **facts) if facts else None)


@pytest.mark.parametrize(
    ("channel", "facts"),
    [
        ("C01DEPLOYS", {"kind": ChannelKind.PUBLIC}),
        ("C05PARTNERS", {"kind": ChannelKind.PUBLIC, "is_shared": True}),
        ("G04PAYMENTS", {"kind": ChannelKind.HIDDEN}),
    ],
)
def test_channels(
    reader: SlackDirectoryReader, directory: SlackDirectory, channel: str, facts: dict[str, Any]
) -> None:
    assert reader.read(channel)

    assert directory.channel(channel, NOW) == Channel(read_at=NOW, **facts)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"is_ultra_restricted": True}, {"is_guest": True}),
        ({"deleted": True}, {"is_deleted": True}),
        ({"is_stranger": True}, {"is_stranger": True}),
        ({"enterprise_user": {"teams": ["T03OTHER00"]}}, {"teams": (TEAM_ID, "T03OTHER00")}),
    ],
)
def test_what_slack_says_of_people(stated: dict[str, Any], expected: dict[str, Any]) -> None:
    plain = {"read_at": NOW, "teams": (TEAM_ID,)}

    assert person_of({"team_id": TEAM_ID, **stated}, NOW) == Person.model_validate({**plain, **expected})


@pytest.mark.parametrize(
    ("stated", "kind", "shared"),
    [
        ({"is_im": True}, ChannelKind.DIRECT, False),
        ({"is_mpim": True, "is_private": True}, ChannelKind.GROUP_DIRECT, False),
        ({"is_private": True}, ChannelKind.PRIVATE, False),
        ({"is_pending_ext_shared": True}, ChannelKind.PUBLIC, True),
        ({"is_shared": True, "is_org_shared": True}, ChannelKind.PUBLIC, False),
    ],
)
def test_what_slack_says_of_channels(stated: dict[str, Any], kind: ChannelKind, shared: bool) -> None:
    assert channel_of(stated, NOW) == Channel(read_at=NOW, kind=kind, is_shared=shared)


def test_a_direct_message_is_known_by_its_id(directory: SlackDirectory) -> None:
    known = directory.channel("D01ALICE00", NOW)

    assert known is not None
    assert known.kind is ChannelKind.DIRECT


def test_what_is_needed_is_read_again_before_it_is_too_old(
    reader: SlackDirectoryReader, directory: SlackDirectory, clock: ManualClock
) -> None:
    deploy = a_deploy()
    for _ in range(int(2 * MAX_AGE_SECONDS / READ_EVERY_SECONDS)):
        reader.refresh(lambda: [ActiveDeploy.of(deploy)])
        assert directory.person(deploy.request.requester, clock()) is not None
        assert directory.channel(deploy.request.channel, clock()) is not None
        clock.value += READ_EVERY_SECONDS


def test_deploys_are_listed_once_a_minute_and_all_people_are_looked_up_at_once(
    reader: SlackDirectoryReader, directory: SlackDirectory, redis: Redis, clock: ManualClock
) -> None:
    listed: list[str] = []

    def list_active() -> list[ActiveDeploy]:
        listed.append("listed")
        return [ActiveDeploy.of(a_deploy(request={"requester": user})) for user in (ALICE, FRED)]

    reader.refresh(list_active)
    read = commands_of(redis, lambda: reader.refresh(list_active))

    assert listed == ["listed"]
    assert {ALICE, FRED} <= set(directory.needed(clock()))
    assert (read["mget"], read["get"]) == (1, 0)
    assert 0 < redis.ttl(redis_keys.SLACK_NOTED) <= NOTE_ACTIVE_SECONDS == 60


def test_while_slack_is_away_nothing_new_is_known(
    reader: SlackDirectoryReader, directory: SlackDirectory, slack: SlackSandbox
) -> None:
    slack.add_fault("http-500", method="users.info", times=5)

    reader.read(ALICE)
    slack.clear_faults()

    assert directory.person(ALICE, NOW) is None
