"""Slash commands, from what is typed to what the person sees, over Socket Mode and HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.bolt_app import ACKNOWLEDGE_SECONDS, ConnectedApp, app_over_http
from tests.sandbox.slack.manifests import build_manifest


def test_the_app_gets_everything_slack_sends_with_a_command(connected: ConnectedApp) -> None:
    before = connected.slack.issued()

    connected.slack.say("alice", "deploys", "/deploy   web 1.4.2 --now")

    [body] = connected.app.commands()
    trigger_id, response_url = body.pop("trigger_id"), body.pop("response_url")
    body.pop("_retry")
    assert body == {
        "token": "sandbox-verification-token",
        "team_id": "T01SLIPWAY",
        "team_domain": "slipway-demo",
        "channel_id": "C01DEPLOYS",
        "channel_name": "deploys",
        "user_id": "U01ALICE00",
        "user_name": "alice",
        "command": "/deploy",
        "text": "web 1.4.2 --now",
        "api_app_id": "A01SLIPWAY",
        "is_enterprise_install": "false",
    }
    assert trigger_id.count(".") == 2
    assert response_url.startswith(f"{connected.slack.url}commands/T01SLIPWAY/")
    assert connected.slack.issued() == {
        "response_urls": [*before["response_urls"], response_url],
        "trigger_ids": [*before["trigger_ids"], trigger_id],
    }


def test_an_answer_in_the_acknowledgement_is_only_for_the_person(connected: ConnectedApp) -> None:
    connected.app.answers["command"] = lambda ack, body, _: ack(f"Only you, {body['user_name']}")

    typed = connected.slack.say("carol", "deploys", "/deploy help")

    [reply] = typed["replies"]
    assert (reply["text"], reply["ephemeral"], reply["user"]) == ("Only you, carol", True, "U0SLIPWAYB")
    assert reply in connected.slack.messages("deploys", "carol")
    assert reply["ts"] not in [message["ts"] for message in connected.slack.messages("deploys", "alice")]


def test_an_answer_in_the_channel_shows_the_command_too(connected: ConnectedApp) -> None:
    connected.app.answers["command"] = lambda ack, *_: ack(text="For all", response_type="in_channel")

    typed = connected.slack.say("carol", "deploys", "/deploy status")

    assert [(reply["user"], reply["text"]) for reply in typed["replies"]] == [
        ("U03CAROL00", "/deploy status"),
        ("U0SLIPWAYB", "For all"),
    ]
    assert [message["text"] for message in connected.slack.messages("deploys", "bob")][-2:] == [
        "/deploy status",
        "For all",
    ]


def test_a_bare_ack_shows_nothing(connected: ConnectedApp) -> None:
    assert connected.slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"] == []


def test_blocks_in_the_ack_are_checked_like_any_others(connected: ConnectedApp) -> None:
    connected.app.answers["command"] = lambda ack, *_: ack(text="x", blocks=[{"type": "section"}])

    [reply] = connected.slack.say("alice", "deploys", "/deploy")["replies"]

    assert reply["text"] == '/deploy failed with the error "invalid_command_response"'


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """An event that is set at the end of the test, so that no thread waits any longer."""
    event = threading.Event()
    yield event
    event.set()


def test_a_command_that_is_not_acknowledged_in_time_fails_for_the_person_and_still_runs(
    connected: ConnectedApp, never: threading.Event
) -> None:
    ran = threading.Event()

    def too_slow(ack: Any, _body: Any, _respond: Any) -> None:
        never.wait(ACKNOWLEDGE_SECONDS * 1.3)
        ack("Too late")
        ran.set()

    connected.app.answers["command"] = too_slow

    [reply] = connected.slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]

    assert reply["text"] == '/deploy failed with the error "operation_timeout"'
    assert (reply["user"], reply["ephemeral"]) == ("USLACKBOT", True)
    assert ran.wait(5)
    assert len(connected.app.commands()) == 1, "a command is never repeated"


def test_a_payload_can_be_made_to_come_late(connected: ConnectedApp) -> None:
    connected.slack.add_fault("delay-delivery", seconds=ACKNOWLEDGE_SECONDS + 0.3)

    [reply] = connected.slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]
    assert reply["text"] == '/deploy failed with the error "operation_timeout"'
    assert connected.app.commands() == []
    connected.slack.wait_until(connected.app.commands)


def test_a_payload_can_be_repeated(connected: ConnectedApp) -> None:
    connected.slack.add_fault("repeat-envelope")

    connected.slack.say("alice", "deploys", "/deploy web 1.4.2")
    connected.slack.wait_until(lambda: len(connected.app.commands()) == 2)
    connected.slack.say("alice", "deploys", "/deploy web 1.4.3")

    first, second, third = connected.app.commands()
    assert first == second
    assert third["text"] == "web 1.4.3"
    assert third["trigger_id"] != first["trigger_id"]


def test_without_a_connection_dispatch_fails_at_once() -> None:
    with SlackSandbox(build_manifest()) as slack:
        began = time.monotonic()
        [reply] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]

    assert reply["text"] == '/deploy failed with the error "dispatch_failed"'
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("status", ["500 Internal Server Error", "404 Not Found"])
def test_an_http_app_that_answers_with_an_error_fails_for_the_person(status: str) -> None:
    def broken(_environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [("Content-Type", "text/plain")])
        return [b"oh dear"]

    with app_over_http() as connected:
        connected.replace_app(broken)
        [reply] = connected.slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]

    assert reply["text"] == '/deploy failed with the error "dispatch_failed"'


def test_an_http_app_that_is_not_there_fails_for_the_person() -> None:
    with SlackSandbox(build_manifest(url="http://127.0.0.1:9/slack/events")) as slack:
        [reply] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]

    assert reply["text"] == '/deploy failed with the error "dispatch_failed"'


def test_a_command_that_the_app_does_not_have_is_not_valid(connected: ConnectedApp) -> None:
    [reply] = connected.slack.say("alice", "deploys", "/rollout web")["replies"]

    assert reply["text"] == "/rollout is not a valid command."
    assert connected.app.received == []


def test_commands_are_refused_in_threads(connected: ConnectedApp) -> None:
    root = connected.slack.say("alice", "deploys", "Here we go")["ts"]
    connected.app.reset()

    [reply] = connected.slack.say("alice", "deploys", "/deploy web 1.4.2", thread_ts=root)["replies"]

    assert reply["text"] == "/deploy is not supported in threads. Sorry!"
    assert connected.slack.replies("deploys", root)[-1]["ts"] == reply["ts"]
    assert connected.app.received == []


def test_commands_work_where_the_bot_is_not_and_private_names_are_kept_from_it(
    connected: ConnectedApp,
) -> None:
    connected.slack.say("alice", "general", "/deploy web 1.4.2")
    connected.slack.say("alice", "payments", "/deploy web 1.4.2")
    connected.slack.say("alice", "@slipway", "/deploy web 1.4.2")

    names = [body["channel_name"] for body in connected.app.commands()]
    assert names == ["general", "privategroup", "directmessage"]


def test_names_are_not_converted_unless_the_command_wants_ids(connected: ConnectedApp) -> None:
    typed = "@bob #deploys @approvers @here http://a.example/b & <now>"
    connected.slack.say("alice", "deploys", f"/deploy {typed}")
    connected.slack.say("alice", "deploys", f"/escaped {typed}")

    plain, with_ids = (body["text"] for body in connected.app.commands())
    assert plain == "@bob #deploys @approvers @here http://a.example/b &amp; &lt;now&gt;"
    assert with_ids == (
        "<@U02BOB0000|bob> <#C01DEPLOYS|deploys> <!subteam^S02APPROVERS|@approvers> <!here> "
        "<http://a.example/b> &amp; &lt;now&gt;"
    )


def test_without_the_commands_scope_there_are_no_commands() -> None:
    with SlackSandbox(build_manifest(scopes=["chat:write"])) as slack:
        [reply] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]

    assert reply["text"] == "/deploy is not a valid command."


def test_slacks_own_invite_lets_the_bot_in(connected: ConnectedApp) -> None:
    slack = connected.slack
    slack.say("alice", "general", "/invite @slipway")
    try:
        inside = {channel["name"]: channel["bot_is_member"] for channel in slack.workspace()["channels"]}
        assert inside["general"] is True
        [answer] = slack.say("alice", "general", "/invite @slipway")["replies"]
        assert "already" in answer["text"]
    finally:
        slack.say("alice", "general", "/remove @slipway")
    inside = {channel["name"]: channel["bot_is_member"] for channel in slack.workspace()["channels"]}
    assert inside["general"] is False
