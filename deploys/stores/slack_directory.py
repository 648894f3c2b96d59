"""People and channels as Slack knows them, as a worker read them last.

Slack names in a request neither whether a person is a guest nor whether a channel is shared, and the bot's
listeners call no Slack, so what `users.info` and `conversations.info` answer stands in Redis.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.record import StoredRecord
from deploys.redis_connection import to_text
from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys

READ_EVERY_SECONDS = 60.0
"""Between two reads of the same person or channel, while it is needed (seconds)."""
MAX_AGE_SECONDS = 300.0
"""Older knowledge counts as none: somebody who became a guest must not go on deploying."""
MAX_FUTURE_SECONDS = 5.0
"""Knowledge dated later than this after now counts as none: clocks differ by less (seconds)."""
KEPT_SECONDS = 7 * 24 * 3600
"""As long as `command_line.slack_answers_last` in services.yml can be (seconds)."""
REFRESH_SECONDS = 15.0
"""Between two looks for what is to be read again (seconds)."""
SLACKBOT = "USLACKBOT"
"""Slack's own bot, which posts what somebody has set as a reminder. `users.info` does not call it a bot."""
NEEDED_SECONDS = 3600.0
"""How long somebody who asked for something, or a channel it was asked in, is read again (seconds)."""

NOTE_ACTIVE_SECONDS = 60
"""Between two looks at all deploys in progress for people and channels (seconds). Those who ask for something
are noted when they do."""

NOTE_AGAIN_SECONDS = 60.0
"""How long a process does not note again what it has noted (seconds). If Redis loses its data, so long nobody
is read again who asks for something."""
MAX_NOTED = 10_000
"""People and channels that a process remembers to have noted (count)."""


def is_current(read_at: float, now: float, max_age: float) -> bool:
    """Whether what was read then may still be believed (epoch seconds, seconds)."""
    return -MAX_FUTURE_SECONDS <= now - read_at <= max_age


class Person(StoredRecord):
    """One read of a user: Slack's `users.info`."""

    read_at: float
    """Epoch seconds."""
    teams: tuple[str, ...]
    """Every workspace that the person belongs to, as far as Slack says."""
    is_guest: bool = False
    """A guest of many channels or of one (`is_restricted`, `is_ultra_restricted`)."""
    is_deleted: bool = False
    is_bot: bool = False
    is_stranger: bool = False
    """Of another organisation, and in no channel that the app sees."""


class ChannelKind(StrEnum):
    """What kind of conversation it is."""

    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct message"
    GROUP_DIRECT = "group direct message"
    HIDDEN = "hidden"  # Slack does not tell the app: it is not in that private channel

    @property
    def is_direct(self) -> bool:
        """Whether it is a conversation of a few people instead of a channel."""
        return self in (ChannelKind.DIRECT, ChannelKind.GROUP_DIRECT)


class Channel(StoredRecord):
    """One read of a conversation: Slack's `conversations.info`."""

    read_at: float
    """Epoch seconds."""
    kind: ChannelKind
    is_shared: bool = False
    """Shared with another organisation, or about to be (`is_ext_shared`, `is_pending_ext_shared`).
    `is_org_shared` alone is no foreign organisation."""


_StoredPair = tuple[bytes | str | None, bytes | str | None]
"""What Redis keeps of a person and of a channel."""


