"""Never silence: Redis away, a bug, a delivery whose first try failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisGone
from structlog.testing import capture_logs

from bot.desk import Desk
from deploys import buttons
from deploys.redis_outage import RedisRefuses
from tests.bot.room import ALICE, BOB, Room
from tests.builders import a_deploy


def gone(*_: Any, **__: Any) -> None:
    raise RedisGone("no route to Redis")


def broken(*_: Any, **__: Any) -> None:
    raise KeyError("a bug")


def test_a_command_is_told_when_redis_is_away_before_anything(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.desk.deliveries, "begin", gone)

    answer = room.type("/deploy web 1.4.2")

    head, reference, tail = answer.split("`")
    assert head == (
        "I cannot reach my memory (Redis), so nothing was changed. Try again in a minute; if it stays so, "
        "tell whoever runs Slipway the reference "
    )
    assert (len(reference), tail) == (8, ".")


def test_a_command_is_told_when_redis_goes_away_on_the_way(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.desk.store, "request", gone)

    assert room.type("/deploy web 1.4.2").startswith(
        "I lost touch with my memory (Redis) on the way, so I do not know whether this was taken in. Look at "
        "`/deploy status` before you send it again."
    )


IS_FULL = "My memory, Redis, is full: it has reached its `maxmemory`"


def full(*_: Any, **__: Any) -> None:
    raise RedisRefuses("OOM", "command not allowed when used memory > 'maxmemory'.")


@pytest.mark.parametrize(
    ("where", "begins"),
    [
        (
            "deliveries.begin",
            f"{IS_FULL}, so nothing was changed. Try again in a minute; if it stays so, tell whoever runs "
            "Slipway the reference `",
        ),
        (
            "store.request",
            f"{IS_FULL}, so I do not know whether this was taken in. Look at `/deploy status` before you "
            "send it again. If it stays so, tell whoever runs Slipway the reference `",
        ),
    ],
)
def test_a_redis_that_refuses_is_called_what_it_is_in_one_line_of_log(
    room: Room, monkeypatch: pytest.MonkeyPatch, where: str, begins: str
) -> None:
    part, method = where.split(".")
    monkeypatch.setattr(getattr(room.desk, part), method, full)

    with capture_logs() as lines:
        answer = room.type("/deploy web 1.4.2")

    reference = answer.removeprefix(begins).removesuffix("`.")
    assert answer == f"{begins}{reference}`."
    assert [(line["event"], line["reference"], "exc_info" in line) for line in lines] == [
        ("Redis is full: it has reached its `maxmemory`", reference, False)
    ]


def test_a_mention_is_left_to_slack_to_deliver_again_and_then_done(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = room.mention_payload("@slipway help", by=ALICE)
    with monkeypatch.context() as patched:
        patched.setattr(room.desk.store, "live", gone)
        first = room.send_json({**payload, "event": {**payload["event"], "text": "<@U0SLIPWAYB> status"}})
    room.clock.pass_by(1)

    second = room.send_json(payload)

    assert first.status == 500
    assert second.status == 200
    assert len(room.said()) == 1


def test_a_click_ends_in_slacks_own_warning_when_redis_is_away(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.desk.store, "get", gone)

    assert room.click(buttons.APPROVE, a_deploy(), by=BOB).status == 500


def test_a_bug_is_told_with_a_reference_that_the_log_has_too(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(room.desk.store, "request", broken)

    answer = room.type("/deploy web 1.4.2")

    assert answer.startswith("That went wrong on my side. Look at `/deploy status` for what is under way")
    reference = answer.split("reference `")[1].split("`")[0]
    assert reference in capsys.readouterr().out


def test_a_bug_in_a_click_is_told_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.desk.store, "get", broken)

    response = room.click(buttons.APPROVE, a_deploy(), by=BOB)

    assert response.status == 200
    [(*_, text)] = room.said()
    assert text.startswith("That went wrong on my side.")


def test_a_payload_that_is_not_as_slacks_are_is_refused(room: Room) -> None:
    payload = room.click_payload(buttons.APPROVE, a_deploy())
    del payload["user"]

    response = room.send_form({"payload": json.dumps(payload)})

    assert (response.status, response.body) == (400, '{"error": "invalid payload"}')


def test_a_timestamp_that_is_none_is_refused(room: Room) -> None:
    form = room.command_payload("/deploy web 1.4.2", by=ALICE)

    response = room.send_form(form, **{"x-slack-request-timestamp": "soon"})

    assert (response.status, response.body) == (401, '{"error": "invalid request"}')


def test_an_unsigned_request_learns_nothing_even_when_redis_is_away(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.desk.deliveries, "begin", gone)
    form = room.command_payload("/deploy web 1.4.2", by=ALICE)

    response = room.send_form(form, **{"x-slack-signature": "v0=0"})

    assert (response.status, response.body) == (401, '{"error": "invalid request"}')


def test_a_delivery_that_cannot_be_ticked_off_does_not_spoil_what_was_taken_in(
    room: Room, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.deliveries, "done", gone)

    assert room.type("/deploy web 1.4.2").startswith("Queued: `web` `1.4.2`")
