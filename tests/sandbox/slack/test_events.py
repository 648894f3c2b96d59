"""Events: which are sent, their content and their retries, over Socket Mode and HTTP."""

from __future__ import annotations

import threading
from typing import Any

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.bolt_app import ConnectedApp, app_over_http, app_over_socket_mode
from tests.sandbox.slack.expected_errors import control_error_of
from tests.sandbox.slack.manifests import SLIPWAY_SCOPES, build_manifest


def test_a_mention_reaches_the_app_wrapped_as_slack_wraps_it(connected: ConnectedApp) -> None:
    ts = connected.slack.say("alice", "deploys", "@slipway deploy web 1.4.2")["ts"]

    [body] = connected.app.bodies("app_mention")
    event = body["event"]
    assert event["text"] == "<@U0SLIPWAYB> deploy web 1.4.2"
    assert (event["user"], event["channel"], event["ts"], event["event_ts"]) == (
        "U01ALICE00",
        "C01DEPLOYS",
        ts,
        ts,
    )
    assert event["blocks"][0]["elements"][0]["elements"] == [
        {"type": "user", "user_id": "U0SLIPWAYB"},
        {"type": "text", "text": " deploy web 1.4.2"},
    ]
    assert "thread_ts" not in event
    assert body["type"] == "event_callback"
    assert (body["team_id"], body["api_app_id"]) == ("T01SLIPWAY", "A01SLIPWAY")
    assert body["event_id"].startswith("Ev")
    assert abs(body["event_time"] - float(ts)) <= 2
    assert body["authorizations"][0]["user_id"] == "U0SLIPWAYB"


def test_a_mention_in_a_thread_names_the_thread(connected: ConnectedApp) -> None:
    root = connected.slack.say("bob", "deploys", "Something is wrong")["ts"]
    connected.slack.say("alice", "deploys", "@slipway status", thread_ts=root)

    [body] = connected.app.bodies("app_mention")
    assert body["event"]["thread_ts"] == root


def test_typed_text_is_escaped_and_linked_as_slack_does(connected: ConnectedApp) -> None:
    connected.slack.say(
        "alice", "deploys", "@slipway a&b <c> see web.example.com, https://x.example/?q=1. @nobody"
    )

    [body] = connected.app.bodies("app_mention")
    assert body["event"]["text"] == (
        "<@U0SLIPWAYB> a&amp;b &lt;c&gt; see <http://web.example.com|web.example.com>, "
        "<https://x.example/?q=1>. @nobody"
    )


def test_messages_are_events_too_where_the_bot_is_a_member(connected: ConnectedApp) -> None:
    connected.slack.say("alice", "deploys", "Good morning")
    connected.slack.say("alice", "general", "Nobody hears this")
    connected.slack.say("alice", "@slipway", "Hello there")

    heard = [
        (body["event"]["channel_type"], body["event"]["text"]) for body in connected.app.bodies("message")
    ]
    assert heard == [("channel", "Good morning"), ("im", "Hello there")]


def test_a_mention_in_a_channel_without_the_bot_is_not_sent_and_says_so(connected: ConnectedApp) -> None:
    [bodies] = connected.slack.say("alice", "general", "@slipway deploy web 1.4.2")["replies"]

    assert connected.app.bodies("app_mention") == []
    assert "not in this channel" in bodies["text"]
    assert bodies["ephemeral"] is True


def test_coming_into_a_channel_is_an_event(connected: ConnectedApp) -> None:
    connected.slack.add_member("slipway", "general")
    connected.slack.remove_member("slipway", "general")

    connected.slack.wait_until(lambda: connected.app.bodies("member_left_channel"))
    [joined] = connected.app.bodies("member_joined_channel")
    assert (joined["event"]["user"], joined["event"]["channel"]) == ("U0SLIPWAYB", "C02GENERAL")


def test_opening_the_home_tab_is_an_event_and_what_is_published_is_shown(connected: ConnectedApp) -> None:
    def publish(ack: Any, body: dict[str, Any], _respond: Any) -> None:
        view = {"type": "home", "blocks": [{"type": "divider"}]}
        connected.client.views_publish(user_id=body["event"]["user"], view=view)
        ack()

    connected.app.answers["event"] = publish

    connected.slack.open_home("bob")
    view = connected.slack.wait_until(lambda: connected.slack.home("bob"))

    [body] = connected.app.bodies("app_home_opened")
    assert (body["event"]["user"], body["event"]["tab"]) == ("U02BOB0000", "home")
    assert view["blocks"][0]["type"] == "divider"
    connected.slack.open_home("bob")
    assert connected.app.bodies("app_home_opened")[-1]["event"]["view"] == view
    assert connected.slack.home("carol") is None


def test_events_without_their_scope_are_not_sent() -> None:
    with app_over_socket_mode(scopes=SLIPWAY_SCOPES) as connected:
        connected.slack.say("alice", "deploys", "@slipway status")

        assert [body["event"]["type"] for body in connected.app.received] == ["app_mention"]


class Recording:
    """An HTTP app without Bolt that answers with one status and records the requests."""

    def __init__(self, status: str, headers: list[tuple[str, str]] | None = None) -> None:
        self.status = status
        self.headers = headers or []
        self.requests: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with self.lock:
            self.requests.append({name: value for name, value in environ.items() if isinstance(value, str)})
        start_response(self.status, [("Content-Type", "text/plain"), *self.headers])
        return [b""]

    def retries(self) -> list[tuple[str | None, str | None]]:
        return [
            (request.get("HTTP_X_SLACK_RETRY_NUM"), request.get("HTTP_X_SLACK_RETRY_REASON"))
            for request in self.requests
        ]


def test_an_event_is_tried_four_times_over_http_and_says_which_time_it_is() -> None:
    refusing = Recording("503 Service Unavailable")
    with app_over_http(scopes=SLIPWAY_SCOPES) as connected:
        connected.replace_app(refusing)
        connected.slack.say("alice", "deploys", "@slipway status")
        connected.slack.wait_until(lambda: len(refusing.requests) >= 4)
        connected.slack.say("alice", "deploys", "no event, so everything after it was sent")

    assert refusing.retries() == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]


def test_an_app_can_decline_repeats() -> None:
    refusing = Recording("500 Internal Server Error", [("X-Slack-No-Retry", "1")])
    with app_over_http(scopes=SLIPWAY_SCOPES) as connected:
        connected.replace_app(refusing)
        connected.slack.say("alice", "deploys", "@slipway one")
        connected.slack.say("alice", "deploys", "@slipway two")

    assert refusing.retries() == [(None, None), (None, None)]


def test_without_a_home_tab_there_is_none_to_open() -> None:
    with SlackSandbox(build_manifest(home_tab=False)) as slack:
        assert control_error_of(lambda: slack.open_home("bob")) == "home_disabled"