class SlackDirectory:
    """What was read of people and channels, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._noted: dict[str, float] = {}
        """What this process has noted as needed, and when."""
        self._read_already: dict[tuple[str, str], _StoredPair] | None = None

    def for_one_request(self) -> SlackDirectory:
        """The same, which reads a person and a channel once, if Slack said enough of both."""
        other = copy.copy(self)
        other._read_already = {}
        return other

    def save_person(self, user: str, person: Person) -> None:
        """Keeps what Slack said of this user."""
        self._redis.set(redis_keys.slack_person(user), person.to_json(), ex=KEPT_SECONDS)

    def save_channel(self, channel: str, known: Channel) -> None:
        """Keeps what Slack said of this conversation."""
        self._redis.set(redis_keys.slack_channel(channel), known.to_json(), ex=KEPT_SECONDS)

    def person(self, user: str, now: float, max_age: float = MAX_AGE_SECONDS) -> Person | None:
        """What Slack said of this user; None if that is unknown, too old or dated in the future. max_age:
        older counts as none (seconds)."""
        return _current(Person, self._redis.get(redis_keys.slack_person(user)), now, max_age)

    def channel(self, channel: str, now: float, max_age: float = MAX_AGE_SECONDS) -> Channel | None:
        """What Slack said of this conversation, in the same way. An id that begins with D is a direct message
        by itself (docs.slack.dev, "Conversation object")."""
        if channel.startswith("D"):
            return Channel(read_at=now, kind=ChannelKind.DIRECT)
        return _current(Channel, self._redis.get(redis_keys.slack_channel(channel)), now, max_age)

    def find_channels(self, channels: Sequence[str], now: float) -> dict[str, Channel]:
        """What Slack said of these conversations, as far as `channel` would say it, with one question to
        Redis."""
        found = {each: Channel(read_at=now, kind=ChannelKind.DIRECT) for each in channels if each[:1] == "D"}
        asked = [each for each in channels if each not in found]
        stored = self._redis.mget(map(redis_keys.slack_channel, asked)) if asked else []
        for each, answer in zip(asked, stored, strict=True):
            if known := _current(Channel, answer, now, MAX_AGE_SECONDS):
                found[each] = known
        return found

    def read_at(self, ids: Sequence[str], now: float) -> dict[str, float]:
        """When Slack said something of each of these people and channels (epoch seconds; 0: it did not), with
        one question to Redis."""
        found: dict[str, float] = {}
        stored = self._redis.mget(map(_key_of, ids)) if ids else []
        for each, answer in zip(ids, stored, strict=True):
            known: Person | Channel | None
            if is_person_id(each):
                known = _current(Person, answer, now, KEPT_SECONDS)
            else:
                known = _current(Channel, answer, now, KEPT_SECONDS)
            found[each] = known.read_at if known else 0.0
        return found

    def person_and_channel(
        self, user: str, channel: str, now: float, max_age: float = MAX_AGE_SECONDS
    ) -> tuple[Person | None, Channel | None]:
        """Both with one question to Redis."""
        stored = (self._read_already or {}).get((user, channel)) or self._read(user, channel)
        return self._believe(user, channel, stored, now, max_age)

    def find_asker(self, user: str, channel: str, now: float) -> tuple[Person | None, Channel | None]:
        """The same, of a person who asks for something now, and where: both are read again for some time."""
        trip = RoundTrip(self._redis)
        found = self.ask_for_asker(trip, user, channel, now)
        trip.run()
        return found()

    def ask_for_asker(
        self, trip: RoundTrip, user: str, channel: str, now: float
    ) -> Callable[[], tuple[Person | None, Channel | None]]:
        """The same as a part of a round trip; what it returns says the result after that."""
        needed = self._not_noted((user, channel), now)
        noted = None
        if needed:
            scores = [part for each, at in needed.items() for part in (at, each)]
            noted = trip.add_command("ZADD", redis_keys.SLACK_NEEDED, *scores)
        stored = self._ask(trip, user, channel)

        def found() -> tuple[Person | None, Channel | None]:
            if noted is not None:
                noted.value()
                self._note(needed)
            return self._believe(user, channel, stored(), now, MAX_AGE_SECONDS)

        return found

    def _ask(self, trip: RoundTrip, user: str, channel: str) -> Callable[[], _StoredPair]:
        keys = [redis_keys.slack_person(user)]
        if not channel.startswith("D"):
            keys.append(redis_keys.slack_channel(channel))
        answer = trip.add_command("MGET", *keys)

        def stored() -> _StoredPair:
            person, *others = answer.value()
            return person, others[0] if others else None

        return stored

    def _read(self, user: str, channel: str) -> _StoredPair:
        trip = RoundTrip(self._redis)
        stored = self._ask(trip, user, channel)
        trip.run()
        return stored()

    def _believe(
        self, user: str, channel: str, stored: _StoredPair, now: float, max_age: float
    ) -> tuple[Person | None, Channel | None]:
        person = _current(Person, stored[0], now, max_age)
        direct = Channel(read_at=now, kind=ChannelKind.DIRECT) if channel.startswith("D") else None
        found = direct or _current(Channel, stored[1], now, max_age)
        if self._read_already is not None and person and (found or not channel):
            self._read_already[user, channel] = stored
        return person, found

    def note_needed(self, ids: Iterable[str], now: float) -> None:
        """These people and channels are asked about now, so they are read again for some time."""
        if needed := self._not_noted(ids, now):
            self._redis.zadd(redis_keys.SLACK_NEEDED, needed)
            self._note(needed)

    def _not_noted(self, ids: Iterable[str], now: float) -> dict[str, float]:
        return {each: now for each in ids if each and not each.startswith("D") and self._is_old(each, now)}

    def _note(self, needed: Mapping[str, float]) -> None:
        if len(self._noted) >= MAX_NOTED:
            self._noted.clear()
        self._noted.update(needed)

    def _is_old(self, slack_id: str, now: float) -> bool:
        """Whether it was noted so long ago, or by another clock, that it is to be noted again."""
        return not 0 <= now - self._noted.get(slack_id, -NOTE_AGAIN_SECONDS) < NOTE_AGAIN_SECONDS

    def begin_noting_active(self) -> bool:
        """Whether who has to do with the deploys in progress is to be noted now: once in so many seconds, by
        one process."""
        return bool(self._redis.set(redis_keys.SLACK_NOTED, 1, nx=True, ex=NOTE_ACTIVE_SECONDS))

    def needed(self, now: float) -> list[str]:
        """Ids of the people and channels that were asked about of late."""
        self._redis.zremrangebyscore(redis_keys.SLACK_NEEDED, "-inf", now - NEEDED_SECONDS)
        return [to_text(each) for each in self._redis.zrange(redis_keys.SLACK_NEEDED, 0, -1)]


_Known = TypeVar("_Known", Person, Channel)


def _current(kind: type[_Known], stored: bytes | str | None, now: float, max_age: float) -> _Known | None:
    """What was stored, if this version can read it and it may still be believed."""
    try:
        known = kind.from_json(to_text(stored)) if stored is not None else None
    except UnknownSchema:
        return None
    return known if known and is_current(known.read_at, now, max_age) else None


def _key_of(slack_id: str) -> str:
    return redis_keys.slack_person(slack_id) if is_person_id(slack_id) else redis_keys.slack_channel(slack_id)


def is_person_id(slack_id: str) -> bool:
    """Whether an id names a person rather than a conversation."""
    return slack_id.startswith(("U", "W"))
