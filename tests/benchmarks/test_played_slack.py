"""The fast Slack, called by slack_sdk: what it notes, and the edits that it limits."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from benchmarks import names
from benchmarks.control import Played
from benchmarks.played import call_counts
from benchmarks.played.fast_slack import EDIT_BURST, FastSlack
from benchmarks.slack_requests import command, parse_answer, signed
from tests.benchmarks.test_played_ecs import Clock, serving


def test_each_text_is_noted_with_its_time_and_thread() -> None:
    clock = Clock()
    with serving(FastSlack(None, clock).handle) as url:
        slack = WebClient("xoxb-1", base_url=f"{url}/api/", retry_handlers=[])
        card = slack.chat_postMessage(channel="C1", text="queued")
        clock.time += 2
        slack.chat_postMessage(channel="C1", text="*Succeeded.*", thread_ts=card["ts"])
        slack.chat_update(channel="C1", ts=card["ts"], text="succeeded")

        texts = Played(url).ask("texts", **{"from": 1})
        assert texts["count"] == 3
        assert [(each["at"], each["method"], each["text"]) for each in texts["texts"]] == [
            (clock.time, "chat.postMessage", "*Succeeded.*"),
            (clock.time, "chat.update", "succeeded"),
        ]
        assert texts["texts"][0]["thread_ts"] == texts["texts"][1]["ts"] == card["ts"]
        assert call_counts.by_api(Played(url).calls()) == {"chat.postMessage": 2, "chat.update": 1}


def test_edits_over_the_limit_are_refused_with_a_time_to_come_back() -> None:
    clock = Clock()
    with serving(FastSlack(40, clock).handle) as url:
        slack = WebClient("xoxb-1", base_url=f"{url}/api/", retry_handlers=[])
        for _ in range(EDIT_BURST):
            slack.chat_update(channel="C1", ts="1.0", text="edit")
        with pytest.raises(SlackApiError) as refused:
            slack.chat_update(channel="C1", ts="1.0", text="edit")
        clock.time += 1.5
        slack.chat_update(channel="C1", ts="1.0", text="edit")

        assert refused.value.response.headers["Retry-After"] == "2"
        assert Played(url).ask("texts")["count"] == EDIT_BURST + 1


@pytest.mark.parametrize(
    ("body", "has_text"), [(b"", False), (b"\r\n", False), (b'{"text": "*web* runs"}', True)]
)
def test_an_acknowledgement_may_be_the_answer(body: bytes, has_text: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nContent-Type: text/plain\r\n\r\n"

    assert parse_answer(head + body) == (200, has_text)


def test_a_typed_command_is_signed_as_slack_signs() -> None:
    body, content_type = command("web 1.2.3", 3, "http://slack")
    request = signed(body, content_type, "http://127.0.0.1:3000/slack/events", "secret").decode()

    head, _, sent = request.partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert head.startswith("POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n")
    assert SignatureVerifier("secret").is_valid_request(sent, headers)
    assert not SignatureVerifier("other").is_valid_request(sent, headers)
    assert parse_qs(sent)["text"] == ["web 1.2.3"]
    assert parse_qs(sent)["user_id"] == [names.person(3)]
