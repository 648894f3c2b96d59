"""A small app for the page: a command, a question, a form and a Home tab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from sandbox.slack.workspace_state import ExampleText
from tests.sandbox.slack.bolt_app import close_from_slack_side
from tests.sandbox.slack.page.search_form import SHORTCUTS, listen_to_search_form

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Harbour"},
    "features": {
        "bot_user": {"display_name": "harbour", "always_online": True},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
        "slash_commands": [
            {"command": "/berth", "description": "Asks for a berth", "usage_hint": "SHIP | form | help"},
        ],
        "shortcuts": SHORTCUTS,
    },
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write", "chat:write.public", "app_mentions:read"]}},
    "settings": {
        "event_subscriptions": {"bot_events": ["app_mention", "app_home_opened"]},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}

EXAMPLES = [ExampleText("/berth Ark", "asks for a berth")]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def question_blocks(ship: str) -> list[dict[str, Any]]:
    confirm = {
        "title": plain(f"Let {ship} in?"),
        "text": plain("The gate opens."),
        "confirm": plain("Let in"),
        "deny": plain("Not yet"),
    }
    allow = {
        "type": "button",
        "action_id": "allow",
        "style": "primary",
        "text": plain("Allow"),
        "value": ship,
        "confirm": confirm,
    }
    return [section(f"*{ship}* asks for a berth"), {"type": "actions", "elements": [allow]}]


FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Ask for a berth"),
    "submit": plain("Ask"),
    "blocks": [
        {
            "type": "input",
            "block_id": "ship",
            "label": plain("Ship"),
            "element": {"type": "plain_text_input", "action_id": "name"},
        },
        {
            "type": "input",
            "block_id": "size",
            "label": plain("Size"),
            "optional": True,
            "element": {
                "type": "static_select",
                "action_id": "size",
                "options": [{"text": plain(size), "value": size} for size in ("small", "large")],
            },
        },
    ],
}


SHIP = "Santa Maria Nova"
LONG_LABEL = f"Send the {SHIP} away"
"""30 characters: Slack may cut longer ones (docs.slack.dev, "Button element")."""


def home(waiting: str, *, waits: bool = True) -> dict[str, Any]:
    send = {
        "type": "button",
        "action_id": "send_away",
        "text": plain(LONG_LABEL),
        "accessibility_label": f"Send {SHIP} back to the sea",
        "value": "1",
        "confirm": {
            "title": plain("Send it away?"),
            "text": plain("It has to ask again."),
            "confirm": plain("Send away"),
            "deny": plain("Keep"),
            "style": "danger",
        },
    }
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [{"text": plain("Call"), "value": "call"}],
    }
    ship = section(f":anchor: *{SHIP}* asks for a berth at the northern pier, since this morning.")
    rows = [{**ship, "accessory": send}, {**section("*Ark* has a berth"), "accessory": menu}]
    header = {"type": "header", "text": plain("The harbour")}
    return {"type": "home", "blocks": [header, section(waiting), *(rows if waits else [])]}


def build_small_app(client: WebClient) -> App:
    app = App(client=client, token_verification_enabled=False)

    @app.command("/berth")
    def handle_command(ack: Any, body: dict[str, Any]) -> None:
        if body["text"] == "form":
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=FORM)
        elif body["text"] in ("", "help"):
            ack("Say `/berth SHIP`.")
        else:
            ack()
            ship = body["text"]
            client.chat_postMessage(
                channel=body["channel_id"], text=f"{ship} asks", blocks=question_blocks(ship)
            )

    @app.action("allow")
    def allowed(ack: Any, body: dict[str, Any], action: dict[str, Any]) -> None:
        ack()
        place = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        ship = action["value"]
        client.chat_update(**place, text=f"*{ship}* is in\n• The gate closes")
        client.chat_postMessage(
            channel=place["channel"], thread_ts=place["ts"], text=f"<@{body['user']['id']}> let {ship} in"
        )

    @app.view("form")
    def sent(ack: Any, body: dict[str, Any], view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        ship, size = values["ship"]["name"]["value"], values["size"]["size"]["selected_option"]
        if ship == "Titanic":
            ack(response_action="errors", errors={"ship": "Not again."})
            return
        ack()
        text = f"{ship} ({size['value'] if size else 'any size'}) asked by form"
        client.chat_postMessage(channel="C01DEPLOYS", text=text)

    @app.event("app_home_opened")
    def opened(event: dict[str, Any]) -> None:
        client.views_publish(user_id=event["user"], view=home("*Two* ships wait"))

    @app.action("send_away")
    def sent_away(ack: Any, body: dict[str, Any]) -> None:
        ack()
        client.views_publish(user_id=body["user"]["id"], view=home("*One* ship waits", waits=False))

    listen_to_search_form(app, client)
    return app


@contextmanager
def running_small_app(slack: SlackSandbox) -> Iterator[WebClient]:
    """The app, connected by Socket Mode for as long as the context lasts."""
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    handler = SocketModeHandler(build_small_app(client), app_token=slack.app_token, web_client=client)
    handler.connect()
    slack.wait_until(lambda: slack.health()["connections"] == 1)
    try:
        yield client
    finally:
        close_from_slack_side(handler, slack)
