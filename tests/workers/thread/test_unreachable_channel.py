"""The bot may not post where the deploy was requested."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis
from structlog.testing import capture_logs

from deploys.records.phases import Outcome
from sandbox.slack import SlackSandbox
from tests.builders import a_batch, a_deploy, a_service
from tests.slash_command_response_url import receive_response_url
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness
from workers.thread.slack_error_handling import HOUR

GENERAL = "C02GENERAL"


@pytest.fixture
def harness(redis: Redis, closed_slack: SlackSandbox, clock: ManualClock) -> PublisherHarness:
    return PublisherHarness(redis, closed_slack, clock)


@pytest.fixture
def response_url(closed_slack: SlackSandbox) -> Iterator[str]:
    """What Slack sends along when alice types /deploy in #general."""
    with receive_response_url(closed_slack, "/deploy web 1.4.2") as url:
        yield url


def told(harness: PublisherHarness) -> list[str]:
    """What alice alone sees in #general."""
    return [m["text"] for m in harness.slack.messages(GENERAL) if m["ephemeral"]]


def test_the_requester_is_reported_once_and_an_invitation_helps(
    harness: PublisherHarness, response_url: str
) -> None:
    web = harness.request(request={"channel": GENERAL})
    harness.threads.save_response_url(web, response_url)

    harness.run(300)
    assert told(harness) == [
        "I cannot post in <#C02GENERAL>: I am not in it. Invite me there, with `/invite`. I try again every "
        "few minutes. The deploy of `web` `1.4.2` continues: `/deploy status web` shows how it goes."
    ]
    assert 2 <= harness.call_count("chat.postMessage") <= 5

    harness.slack.add_member("slipway", GENERAL)
    harness.run_until_published()
    assert harness.card(web, GENERAL)["text"].startswith("*web* `1.4.2`")
    assert len(told(harness)) == 1


def test_the_requester_of_a_batch_is_reported_once(harness: PublisherHarness, response_url: str) -> None:
    batch, members = a_batch(
        a_deploy(request={"channel": GENERAL}),
        a_deploy(a_service("api"), request={"channel": GENERAL}),
        request={"channel": GENERAL},
    )
    harness.store.submit_batch(batch, members)
    harness.threads.save_response_url(batch.id, response_url)

    harness.run(300)

    assert told(harness) == [
        "I cannot post in <#C02GENERAL>: I am not in it. Invite me there, with `/invite`. I try again every "
        "few minutes. The deploy of `web,api` `1.4.2` continues: `/deploy status` shows how it goes."
    ]


def test_without_a_response_url_the_requester_gets_a_direct_message(harness: PublisherHarness) -> None:
    harness.request(request={"channel": GENERAL})

    harness.run(1000)

    [message] = harness.slack.messages("@slipway", "alice")
    assert message["text"].startswith("In <#C02GENERAL>: I cannot post in <#C02GENERAL>: I am not in it.")


def test_an_unanswered_response_url_is_followed_by_a_direct_message(
    harness: PublisherHarness, response_url: str
) -> None:
    web = harness.request(request={"channel": GENERAL})
    harness.threads.save_response_url(web, response_url)
    harness.slack.add_fault("http-500", method="response_url", times=3)

    harness.publish_due()

    assert told(harness) == []
    assert len(harness.slack.messages("@slipway", "alice")) == 1


def test_tries_grow_apart_and_a_change_does_not_hurry_them(harness: PublisherHarness) -> None:
    web = harness.request(request={"channel": GENERAL})

    for n in range(100):
        harness.add_message(web, f"change {n}")
        harness.run(36)

    at = [call.at for call in harness.calls if call.channel == GENERAL and call.method == "chat.postMessage"]
    assert 60 * 0.8 <= at[1] - at[0] <= 61
    assert 600 * 0.8 <= at[-1] - at[-2] <= 601
    assert len(at) < 12


def test_hours_after_the_end_the_thread_is_given_up_and_logged(
    harness: PublisherHarness, redis: Redis
) -> None:
    web = harness.request(request={"channel": GENERAL})
    harness.publish_due()
    harness.end(web, outcome=Outcome.SUCCEEDED)

    with capture_logs() as logs:
        took = harness.run_until_published(seconds=8 * HOUR)

    assert 6 * HOUR <= took <= 6 * HOUR + 700
    assert [log["because"] for log in logs if log["event"] == "gave up on the thread"] == ["channel"]


def test_a_private_channel_that_the_bot_is_not_in_does_not_exist_for_it(harness: PublisherHarness) -> None:
    web = harness.request(request={"channel": "G04PAYMENTS"})
    harness.run(10)
    assert harness.view(web).last_problem == "channel"

    harness.slack.add_member("slipway", "G04PAYMENTS")
    harness.run_until_published()
    assert [m["ts"] for m in harness.slack.messages("G04PAYMENTS") if not m.get("subtype")] == [
        harness.view(web).ts
    ]
