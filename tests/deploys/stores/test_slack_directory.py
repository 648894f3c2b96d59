"""What is known of people and channels, and who is read again."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.stores import redis_keys
from deploys.stores.slack_directory import MAX_AGE_SECONDS, NOTE_AGAIN_SECONDS, ChannelKind, SlackDirectory
from tests.redis_commands import counted_questions
from tests.slack_directory import a_channel, a_person

ALICE, DEPLOYS = "U01ALICE00", "C01DEPLOYS"
NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("read_at", "believed"),
    [
        pytest.param(NOW, True, id="just read"),
        pytest.param(NOW - MAX_AGE_SECONDS, True, id="as old as may be"),
        pytest.param(NOW - MAX_AGE_SECONDS - 1, False, id="too old"),
        pytest.param(NOW + 60, False, id="dated in the future"),
    ],
)
def test_a_person_and_a_channel_read_together_are_those_read_one_by_one(
    redis: Redis, read_at: float, believed: bool
) -> None:
    directory = SlackDirectory(redis)
    directory.save_person(ALICE, a_person(read_at=read_at))
    directory.save_channel(DEPLOYS, a_channel(read_at=read_at, is_shared=True))

    both = directory.person_and_channel(ALICE, DEPLOYS, NOW)

    assert both == (directory.person(ALICE, NOW), directory.channel(DEPLOYS, NOW))
    assert [each is not None for each in both] == [believed, believed]


def test_what_is_unknown_or_unreadable_is_none_and_a_direct_message_is_known_by_its_id(redis: Redis) -> None:
    directory = SlackDirectory(redis)
    redis.set(redis_keys.slack_person(ALICE), '{"schema": 99}')

    assert directory.person_and_channel(ALICE, DEPLOYS, NOW) == (None, None)
    _, direct = directory.person_and_channel(ALICE, "D01DIRECT", NOW)
    assert direct is not None
    assert direct.kind is ChannelKind.DIRECT


def test_who_asks_often_is_noted_again_once_a_minute_and_others_at_once(redis: Redis) -> None:
    directory = SlackDirectory(redis)
    for seconds in range(int(NOTE_AGAIN_SECONDS)):
        directory.note_needed((ALICE, DEPLOYS, "D01DIRECT", ""), NOW + seconds)
    assert [redis.zscore(redis_keys.SLACK_NEEDED, each) for each in (ALICE, DEPLOYS)] == [NOW, NOW]
    assert sorted(directory.needed(NOW)) == [DEPLOYS, ALICE]

    directory.note_needed((ALICE, "U02BOB0000"), NOW + NOTE_AGAIN_SECONDS)

    assert redis.zscore(redis_keys.SLACK_NEEDED, ALICE) == NOW + NOTE_AGAIN_SECONDS
    assert redis.zscore(redis_keys.SLACK_NEEDED, "U02BOB0000") == NOW + NOTE_AGAIN_SECONDS
    assert redis.zscore(redis_keys.SLACK_NEEDED, DEPLOYS) == NOW


def test_who_asks_is_noted_and_read_with_one_question(redis: Redis) -> None:
    directory = SlackDirectory(redis)
    directory.save_person(ALICE, a_person(read_at=NOW))
    directory.save_channel(DEPLOYS, a_channel(read_at=NOW))

    with counted_questions() as asked:
        found = directory.find_asker(ALICE, DEPLOYS, NOW)

    assert found == (a_person(read_at=NOW), a_channel(read_at=NOW))
    assert len(asked) == 1
    assert sorted(directory.needed(NOW)) == [DEPLOYS, ALICE]


def test_within_one_request_what_is_known_stays_and_what_is_unknown_is_read_again(redis: Redis) -> None:
    directory = SlackDirectory(redis)
    one, other = directory.for_one_request(), directory.for_one_request()
    known = a_person(read_at=NOW), a_channel(read_at=NOW)
    directory.save_person(ALICE, known[0])
    assert one.find_asker(ALICE, DEPLOYS, NOW) == (known[0], None)
    redis.delete(redis_keys.slack_person(ALICE))
    directory.save_channel(DEPLOYS, known[1])
    assert one.person_and_channel(ALICE, DEPLOYS, NOW) == (None, known[1])
    directory.save_person(ALICE, known[0])
    assert one.person_and_channel(ALICE, DEPLOYS, NOW) == known

    directory.save_person(ALICE, a_person(read_at=NOW, is_deleted=True))

    assert one.person_and_channel(ALICE, DEPLOYS, NOW) == known
    assert one.person_and_channel(ALICE, DEPLOYS, NOW + MAX_AGE_SECONDS + 1) == (None, None)
    [person, _] = other.person_and_channel(ALICE, DEPLOYS, NOW)
    assert person is not None
    assert person.is_deleted


def test_what_one_request_has_noted_the_next_one_does_not_note_again(redis: Redis) -> None:
    directory = SlackDirectory(redis)
    directory.for_one_request().find_asker(ALICE, DEPLOYS, NOW)
    redis.delete(redis_keys.SLACK_NEEDED)

    directory.for_one_request().find_asker(ALICE, DEPLOYS, NOW + 1)

    assert directory.needed(NOW + 1) == []
