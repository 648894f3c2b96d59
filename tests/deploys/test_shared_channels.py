from __future__ import annotations

import pytest
from redis import Redis

from deploys.quoting import must_hide_quotes
from deploys.shared_channels import KnownSharedChannels
from deploys.stores.slack_directory import MAX_AGE_SECONDS, Channel, ChannelKind, SlackDirectory

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
