"""The message that calls others: posted once, edited when somebody ran it or when an hour is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from deploys import buttons
from deploys.records.asked_request import AskedRequest
from deploys.records.refused_request import RefusedRequest
from deploys.stores.asked_requests import AskedRequests
from deploys.stores.refused_requests import KEPT_SECONDS
from sandbox.slack import SlackSandbox
from tests.builders import NOW, a_deploy
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness
from workers.asked_request_messages import AskedRequestMessages
from workers.thread.slack_calls import SlackCalls

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
PEOPLE = "<@U01ALICE00>, <!subteam^S01DEPLOYERS>"
CAROL, DAVE, DEPLOYS = "U03CAROL00", "U04DAVE000", "C01DEPLOYS"
OPEN_TEXT = f"{PEOPLE}: <@{CAROL}> asks one of you to run `/deploy web 1.4.2`.\nWhy: fixes &lt;login&gt;"


def an_asked_request(**request: object) -> AskedRequest:
    refused = RefusedRequest(
        id="k3m9p2qr",
        subcommand="deploy",
        services=("web",),
        tag="1.4.2",
        reason="fixes <login>",
        request=a_deploy(request={"requester": CAROL}).request.evolve(**request),
        error="NotADeployer",
    )
    return AskedRequest(id="abcd2345", refused=refused, people=PEOPLE, asked_at=NOW)


class MessagesHarness:
    """The messages in a played Slack, on a clock that the test moves."""

    def __init__(self, redis: Redis, slack: SlackSandbox) -> None:
        publisher = PublisherHarness(redis, slack, ManualClock())
        self.clock, self.slack = publisher.clock, slack
        self.requests = AskedRequests(redis)
        self.told: list[tuple[str, str | None, str, str]] = []
        self.messages = AskedRequestMessages(
            self.requests,
            SlackCalls(publisher.client, publisher.limits),
            tell=lambda *said: self.told.append(said),
            now=self.clock,
        )

    def run_at(self, seconds: float) -> None:
        """Several workers look, some time after it was asked."""
        self.clock.value = NOW + seconds
        for _ in range(3):
            self.messages.run()

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [dict(call["args"]) for call in self.slack.calls(method) if "error" not in call]


@pytest.fixture
def harness(redis: Redis) -> Iterator[MessagesHarness]:
    with SlackSandbox(MANIFEST, rate_limits=False) as slack:
        yield MessagesHarness(redis, slack)


def test_it_is_posted_once_with_its_button_and_says_who_ran_it(harness: MessagesHarness) -> None:
    harness.requests.add(an_asked_request())
    harness.run_at(0)
    harness.run_at(60)

    [posted] = harness.calls("chat.postMessage")
    assert (posted["channel"], posted["text"]) == (DEPLOYS, OPEN_TEXT)
    section, row = posted["blocks"]
    assert section["text"]["text"] == OPEN_TEXT
    [button] = row["elements"]
    assert (button["action_id"], button["value"]) == (buttons.RUN_ASKED, "abcd2345.0")
    assert button["text"]["text"] == "Run /deploy web 1.4.2"
    assert button["confirm"]["text"]["text"] == "This does what typing /deploy web 1.4.2 yourself does."
    assert harness.calls("chat.update") == []

    harness.requests.note_run("abcd2345", DAVE)
    harness.run_at(70)

    [edited] = harness.calls("chat.update")
    assert edited["text"] == f"<@{DAVE}> ran `/deploy web 1.4.2`, which <@{CAROL}> had asked for."
    assert [each["type"] for each in edited["blocks"]] == ["section"]
    assert harness.requests.all() == []


def test_one_worker_at_a_time_writes_it(harness: MessagesHarness) -> None:
    harness.requests.add(an_asked_request())
    assert harness.requests.claim("abcd2345", "message")
    harness.run_at(0)
    assert harness.calls("chat.postMessage") == []

    harness.requests.release("abcd2345", "message")
    harness.run_at(1)
    assert len(harness.calls("chat.postMessage")) == 1


def test_after_an_hour_it_says_that_nobody_ran_it(harness: MessagesHarness) -> None:
    harness.requests.add(an_asked_request())
    harness.run_at(0)
    harness.run_at(KEPT_SECONDS - 1)
    assert harness.calls("chat.update") == []

    harness.run_at(KEPT_SECONDS)

    [edited] = harness.calls("chat.update")
    assert edited["text"] == (
        f"<@{CAROL}> asked for `/deploy web 1.4.2`, and nobody ran it within an hour. It can be asked for "
        "again."
    )
    assert harness.requests.all() == []


def test_in_a_thread_it_is_posted_there(harness: MessagesHarness) -> None:
    root = harness.messages._calls.post(DEPLOYS, "a message").ts
    harness.requests.add(an_asked_request(thread_ts=root))
    harness.run_at(5)

    assert harness.calls("chat.postMessage")[-1]["thread_ts"] == root


def test_what_slack_does_not_take_is_sent_later(harness: MessagesHarness) -> None:
    harness.requests.add(an_asked_request())
    harness.slack.add_fault("http-500", method="chat.postMessage")
    harness.run_at(0)
    assert harness.calls("chat.postMessage") == []

    harness.slack.clear_faults()
    harness.run_at(120)
    assert len(harness.calls("chat.postMessage")) == 1


def test_where_the_channel_is_closed_the_requester_is_told(harness: MessagesHarness) -> None:
    harness.requests.add(an_asked_request(channel="C99GONE"))
    harness.run_at(0)

    assert harness.told == [
        (
            "C99GONE",
            None,
            CAROL,
            "I could not ask anybody to run `/deploy web 1.4.2`: Slack does not let me write in this channel."
            f" Invite me to it, or ask {PEOPLE} yourself.",
        )
    ]
    assert harness.requests.all() == []


def test_what_was_not_posted_within_the_hour_is_never_posted(harness: MessagesHarness) -> None:
    harness.requests.add(an_asked_request())
    harness.run_at(KEPT_SECONDS)

    assert (harness.calls("chat.postMessage"), harness.requests.all()) == ([], [])
