"""The audit's channel is told what people decided and what was refused."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.audit_entry import AuditEntry
from deploys.stores import audit
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.audit_channel import post_new_entries
from workers.messages.audit import audit_line, is_told
from workers.thread.slack_calls import SlackCalls

CHANNEL = "C01DEPLOYS"


def post(harness: PublisherHarness, channel: str = CHANNEL) -> None:
    post_new_entries(harness.redis, SlackCalls(harness.client, harness.limits), harness.limits, channel)


def write(harness: PublisherHarness, count: int, **fields: str) -> None:
    for number in range(count):
        entry = {"at": "1790000000.000", "who": "U01ALICE00", "what": "requested", "target": str(number)}
        audit.write(harness.redis, AuditEntry(**{**entry, **fields}))


def posts(harness: PublisherHarness) -> int:
    return sum(call.method == "chat.postMessage" for call in harness.calls)


def test_it_begins_with_what_comes_next_and_tells_many_in_one_message(
    harness: PublisherHarness,
) -> None:
    write(harness, 3)
    post(harness)
    assert posts(harness) == 0

    write(harness, 20)
    post(harness)
    post(harness)

    assert posts(harness) == 1


def test_an_outage_only_delays_and_nothing_is_left_out(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(harness)
    write(harness, 60, service="web", why="x" * 200)
    sent: list[str] = []
    real = harness.client.chat_postMessage

    def fail(**_: object) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(harness.client, "chat_postMessage", fail)
    post(harness)

    def send(**given: Any) -> Any:
        sent.append(given["text"])
        return real(**given)

    monkeypatch.setattr(harness.client, "chat_postMessage", send)
    for _ in range(30):
        harness.clock.value += 5
        post(harness)

    assert sum(text.count("requested") for text in sent) == 60
    assert all(len(text) <= 3500 for text in sent)


def test_a_channel_that_the_bot_is_not_in_is_told_once_it_is(
    harness: PublisherHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    post(harness)
    write(harness, 1)
    post(harness, "C09NOWHERE")
    harness.clock.value += 5
    post(harness)

    assert posts(harness) == 2


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"who": "U1", "what": "approved"}, True),
        ({"who": "U1", "what": "refused"}, True),
        ({"who": "unknown", "what": "refused"}, True),
        ({"who": "slipway", "what": "approval voided"}, True),
        ({"who": "slipway", "what": "ended", "outcome": "refused"}, True),
        ({"who": "slipway", "what": "ended", "outcome": "succeeded"}, False),
        ({"who": "slipway", "what": "planning"}, False),
        ({"who": "slipway", "what": "question shown"}, False),
    ],
)
def test_which_entries_are_told(entry: dict[str, str], told: bool) -> None:
    assert is_told(entry) is told


def test_nobody_whom_a_reason_names_is_called_and_nothing_typed_is_markup() -> None:
    line = audit_line(
        {
            "at": "1790000000.000",
            "who": "U01ALICE00",
            "what": "refused",
            "verb": "deploy",
            "service": "web`",
            "why": "Those who may: <@U02BOB0000>. <!channel> & <http://x|y>",
        }
    )

    assert "<@U02BOB0000>" not in line
    assert "U02BOB0000" in line
    assert "<!channel>" not in line
    assert "<http" not in line
