"""`/deploy plan SERVICE TAG` and `/deploy tags SERVICE`: announced here, answered by a worker."""

from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as RedisGone

from tests.bot.room import ALICE, CAROL, DEPLOYS, GENERAL, RESPONSE_URL, Room

THREAD = "1699999999.000001"


def test_a_worker_is_rung_to_plan(room: Room) -> None:
    answer = room.type("/deploy plan web 1.4.2")

    assert answer == "Looking at what `web` `1.4.2` would change. The plan follows here."
    [(job, [question, *rest])] = room.rung()
    assert (job, rest) == ("plan", ["web", "1.4.2", DEPLOYS, None, ALICE])
    assert room.desk.threads.response_url(question) == RESPONSE_URL
    assert room.desk.store.live() == []


def test_a_worker_is_rung_to_list_the_tags(room: Room) -> None:
    answer = room.type("/deploy tags web", by=CAROL)

    assert answer == "Looking for the newest tags of `web`. They follow here."
    [(job, [question, *rest])] = room.rung()
    assert (job, rest) == ("tags", ["web", DEPLOYS, None, CAROL])
    assert room.desk.threads.response_url(question) == RESPONSE_URL


@pytest.mark.parametrize(
    ("asked", "job", "words"), [("plan web 1.4.2", "plan", ["web", "1.4.2"]), ("tags web", "tags", ["web"])]
)
def test_in_a_thread_the_answer_alone_is_said(room: Room, asked: str, job: str, words: list[str]) -> None:
    room.mention(f"@slipway {asked}", thread=THREAD)

    [(rung, [_, *rest])] = room.rung()
    assert (rung, rest) == (job, [*words, DEPLOYS, THREAD, ALICE])


def test_the_same_question_twice_is_answered_twice(room: Room) -> None:
    room.type("/deploy tags web")
    room.type("/deploy tags web")

    assert len(room.rung()) == 2


@pytest.mark.parametrize(
    ("typed", "who", "where", "answer"),
    [
        (
            "/deploy plan web 1.4.2",
            CAROL,
            DEPLOYS,
            f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>.",
        ),
        (
            "/deploy plan web 1.4.2",
            ALICE,
            GENERAL,
            f"`web` may not be deployed from this channel, only from <#{DEPLOYS}>.",
        ),
        (
            "/deploy tags web",
            ALICE,
            GENERAL,
            f"I do not speak of `web` in this channel, only in <#{DEPLOYS}>.",
        ),
    ],
)
def test_who_may_ask_where(room: Room, typed: str, who: str, where: str, answer: str) -> None:
    assert room.type(typed, by=who, channel=where) == answer
    assert room.rung() == []


@pytest.mark.parametrize("typed", ["/deploy plan web 1.4.2", "/deploy tags web"])
def test_no_answer_is_announced_that_nobody_was_rung_for(
    room: Room, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise RedisGone("no route to Redis")

    monkeypatch.setattr("rq.Queue.enqueue", gone)

    assert room.type(typed).startswith("I lost touch with my memory (Redis) on the way")
