"""Never silence: Redis away, a bug, a delivery whose first try failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisGone
from structlog.testing import capture_logs

from deploys import buttons
from deploys.redis_outage import RedisTemporaryError
from tests.bot.bot_harness import ALICE, BOB, BotHarness
from tests.builders import a_deploy


def raise_redis_gone(*_: Any, **__: Any) -> None:
    raise RedisGone("no route to Redis")


def raise_bug(*_: Any, **__: Any) -> None:
    raise KeyError("a bug")


def test_a_command_is_told_when_redis_is_away_before_anything(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.context.deliveries, "begin_signed", raise_redis_gone)

    answer = bot.type("/deploy web 1.4.2")

    head, reference, tail = answer.split("`")
    assert head == (
        "I cannot reach Redis, so nothing was changed. Try again in a minute. If it happens again, tell "
        "the people who run Slipway the reference "
    )
    assert (len(reference), tail) == (8, ".")


def test_a_command_is_told_when_redis_goes_away_on_the_way(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.context.store, "submit_within", raise_redis_gone)

    assert bot.type("/deploy web 1.4.2").startswith(
        "I lost the connection to Redis, so I do not know whether this was done. Look at `/deploy status` "
        "before you send it again."
    )


IS_FULL = "Redis is full: it has reached its `maxmemory`"


def raise_redis_full(*_: Any, **__: Any) -> None:
    raise RedisTemporaryError("OOM", "command not allowed when used memory > 'maxmemory'.")


@pytest.mark.parametrize(
    ("where", "begins"),
    [
        (
            "deliveries.begin_signed",
            f"{IS_FULL}, so nothing was changed. Try again in a minute. If it happens again, tell the "
            "people who run Slipway the reference `",
        ),
        (
            "store.submit_within",
            f"{IS_FULL}, so I do not know whether this was done. Look at `/deploy status` before you send "
            "it again. If it happens again, tell the people who run Slipway the reference `",
        ),
    ],
)
def test_a_redis_that_refuses_is_called_what_it_is_in_one_line_of_log(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch, where: str, begins: str
) -> None:
    part, method = where.split(".")
    monkeypatch.setattr(getattr(bot.context, part), method, raise_redis_full)

    with capture_logs() as lines:
        answer = bot.type("/deploy web 1.4.2")

    reference = answer.removeprefix(begins).removesuffix("`.")
    assert answer == f"{begins}{reference}`."
    assert [(line["event"], line["reference"], "exc_info" in line) for line in lines] == [
        ("Redis is full: it has reached its `maxmemory`", reference, False)
    ]


def test_a_mention_is_left_to_slack_to_deliver_again_and_then_done(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = bot.mention_payload("@slipway help", by=ALICE)
    with monkeypatch.context() as patched:
        patched.setattr(bot.context.store, "ask_for_active", raise_redis_gone)
        first = bot.send_json({**payload, "event": {**payload["event"], "text": "<@U0SLIPWAYB> status"}})
    bot.clock.advance(1)

    second = bot.send_json(payload)

    assert first.status == 500
    assert second.status == 200
    assert len(bot.queued_answers()) == 1


def test_a_click_ends_in_slacks_own_warning_when_redis_is_away(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.context.store, "get", raise_redis_gone)

    assert bot.click(buttons.APPROVE, a_deploy(), by=BOB).status == 500


def test_a_bug_is_told_with_a_reference_that_the_log_has_too(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bot.context.store, "submit_within", raise_bug)

    answer = bot.type("/deploy web 1.4.2")

    assert answer.startswith("Something went wrong on my side. `/deploy status` shows what is under way.")
    reference = answer.split("reference `")[1].split("`")[0]
    assert reference in capsys.readouterr().out


def test_a_bug_in_a_click_is_told_too(bot: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.context.store, "get", raise_bug)

    response = bot.click(buttons.APPROVE, a_deploy(), by=BOB)

    assert response.status == 200
    [(*_, text)] = bot.queued_answers()
    assert text.startswith("Something went wrong on my side.")


def test_a_payload_that_is_not_as_slacks_are_is_refused(bot: BotHarness) -> None:
    payload = bot.click_payload(buttons.APPROVE, a_deploy())
    del payload["user"]

    response = bot.send_form({"payload": json.dumps(payload)})

    assert (response.status, response.body) == (400, '{"error": "invalid payload"}')


def test_a_timestamp_that_is_none_is_refused(bot: BotHarness) -> None:
    form = bot.command_payload("/deploy web 1.4.2", by=ALICE)

    response = bot.send_form(form, **{"x-slack-request-timestamp": "soon"})

    assert (response.status, response.body) == (401, '{"error": "invalid request"}')


def test_an_unsigned_request_learns_nothing_even_when_redis_is_away(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.context.deliveries, "begin_signed", raise_redis_gone)
    form = bot.command_payload("/deploy web 1.4.2", by=ALICE)

    response = bot.send_form(form, **{"x-slack-signature": "v0=0"})

    assert (response.status, response.body) == (401, '{"error": "invalid request"}')


def test_a_delivery_that_cannot_be_ticked_off_does_not_spoil_what_was_taken_in(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        bot.context.deliveries, "ask_to_finish", lambda trip, *_: setattr(trip, "run", raise_redis_gone)
    )

    assert bot.type("/deploy web 1.4.2").startswith("Queued: `web` `1.4.2`")
