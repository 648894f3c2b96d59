"""Clicks on the bot's messages, over Socket Mode and HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.slack.bolt_app import ACKNOWLEDGE_SECONDS, ConnectedApp
from tests.sandbox.slack.expected_errors import control_error_of

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


APPROVE: Json = {
    "type": "button",
    "action_id": "approve",
    "text": plain("Approve"),
    "value": "d-1",
    "style": "primary",
    "confirm": {"title": plain("Sure?"), "text": plain("It goes to production."), "confirm": plain("Yes")},
}
REJECT: Json = {"type": "button", "action_id": "reject", "text": plain("Reject"), "value": "d-1"}
MORE: Json = {"type": "overflow", "action_id": "more", "options": [option("cancel"), option("details")]}
PICK: Json = {"type": "static_select", "action_id": "pick", "options": [option("web"), option("api")]}
BLOCKS: list[Json] = [
    {"type": "section", "block_id": "say", "text": plain("Deploy?"), "accessory": MORE},
    {"type": "actions", "block_id": "decide", "elements": [APPROVE, REJECT, PICK]},
]


def ask(connected: ConnectedApp, channel: str = "C01DEPLOYS", **more: Any) -> Json:
    """Posts a message with buttons. Returns its place as keyword arguments for click()."""
    answer = connected.client.chat_postMessage(channel=channel, text="Deploy?", blocks=BLOCKS, **more)
    return {"channel": answer["channel"], "ts": answer["ts"]}


def test_a_click_tells_the_app_who_clicked_what_and_where(connected: ConnectedApp) -> None:
    where = ask(connected)

    result = connected.slack.click("bob", "reject", **where)

    [body] = connected.app.bodies("block_actions")
    [action] = body["actions"]
    assert result["ack"] == "ok"
    assert float(action.pop("action_ts")) > float(where["ts"])
    assert action == {
        "type": "button",
        "action_id": "reject",
        "block_id": "decide",
        "text": {**plain("Reject"), "emoji": True},
        "value": "d-1",
    }
    assert body["user"] == {"id": "U02BOB0000", "username": "bob", "name": "bob", "team_id": "T01SLIPWAY"}
    assert body["team"] == {"id": "T01SLIPWAY", "domain": "slipway-demo"}
    assert body["channel"] == {"id": "C01DEPLOYS", "name": "deploys"}
    assert body["container"] == {
        "type": "message",
        "message_ts": where["ts"],
        "channel_id": "C01DEPLOYS",
        "is_ephemeral": False,
    }
    assert body["message"]["text"] == "Deploy?"
    assert body["message"]["ts"] == where["ts"]
    assert body["state"]["values"] == {"decide": {"pick": {"type": "static_select", "selected_option": None}}}
    assert body["response_url"].startswith(f"{connected.slack.url}actions/")
    assert body["trigger_id"]
    assert body["api_app_id"] == "A01SLIPWAY"


def test_a_message_in_a_thread_says_so(connected: ConnectedApp) -> None:
    root = ask(connected)
    where = ask(connected, thread_ts=root["ts"])

    connected.slack.click("bob", "reject", **where)
    connected.slack.click("bob", "reject", **root)

    in_thread, at_root = connected.app.bodies("block_actions")
    assert in_thread["container"]["thread_ts"] == in_thread["message"]["thread_ts"] == root["ts"]
    assert at_root["message"]["reply_count"] == 1


def test_a_dismissed_dialog_sends_nothing_to_the_app(connected: ConnectedApp) -> None:
    where = ask(connected)

    assert control_error_of(lambda: connected.slack.click("bob", "approve", confirm=False, **where)) == (
        "confirm_dismissed"
    )
    assert connected.app.received == []
    connected.slack.click("bob", "approve", **where)
    assert len(connected.app.bodies("block_actions")) == 1


def test_menus_say_what_was_chosen(connected: ConnectedApp) -> None:
    where = ask(connected)

    connected.slack.click("bob", "more", selected_option="details", **where)
    connected.slack.click("bob", "pick", selected_option="api", **where)

    overflow, select = connected.app.bodies("block_actions")
    assert overflow["actions"][0]["selected_option"]["value"] == "details"
    assert select["actions"][0]["selected_option"]["text"]["text"] == "Api"
    assert select["state"]["values"]["decide"]["pick"]["selected_option"]["value"] == "api"


def test_what_is_not_there_cannot_be_pressed(connected: ConnectedApp) -> None:
    where = ask(connected)
    click = connected.slack.click

    assert control_error_of(lambda: click("bob", "launch", **where)) == "no_such_element"
    assert control_error_of(lambda: click("bob", "pick", selected_option="db", **where)) == "no_such_option"
    assert control_error_of(lambda: click("bob", "pick", **where)) == "value_missing"
    assert (
        control_error_of(lambda: click("bob", "reject", channel="deploys", ts="1.2")) == "message_not_found"
    )
    assert control_error_of(lambda: click("slipway", "reject", **where)) == "user_not_found"
    connected.client.chat_update(**where, text="Decided")
    assert control_error_of(lambda: click("bob", "reject", **where)) == "no_such_element"
    assert connected.app.received == []


def test_nobody_clicks_what_they_cannot_see(connected: ConnectedApp) -> None:
    connected.slack.add_member("slipway", "payments")
    private = ask(connected, "G04PAYMENTS")
    connected.slack.remove_member("slipway", "payments")
    ephemeral = connected.client.chat_postEphemeral(
        channel="C01DEPLOYS", user="U02BOB0000", text="x", blocks=BLOCKS
    )["message_ts"]

    click = connected.slack.click
    assert control_error_of(lambda: click("carol", "reject", **private)) == "channel_not_found"
    own = {"channel": "deploys", "ts": ephemeral}
    assert control_error_of(lambda: click("carol", "reject", **own)) == "message_not_found"
    connected.app.reset()
    click("bob", "reject", **private)
    click("bob", "reject", **own)

    in_private, on_ephemeral = connected.app.bodies("block_actions")
    assert in_private["channel"]["name"] == "privategroup"
    assert on_ephemeral["container"]["is_ephemeral"] is True
    assert "message" not in on_ephemeral


def test_a_click_that_is_not_acknowledged_in_time_shows_an_error(connected: ConnectedApp) -> None:
    where = ask(connected)
    connected.slack.add_fault("delay-delivery", seconds=ACKNOWLEDGE_SECONDS + 0.2, payload="interactive")

    assert connected.slack.click("bob", "reject", **where)["ack"] == "operation_timeout"
    connected.slack.wait_until(lambda: connected.app.bodies("block_actions"))


def test_the_response_url_answers_the_one_who_pressed(connected: ConnectedApp) -> None:
    def answer(ack: Any, _body: Json, respond: Any) -> None:
        respond("Noted")
        ack()

    connected.app.answers["action"] = answer

    action = connected.slack.click("bob", "reject", **ask(connected))

    assert [(reply["text"], reply["ephemeral"]) for reply in action["replies"]] == [("Noted", True)]


def test_the_response_url_replaces_or_deletes_the_message(connected: ConnectedApp) -> None:
    where = ask(connected)
    connected.app.answers["action"] = lambda ack, body, respond: (
        respond(text="Decided", replace_original=True),
        ack(),
    )
    connected.slack.click("bob", "reject", **where)
    [message] = [message for message in connected.slack.messages("deploys") if message["ts"] == where["ts"]]
    assert (message["text"], "blocks" in message) == ("Decided", False)

    where = ask(connected)
    connected.app.answers["action"] = lambda ack, body, respond: (respond(delete_original=True), ack())
    connected.slack.click("bob", "reject", **where)
    assert where["ts"] not in [message["ts"] for message in connected.slack.messages("deploys")]


def test_a_global_shortcut_reaches_the_app(connected: ConnectedApp) -> None:
    started = connected.slack.run_shortcut("alice", "deploy_form")

    [body] = connected.app.bodies("shortcut")
    assert started["ack"] == "ok"
    assert (body["callback_id"], body["user"]["id"]) == ("deploy_form", "U01ALICE00")
    assert body["trigger_id"]
    assert "channel" not in body


def test_a_message_shortcut_takes_the_message_along(connected: ConnectedApp) -> None:
    ts = connected.slack.say("bob", "deploys", "What does this mean?")["ts"]
    connected.slack.run_shortcut("alice", "explain", channel="deploys", ts=ts)

    [body] = connected.app.bodies("message_action")
    assert body["message"]["text"] == "What does this mean?"
    assert body["message"]["blocks"][0]["type"] == "rich_text"
    assert body["message_ts"] == ts
    assert body["channel"]["id"] == "C01DEPLOYS"
    assert body["response_url"]


@pytest.mark.parametrize(
    ("callback_id", "on_message"), [("nothing", False), ("explain", False), ("deploy_form", True)]
)
def test_a_shortcut_runs_only_where_it_belongs(
    connected: ConnectedApp, callback_id: str, on_message: bool
) -> None:
    where = ask(connected) if on_message else {}

    run = connected.slack.run_shortcut
    assert control_error_of(lambda: run("alice", callback_id, **where)) == "no_such_shortcut"
