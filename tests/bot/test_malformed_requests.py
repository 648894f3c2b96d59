"""Requests that are not as Slack's: 400 before the signature is checked and after it, in one line of log."""

from __future__ import annotations

import io
import json
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from slack_sdk import WebClient
from structlog.testing import capture_logs

from bot.socket_mode import SocketModeClient
from bot.socket_mode.slack_websocket import SlackWebSocket
from bot.web import WebApp
from deploys import buttons
from tests.bot.bot_harness import ALICE, TEAM, BotHarness
from tests.builders import a_deploy

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NESTED_TOO_DEEP = b"[" * 200_000
LONG_NUMBER = b"9" * 5000


@pytest.fixture
def web_app(bot: BotHarness, redis: Redis) -> WebApp:
    return WebApp(bot.app, redis)


def post(
    web_app: WebApp, body: bytes, content_type: str, **headers: str
) -> tuple[int, str, list[MutableMapping[str, Any]]]:
    """A POST to where Slack's go: the status, the answer and what was logged."""
    statuses: list[int] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/slack/events",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    with capture_logs() as lines:
        answer = web_app(environ, lambda status, *_: statuses.append(int(status[:3])))  # type: ignore[arg-type]
    return statuses[0], b"".join(answer).decode().strip(), lines


def sign(bot: BotHarness, body: bytes, content_type: str) -> dict[str, str]:
    headers = bot.signed_headers(body.decode(), content_type)
    return {name: str(value) for name, value in headers.items() if name != "content-type"}


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (JSON, b"{not json", "JSONDecodeError"),
        (JSON, b"\xff\xfe", "UnicodeDecodeError"),
        (JSON, NESTED_TOO_DEEP, "RecursionError"),
        (JSON, b"[1, 2]", "AttributeError"),
        (JSON, b"5", "AttributeError"),
        (JSON, b'{"a": ' + LONG_NUMBER + b"}", "ValueError"),
        (JSON, b'{"authorizations": 5}', "TypeError"),
        (FORM, b"payload=" + NESTED_TOO_DEEP, "RecursionError"),
        (FORM, b"payload=nothing", "JSONDecodeError"),
        (FORM, b"payload=7", "AttributeError"),
        (FORM, b"\xff", "UnicodeDecodeError"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line_before_its_signature_is_looked_at(
    web_app: WebApp, content_type: str, body: bytes, reason: str
) -> None:
    status, text, lines = post(web_app, body, content_type)

    assert (status, text) == (400, f"not a request of Slack's ({reason})")
    assert [(line["event"], line["status"], "exc_info" in line) for line in lines] == [
        ("refused an unreadable request", 400, False)
    ]


@pytest.mark.parametrize("stamp", ["soon", "9" * 5000, "١٢٣", "-1", "1.5", ""])
def test_a_time_that_is_none_is_refused_in_one_line(bot: BotHarness, web_app: WebApp, stamp: str) -> None:
    body = urlencode(bot.command_payload("/deploy web 1.4.2")).encode()
    headers = {**sign(bot, body, FORM), "x-slack-request-timestamp": stamp}

    status, text, lines = post(web_app, body, FORM, **headers)

    assert (status, text) == (400, "not a request of Slack's")
    assert [line["event"] for line in lines] == ["refused an unreadable request"]


@pytest.mark.parametrize("signature", ["v0=é", "", "v0=0"])
def test_a_signature_that_is_none_is_refused_in_one_line(
    bot: BotHarness, web_app: WebApp, signature: str
) -> None:
    body = urlencode(bot.command_payload("/deploy web 1.4.2")).encode()
    headers = {**sign(bot, body, FORM), "x-slack-signature": signature}

    status, text, lines = post(web_app, body, FORM, **headers)

    assert (status, text) == (401, '{"error": "invalid request"}')
    assert [(line["event"], "exc_info" in line) for line in lines] == [
        ("refused a request without a valid signature of Slack's", False)
    ]


COMMAND: dict[str, Any] = {
    "command": "/deploy",
    "trigger_id": "1.2.3",
    "user_id": ALICE,
    "team_id": TEAM,
    "channel_id": "C1",
}
MENTION: dict[str, Any] = {
    "type": "event_callback",
    "team_id": TEAM,
    "event_id": "Ev1",
    "event": {"type": "app_mention", "user": ALICE, "channel": "C1", "ts": "1.5", "text": "hello"},
}
CLICK: dict[str, Any] = {
    "type": "block_actions",
    "team": {"id": TEAM},
    "user": {"id": ALICE},
    "trigger_id": "1.2.3",
    "actions": [{"action_id": buttons.APPROVE, "value": "7k2m9xq4.0", "action_ts": "1.5"}],
}

VIEW: dict[str, Any] = {
    "id": "V1",
    "hash": "1.a",
    "type": "modal",
    "callback_id": "deploy_form",
    "private_metadata": "{}",
    "state": {"values": {"tag:web": {"tag": {"selected_option": {"value": "1.4.2"}}}}},
}
SUBMISSION: dict[str, Any] = {
    "type": "view_submission",
    "team": {"id": TEAM},
    "user": {"id": ALICE},
    "trigger_id": "1.2.3",
    "view": VIEW,
}
SEARCH: dict[str, Any] = {
    **SUBMISSION,
    "type": "block_suggestion",
    "action_id": "tag",
    "block_id": "tag:web",
    "value": "1",
}
SHORTCUT: dict[str, Any] = {
    "type": "message_action",
    "callback_id": "deploy_in_thread",
    "team": {"id": TEAM},
    "user": {"id": ALICE},
    "trigger_id": "1.2.3",
    "channel": {"id": "C1"},
    "message": {"ts": "1.5"},
}


def without(payload: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != key}


@pytest.mark.parametrize(
    ("payload", "wrong"),
    [
        (without(COMMAND, "user_id"), ["user_id"]),
        (without(COMMAND, "channel_id"), ["channel_id"]),
        (without(COMMAND, "team_id"), ["team_id"]),
        ({**COMMAND, "text": 5}, ["text"]),
        ({**MENTION, "event": 5}, ["event"]),
        ({**MENTION, "event": {**MENTION["event"], "team": []}}, ["event.team"]),
        ({**CLICK, "team": {"id": []}}, ["team._TeamFields.id", "team.str"]),
        ({**MENTION, "event": {"type": "app_mention"}}, ["event.channel", "event.ts"]),
        ({**MENTION, "event": {**MENTION["event"], "ts": "nan"}}, ["event.ts"]),
        ({**MENTION, "event": {**MENTION["event"], "ts": "9" * 5000}}, ["event.ts"]),
        ({**MENTION, "event": {"type": "app_home_opened"}}, ["event.user"]),
        (without(CLICK, "user"), ["user"]),
        (without(CLICK, "actions"), ["actions"]),
        ({**CLICK, "actions": []}, ["actions"]),
        ({**CLICK, "actions": [7]}, ["actions.0"]),
        ({**CLICK, "user": "alice"}, ["user"]),
        ({**CLICK, "container": []}, ["container"]),
        (without(SUBMISSION, "view"), ["view"]),
        ({**SUBMISSION, "view": without(VIEW, "id")}, ["view.id"]),
        ({**SUBMISSION, "view": {**VIEW, "state": {"values": []}}}, ["view.state.values"]),
        (
            {**SUBMISSION, "view": {**VIEW, "state": {"values": {"tag:web": {"tag": {"value": 5}}}}}},
            ["view.state.values.tag:web.tag.value"],
        ),
        ({**SUBMISSION, "trigger_id": [None]}, ["trigger_id"]),
        ({**MENTION, "event_id": 7}, ["event_id"]),
        (without(SEARCH, "block_id"), ["block_id"]),
        ({**SEARCH, "value": []}, ["value"]),
        (without(SHORTCUT, "trigger_id"), ["trigger_id"]),
        ({**SHORTCUT, "message": {"ts": "nan"}}, ["message.ts"]),
        ({**SHORTCUT, "channel": "C1"}, ["channel"]),
        ({**CLICK, "view": without(VIEW, "hash")}, ["view.hash"]),
    ],
)
def test_what_slack_signed_but_looks_otherwise_is_refused_in_one_line(
    bot: BotHarness, web_app: WebApp, payload: dict[str, Any], wrong: list[str]
) -> None:
    body = json.dumps(payload).encode()

    status, text, lines = post(web_app, body, JSON, **sign(bot, body, JSON))

    assert (status, text) == (400, '{"error": "invalid payload"}')
    assert [(line["event"], line["wrong"]) for line in lines] == [
        ("refused a payload that is not like Slack's", wrong)
    ]


@pytest.mark.parametrize(
    "value", ["7k2m9xq4." + "9" * 5000, "7k2m9xq4.²", "7k2m9xq4.", ".1", "é.1", "", "a.1.2"]
)
def test_a_button_with_a_value_of_nobodys_is_answered(bot: BotHarness, value: str) -> None:
    click = bot.click_payload(buttons.APPROVE, a_deploy())
    click["actions"][0]["value"] = value

    assert bot.send_form({"payload": json.dumps(click)}).status == 200
    assert bot.queued_answers()[0][3].startswith("There is no deploy `")


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
known_keys = st.sampled_from(
    sorted({*COMMAND, *MENTION, *CLICK, *SEARCH, *SHORTCUT, "container", "authorizations"})
)
payload_types = st.sampled_from(
    (
        "block_actions",
        "block_suggestion",
        "event_callback",
        "message_action",
        "shortcut",
        "view_submission",
        "x",
    )
)
any_payload = st.dictionaries(known_keys, any_json, max_size=6).flatmap(
    lambda drawn: st.builds(
        lambda base, kind: {**base, **({"type": kind} if kind else {}), **drawn},
        st.sampled_from([COMMAND, MENTION, CLICK, SUBMISSION, SEARCH, SHORTCUT, {}]),
        st.none() | payload_types,
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=any_payload)
def test_no_payload_whatever_breaks_the_bot_over_http(
    bot: BotHarness, web_app: WebApp, payload: dict[str, Any]
) -> None:
    body = json.dumps(payload).encode()

    status, _, lines = post(web_app, body, JSON, **sign(bot, body, JSON))

    bot.clock.advance(1)
    assert status in (200, 400, 401, 404)
    assert not [line for line in lines if line.get("exc_info")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=any_payload | any_json)
def test_no_payload_whatever_breaks_the_bot_in_socket_mode(bot: BotHarness, payload: object) -> None:
    socket = SocketModeClient(bot.app, WebClient(), "xapp-test")
    sent: list[object] = []

    class Line:
        def send(self, message: object) -> bool:
            sent.append(message)
            return True

    with capture_logs() as lines:
        socket._answer(Line(), {"envelope_id": "e", "payload": payload}, bot.clock(), 0.0)  # type: ignore[arg-type]

    assert not [line for line in lines if line.get("exc_info")]


@pytest.mark.parametrize("frame", [b"{not json", b"\xff", NESTED_TOO_DEEP, b'{"a": ' + LONG_NUMBER + b"}"])
def test_a_frame_that_cannot_be_read_leaves_the_connection_open(frame: bytes) -> None:
    connection = SlackWebSocket.__new__(SlackWebSocket)
    connection._on_message = lambda *_: None

    with capture_logs() as lines:
        connection._dispatch(frame)

    assert [line["event"] for line in lines] == ["Slack sent something that is not JSON, or nested too deep"]


@given(st.text())
def test_any_text_is_a_button_value_or_none(value: str) -> None:
    pressed = buttons.parse_button_value(value)

    assert pressed is None or buttons.button_value(*pressed).split(".")[0] == value.split(".")[0]
