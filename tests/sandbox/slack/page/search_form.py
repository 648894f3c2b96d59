"""A form of the small app with menus that are searched, and a second view on top of it."""

from __future__ import annotations

from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

Json = dict[str, Any]

SHORTCUTS: list[Json] = [
    {"name": "Berth anywhere", "type": "global", "callback_id": "berth", "description": "Opens a form"},
    {"name": "Berth for this", "type": "message", "callback_id": "berth_for", "description": "The same"},
]
PIERS = {"North": ("N1", "N2"), "South": ("S1",)}
SECOND_ID = "berth-check"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def search(name: str, block_id: str, placeholder: str, **more: Any) -> Json:
    element = {
        "type": "external_select",
        "action_id": name,
        "min_query_length": 0,
        "placeholder": plain(placeholder),
    }
    return {"type": "input", "block_id": block_id, "label": plain(name), "element": element, **more}


def search_form(pier: str = "") -> Json:
    return {
        "type": "modal",
        "callback_id": "search",
        "title": plain("Find a berth"),
        "submit": plain("Check"),
        "blocks": [
            search("Pier", "pier", "Any pier", dispatch_action=True),
            search("Place", f"place:{pier}", f"Places of {pier}" if pier else "Choose above"),
            {
                "type": "input",
                "block_id": "why",
                "label": plain("Why"),
                "optional": True,
                "element": {"type": "plain_text_input", "action_id": "why"},
            },
        ],
    }


def second_view(words: str, *, ready: bool) -> Json:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": words}}
    view = {
        "type": "modal",
        "callback_id": "second",
        "external_id": SECOND_ID,
        "title": plain("Check"),
        "close": plain("Back"),
        "blocks": [block],
    }
    return {**view, "submit": plain("Take it")} if ready else view


def listen_to_search_form(app: App, client: WebClient) -> None:
    def open_form(ack: Any, body: Json) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=search_form())

    for shortcut in SHORTCUTS:
        app.shortcut(shortcut["callback_id"])(open_form)

    @app.options("Pier")
    def offer_piers(ack: Any, payload: Json) -> None:
        found = [pier for pier in PIERS if payload["value"].lower() in pier.lower()]
        described = {"description": plain("by the sea")}
        ack(options=[{"text": plain(each), "value": each, **described} for each in found])

    @app.options("Place")
    def offer_places(ack: Any, payload: Json) -> None:
        places = PIERS.get(payload["block_id"].partition(":")[2], ())
        ack(options=[{"text": plain(each), "value": each} for each in places])

    @app.action("Pier")
    def choose_pier(ack: Any, body: Json, action: Json) -> None:
        ack()
        view = body["view"]
        chosen = action["selected_option"]["value"]
        client.views_update(view_id=view["id"], hash=view["hash"], view=search_form(chosen))

    @app.view("search")
    def check(ack: Any, view: Json) -> None:
        ack(response_action="push", view=second_view("Looking.", ready=False))

    @app.view("second")
    def take(ack: Any) -> None:
        ack(response_action="clear")
        client.chat_postMessage(channel="C01DEPLOYS", text="A berth was taken")
