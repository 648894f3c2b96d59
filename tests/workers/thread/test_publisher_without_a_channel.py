"""The bot may not write where the deploy was asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis
from structlog.testing import capture_logs

from deploys.deploy import Outcome
from sandbox.slack import SlackSandbox
from tests.builders import a_batch, a_deploy, a_service
from tests.response_urls import response_url_of
from tests.workers.thread.press import Clock, Press
from workers.thread.trouble import HOUR

GENERAL = "C02GENERAL"


@pytest.fixture
def press(redis: Redis, closed_slack: SlackSandbox, clock: Clock) -> Press:
    return Press(redis, closed_slack, clock)


@pytest.fixture
def response_url(closed_slack: SlackSandbox) -> Iterator[str]:
    """What Slack sends along when alice types /deploy in #general."""
    with response_url_of(closed_slack, "/deploy web 1.4.2") as url:
        yield url


def told(press: Press) -> list[str]:
    """What alice alone sees in #general."""
    return [m["text"] for m in press.slack.messages(GENERAL) if m["ephemeral"]]


def test_the_requester_is_told_once_and_an_invitation_helps(press: Press, response_url: str) -> None:
    web = press.ask(channel=GENERAL)
    press.threads.answer_at(web, response_url)

    press.run(300)
    assert told(press) == [
        "I cannot post in <#C02GENERAL>: I am not in it. Invite me there, with `/invite`. I try again every "
        "few minutes. The deploy of `web` `1.4.2` does not wait for that: `/deploy status web` shows how it "
        "goes."
    ]
    assert 2 <= press.made("chat.postMessage") <= 5

    press.slack.invite("slipway", GENERAL)
    press.settle()
    assert press.card(web, GENERAL)["text"].startswith("*web* `1.4.2`")
    assert len(told(press)) == 1


def test_who_asked_for_several_is_told_once(press: Press, response_url: str) -> None:
    batch, members = a_batch(
        a_deploy(channel=GENERAL), a_deploy(a_service("api"), channel=GENERAL), channel=GENERAL
    )
    press.store.request_batch(batch, members)
    press.threads.answer_at(batch.id, response_url)

    press.run(300)

    assert told(press) == [
        "I cannot post in <#C02GENERAL>: I am not in it. Invite me there, with `/invite`. I try again every "
        "few minutes. The deploy of `web,api` `1.4.2` does not wait for that: `/deploy status` shows how it "
        "goes."
    ]


def test_without_a_response_url_the_requester_gets_a_direct_message(press: Press) -> None:
    press.ask(channel=GENERAL)

    press.run(1000)

    [message] = press.slack.messages("@slipway", "alice")
    assert message["text"].startswith("In <#C02GENERAL>: I cannot post in <#C02GENERAL>: I am not in it.")


def test_an_unanswered_response_url_is_followed_by_a_direct_message(press: Press, response_url: str) -> None:
    web = press.ask(channel=GENERAL)
    press.threads.answer_at(web, response_url)
    press.slack.faults("http-500", method="response_url", times=3)

    press.ring()

    assert told(press) == []
    assert len(press.slack.messages("@slipway", "alice")) == 1


def test_tries_grow_apart_and_a_change_does_not_hurry_them(press: Press) -> None:
    web = press.ask(channel=GENERAL)

    for n in range(100):
        press.say(web, f"change {n}")
        press.run(36)

    at = [call.at for call in press.calls if call.channel == GENERAL and call.method == "chat.postMessage"]
    assert 60 * 0.8 <= at[1] - at[0] <= 61
    assert 600 * 0.8 <= at[-1] - at[-2] <= 601
    assert len(at) < 12


def test_hours_after_the_end_it_is_given_up_and_logged(press: Press, redis: Redis) -> None:
    web = press.ask(channel=GENERAL)
    press.ring()
    press.end(web, outcome=Outcome.SUCCEEDED)

    with capture_logs() as logs:
        took = press.settle(seconds=8 * HOUR)

    assert 6 * HOUR <= took <= 6 * HOUR + 700
    assert [log["because"] for log in logs if log["event"] == "gave up on the thread"] == ["channel"]


def test_a_private_channel_that_the_bot_is_not_in_does_not_exist_for_it(press: Press) -> None:
    web = press.ask(channel="G04PAYMENTS")
    press.run(10)
    assert press.view(web).trouble == "channel"

    press.slack.invite("slipway", "G04PAYMENTS")
    press.settle()
    assert [m["ts"] for m in press.slack.messages("G04PAYMENTS") if not m.get("subtype")] == [
        press.view(web).ts
    ]
