"""What tests know of Slack's people and channels without a worker that reads it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from redis import Redis

from deploys.redis_round_trip import RoundTrip
from deploys.stores.slack_directory import MAX_AGE_SECONDS, Channel, ChannelKind, Person, SlackDirectory
from sandbox.slack.team.workspace import MEMBERS

TEAM = "T01SLIPWAY"


class KnownDirectory(SlackDirectory):
    """Knows everybody: a member of the workspace, in a public channel, unless a test says otherwise."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self.people: dict[str, Person | None] = {}
        self.channels: dict[str, Channel | None] = {}

    def person(self, user: str, now: float, max_age: float = MAX_AGE_SECONDS) -> Person | None:
        return self.people[user] if user in self.people else a_person()

    def channel(self, channel: str, now: float, max_age: float = MAX_AGE_SECONDS) -> Channel | None:
        if channel in self.channels or channel.startswith("D"):
            return self.channels.get(channel) or super().channel(channel, now)
        return a_channel()

    def find_channels(self, channels: Sequence[str], now: float) -> dict[str, Channel]:
        return {each: known for each in channels if (known := self.channel(each, now))}

    def person_and_channel(
        self, user: str, channel: str, now: float, max_age: float = MAX_AGE_SECONDS
    ) -> tuple[Person | None, Channel | None]:
        return self.person(user, now, max_age), self.channel(channel, now, max_age)

    def find_asker(self, user: str, channel: str, now: float) -> tuple[Person | None, Channel | None]:
        self.note_needed((user, channel), now)
        return self.person_and_channel(user, channel, now)

    def ask_for_asker(
        self, trip: RoundTrip, user: str, channel: str, now: float
    ) -> Callable[[], tuple[Person | None, Channel | None]]:
        return lambda: self.find_asker(user, channel, now)


def know_everybody(redis: Redis) -> None:
    """Writes down what a worker would read of the sandbox's members and #deploys, for processes that run
    without one."""
    directory, now = SlackDirectory(redis), time.time()
    for user in MEMBERS:
        directory.save_person(user, a_person(read_at=now))
    directory.save_channel("C01DEPLOYS", a_channel(read_at=now))


def a_person(**changes: object) -> Person:
    """A member of the workspace."""
    return Person.model_validate({"read_at": 0.0, "teams": (TEAM,), **changes})


def a_channel(**changes: object) -> Channel:
    """A public channel."""
    return Channel.model_validate({"read_at": 0.0, "kind": ChannelKind.PUBLIC, **changes})
