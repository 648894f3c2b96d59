from __future__ import annotations

import pytest
from redis import Redis

from deploys.quoting import must_hide_quotes
from deploys.shared_channels import MAX_REMEMBERED, KnownSharedChannels
from deploys.stores.slack_directory import MAX_AGE_SECONDS, Channel, ChannelKind, SlackDirectory
from tests.bot.bot_harness import ManualClock
from tests.redis_commands import commands_of

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("known", "hidden"),
    [
        (Channel(read_at=NOW, kind=ChannelKind.PUBLIC), False),
        (Channel(read_at=NOW, kind=ChannelKind.PUBLIC, is_shared=True), True),
        (Channel(read_at=NOW, kind=ChannelKind.HIDDEN), True),
        (Channel(read_at=NOW - MAX_AGE_SECONDS - 1, kind=ChannelKind.PUBLIC), True),
        (None, True),
    ],
    ids=["ours", "shared", "hidden from the app", "known long ago", "never read"],
)
def test_nothing_is_quoted_where_others_read_or_may_read(
    redis: Redis, known: Channel | None, hidden: bool
) -> None:
    directory = SlackDirectory(redis)
    if known:
        directory.save_channel("C01DEPLOYS", known)

    assert must_hide_quotes(KnownSharedChannels(directory, lambda: NOW), "C01DEPLOYS") is hidden


def test_a_direct_message_is_not_shared(redis: Redis) -> None:
    assert not must_hide_quotes(KnownSharedChannels(SlackDirectory(redis), lambda: NOW), "D01ALICE")


@pytest.mark.parametrize("known", [None, Channel(read_at=NOW, kind=ChannelKind.HIDDEN)])
def test_what_is_not_known_is_read_once_more(redis: Redis, known: Channel | None) -> None:
    directory, asked = SlackDirectory(redis), []
    if known:
        directory.save_channel("C01DEPLOYS", known)

    def read(channel: str) -> None:
        asked.append(channel)
        directory.save_channel(channel, Channel(read_at=NOW, kind=ChannelKind.PUBLIC))

    channels = KnownSharedChannels(directory, lambda: NOW, read)

    assert must_hide_quotes(channels, "C01DEPLOYS") is (known is not None)
    assert asked == ([] if known else ["C01DEPLOYS"])


def test_many_are_looked_up_with_one_question_and_remembered_for_two_seconds(redis: Redis) -> None:
    clock, directory = ManualClock(NOW), SlackDirectory(redis)
    for number in range(5):
        directory.save_channel(
            f"C{number}", Channel(read_at=NOW, kind=ChannelKind.PUBLIC, is_shared=number > 3)
        )
    channels = KnownSharedChannels(directory, clock)
    asked = ["C0", "C1", "C0", "C4", "D01ALICE", "C9NOBODY"]

    def look() -> None:
        channels.look_up(asked)
        assert [channels.is_shared(each) for each in asked[:5]] == [False, False, False, True, False]

    assert commands_of(redis, look) == {"mget": 1}
    directory.save_channel("C0", Channel(read_at=NOW, kind=ChannelKind.PUBLIC, is_shared=True))
    clock.advance(1.9)
    assert channels.is_shared("C0") is False
    clock.advance(0.1)
    assert channels.is_shared("C0") is True
    clock.advance(-3600)
    assert channels.is_shared("C0") is None, "the clock was set back: what was read then lies in the future"


def test_a_process_remembers_no_more_channels_than_it_has_to(redis: Redis) -> None:
    clock, directory = ManualClock(NOW), SlackDirectory(redis)
    channels = KnownSharedChannels(directory, clock)
    ids = [f"D{number}" for number in range(MAX_REMEMBERED + 1)]
    channels.look_up(ids)

    channels.look_up(["D-another"])

    assert list(channels._found) == ["D-another"]
