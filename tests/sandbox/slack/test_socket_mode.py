"""Socket Mode: hello, envelopes, acknowledgements, refreshes, several connections."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sandbox.slack import SlackSandbox, SlackTimeouts
from tests.sandbox.slack.bolt_app import app_over_socket_mode
from tests.sandbox.slack.expected_errors import api_error_of
from tests.sandbox.slack.manifests import SLIPWAY_SCOPES, build_manifest

Json = dict[str, Any]


@contextmanager
def sandbox(acknowledge: float = 3.0, url: str | None = None) -> Iterator[SlackSandbox]:
    timings = SlackTimeouts(acknowledge=acknowledge, event_retry_pauses=(0.2, 0.5, 2.0))
    with SlackSandbox(build_manifest(scopes=SLIPWAY_SCOPES, url=url), timeouts=timings) as slack:
        yield slack


def opened(slack: SlackSandbox) -> str:
    return str(WebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)["url"])


def read(socket: ClientConnection) -> Json:
    content = json.loads(socket.recv(timeout=10))
    assert isinstance(content, dict)
    return content


@contextmanager
def open_socket(slack: SlackSandbox) -> Iterator[ClientConnection]:
    with connect(opened(slack), proxy=None) as socket:
        assert read(socket)["type"] == "hello"
        yield socket


@contextmanager
def typing(slack: SlackSandbox, text: str) -> Iterator[list[Any]]:
    """Types while the test plays the app; the answer is in the list afterwards."""
    typed: list[Any] = []
    thread = threading.Thread(target=lambda: typed.append(slack.say("alice", "deploys", text)))
    thread.start()
    yield typed
    thread.join(10)


def test_hello_says_who_is_connected_and_how_often() -> None:
    with sandbox() as slack, open_socket(slack), connect(opened(slack), proxy=None) as second:
        hello = read(second)

    assert hello["connection_info"] == {"app_id": "A01SLIPWAY"}
    assert hello["num_connections"] == 2
    assert set(hello["debug_info"]) == {"host", "build_number", "approximate_connection_time"}


def test_a_command_comes_in_an_envelope_and_its_answer_goes_with_the_acknowledgement() -> None:
    with sandbox() as slack, open_socket(slack) as socket, typing(slack, "/deploy web 1.4.2") as typed:
        envelope = read(socket)
        socket.send(json.dumps({"envelope_id": envelope["envelope_id"], "payload": {"text": "On it"}}))

    assert envelope["type"] == "slash_commands"
    assert envelope["accepts_response_payload"] is True
    assert envelope["payload"]["text"] == "web 1.4.2"
    assert "retry_attempt" not in envelope
    assert [reply["text"] for reply in typed[0]["replies"]] == ["On it"]


def test_an_acknowledgement_of_something_else_acknowledges_nothing() -> None:
    with (
        sandbox(acknowledge=0.3) as slack,
        open_socket(slack) as socket,
        typing(slack, "/deploy web 1.4.2") as typed,
    ):
        read(socket)
        for nonsense in ("{}", "nonsense", "[]", json.dumps({"envelope_id": "another"})):
            socket.send(nonsense)
        slack.wait_until(lambda: typed)

    assert typed[0]["replies"][0]["text"] == '/deploy failed with the error "operation_timeout"'


def test_an_event_that_is_not_acknowledged_comes_again_and_says_why() -> None:
    with sandbox(acknowledge=0.2) as slack, open_socket(slack) as socket:
        with typing(slack, "@slipway status"):
            first = read(socket)
        second = read(socket)
        socket.send(json.dumps({"envelope_id": second["envelope_id"]}))
        slack.say("alice", "deploys", "@slipway again")
        third = read(socket)

    assert (first["type"], first["accepts_response_payload"]) == ("events_api", False)
    assert (first["retry_attempt"], first["retry_reason"]) == (0, "")
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
    assert first["payload"]["event_id"] == second["payload"]["event_id"] != third["payload"]["event_id"]
    assert third["retry_attempt"] == 0


def test_an_event_without_a_connection_comes_once_the_app_has_connected() -> None:
    with sandbox() as slack:
        slack.say("alice", "deploys", "@slipway status")
        with open_socket(slack) as socket:
            assert read(socket)["payload"]["event"]["type"] == "app_mention"


def test_each_payload_goes_to_one_of_several_connections() -> None:
    with sandbox(acknowledge=0.05) as slack, open_socket(slack) as one, open_socket(slack) as two:
        for number in range(4):
            slack.say("alice", "deploys", f"/deploy web {number}")
        texts = {
            name: [read(socket)["payload"]["text"] for _ in range(2)]
            for name, socket in (("1", one), ("2", two))
        }

    assert sorted(texts["1"] + texts["2"]) == ["web 0", "web 1", "web 2", "web 3"]


def test_the_eleventh_connection_is_one_too_many() -> None:
    with sandbox() as slack, ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(open_socket(slack))
        with connect(opened(slack), proxy=None) as eleventh:
            assert read(eleventh)["reason"] == "too_many_websockets"
            with pytest.raises(ConnectionClosed):
                eleventh.recv(timeout=10)
        assert slack.health()["connections"] == 10


def test_a_ticket_is_good_once() -> None:
    with sandbox() as slack:
        address = opened(slack)
        with connect(address, proxy=None):
            for bad in (address, address.replace("ticket=", "ticket=x")):
                with pytest.raises(InvalidStatus) as caught:
                    connect(bad, proxy=None)
                assert caught.value.response.status_code == 403


def test_an_app_without_socket_mode_is_told_that_the_link_is_disabled() -> None:
    with sandbox(url="http://127.0.0.1:9/") as slack, connect(opened(slack), proxy=None) as socket:
        assert read(socket) | {"debug_info": None} == {
            "type": "disconnect",
            "reason": "link_disabled",
            "debug_info": None,
        }


def test_connections_are_opened_with_an_app_level_token_only() -> None:
    with sandbox() as slack:
        client = WebClient(base_url=slack.api_url, retry_handlers=[])
        assert (
            api_error_of(lambda: client.apps_connections_open(app_token=slack.bot_token))
            == "not_allowed_token_type"
        )
        assert api_error_of(lambda: client.apps_connections_open(app_token="xapp-other")) == "invalid_auth"


def test_a_refresh_asks_to_reconnect_and_then_closes_the_old_connection() -> None:
    with sandbox() as slack, open_socket(slack) as old:
        assert slack.add_fault("refresh")["connections"] == 1
        assert read(old)["reason"] == "refresh_requested"
        assert slack.health()["connections"] == 0, "nothing new goes to a connection that is on its way out"
        with open_socket(slack):
            with pytest.raises(ConnectionClosed):
                old.recv(timeout=10)
            assert slack.health()["connections"] == 1


def test_a_warning_comes_before_a_refresh_and_closes_nothing() -> None:
    with sandbox() as slack, open_socket(slack) as socket:
        slack.add_fault("refresh", reason="warning")
        assert read(socket)["reason"] == "warning"
        with typing(slack, "/deploy web 1.4.2"):
            envelope = read(socket)
            socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))


def test_slack_sdk_reconnects_after_a_refresh_and_loses_no_command() -> None:
    with app_over_socket_mode() as connected:
        connected.slack.add_fault("refresh")
        connected.slack.wait_until(lambda: connected.slack.health()["connections"] == 1)

        assert connected.slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"] == []
        assert len(connected.app.commands()) == 1


def test_an_outage_cuts_connections_and_lets_none_in_until_it_is_over() -> None:
    with sandbox() as slack, open_socket(slack) as socket:
        address = opened(slack)
        slack.add_fault("outage", seconds=30)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        with pytest.raises(InvalidStatus):
            connect(address, proxy=None)
        refused = httpx.post(
            slack.api_url + "auth.test", headers={"Authorization": f"Bearer {slack.bot_token}"}
        )
        assert (refused.status_code, refused.json()["error"]) == (503, "service_unavailable")
        slack.clear_faults()
        with open_socket(slack):
            assert slack.health() == {"ok": True, "mode": "socket", "connections": 1}


def test_pings_are_answered() -> None:
    with sandbox() as slack, open_socket(slack) as socket:
        assert socket.ping("are you there").wait(10)
