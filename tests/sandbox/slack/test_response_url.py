"""response_urls: five answers within half an hour."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from slack_sdk.webhook import WebhookClient

from sandbox.slack import SlackSandbox, SlackTimeouts
from tests.sandbox.slack.bolt_app import ConnectedApp
from tests.sandbox.slack.manifests import build_manifest
from tests.sandbox.slack.test_socket_mode import open_socket, read, typing


@pytest.fixture
def webhook(connected: ConnectedApp) -> WebhookClient:
    """The response_url of a command that alice typed."""
    connected.slack.say("alice", "general", "/deploy web 1.4.2")
    return WebhookClient(connected.app.commands()[-1]["response_url"])


def test_an_answer_is_for_the_person_unless_it_is_said_to_be_for_all(
    connected: ConnectedApp, webhook: WebhookClient
) -> None:
    answer = webhook.send(text="Only you")
    webhook.send(text="All of you", response_type="in_channel")

    assert (answer.status_code, answer.body) == (200, "ok")
    mine, theirs = (connected.slack.messages("general", user)[-2:] for user in ("alice", "bob"))
    assert [(message["text"], message["ephemeral"]) for message in mine] == [
        ("Only you", True),
        ("All of you", False),
    ]
    assert theirs[-1]["text"] == "All of you"
    assert "Only you" not in [message["text"] for message in theirs]


def test_an_answer_can_go_into_a_thread(connected: ConnectedApp, webhook: WebhookClient) -> None:
    root = connected.slack.say("bob", "general", "root")["ts"]
    httpx.post(webhook.url, json={"text": "in the thread", "thread_ts": root, "response_type": "in_channel"})

    assert [reply["text"] for reply in connected.slack.replies("general", root)] == ["in the thread"]


def test_the_sixth_answer_is_one_too_many(webhook: WebhookClient) -> None:
    assert [webhook.send(text=str(number)).status_code for number in range(5)] == [200] * 5

    sixth = webhook.send(text="once more")
    assert (sixth.status_code, json.loads(sixth.body)) == (404, {"ok": False, "error": "used_url"})


def test_an_address_expires() -> None:
    with SlackSandbox(build_manifest(), timeouts=SlackTimeouts(response_url=0.05)) as slack:
        with open_socket(slack) as socket, typing(slack, "/deploy"):
            envelope = read(socket)
            socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
        time.sleep(0.1)  # the lifetime itself is what is tested
        late = WebhookClient(envelope["payload"]["response_url"]).send(text="late")

    assert (late.status_code, json.loads(late.body)["error"]) == (404, "expired_url")


def test_a_response_url_that_was_never_issued_is_not_found(slack: SlackSandbox) -> None:
    answer = WebhookClient(f"{slack.url}commands/T01SLIPWAY/1/guessed").send(text="hello")

    assert (answer.status_code, json.loads(answer.body)["error"]) == (404, "no_service")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "no_text"),
        ({"text": "x", "blocks": [{"type": "sparkline"}]}, "invalid_blocks"),
        ({"text": "x", "replace_original": True}, "message_not_found"),
    ],
)
def test_a_bad_answer_is_refused(webhook: WebhookClient, body: dict[str, object], error: str) -> None:
    answer = httpx.post(webhook.url, json=body)

    assert answer.status_code in (400, 404)
    assert answer.json()["error"] == error


def test_faults_hit_it_only_when_it_is_meant(connected: ConnectedApp, webhook: WebhookClient) -> None:
    connected.slack.add_fault("http-500")
    assert webhook.send(text="not meant").status_code == 200
    connected.slack.add_fault("http-500", method="response_url")
    assert webhook.send(text="meant").status_code == 500
