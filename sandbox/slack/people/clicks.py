"""Pressing a button, choosing from a menu: on a message, in a modal or in the Home tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.slack.outward import payloads
from sandbox.slack.outward.response_urls import ResponseUrl
from sandbox.slack.people.elements import action_on, entered_value, find_element
from sandbox.slack.people.refused import Refused
from sandbox.slack.people.view_state import FIELDS, initial_values
from sandbox.slack.state import State
from sandbox.slack.store.message import Message
from sandbox.slack.store.views import View
from sandbox.slack.team.workspace import Channel, User

Json = dict[str, Any]

# What the control API says of an input whose use tells the app nothing until the form is submitted.
NOT_SENT = "not_sent"


@dataclass(frozen=True)
class Click:
    """`given` is what was chosen or entered; `confirmed` answers the confirm dialog, if there is one."""

    user: User
    action_id: str
    block_id: str | None
    given: Json
    confirmed: bool


async def click_on_message(state: State, channel: Channel, message: Message, click: Click) -> Json:
    """Returns how the app took it, and what it showed this person through the response_url meanwhile."""
    block, element = find_element(message, click.action_id, click.block_id)
    _ask(element, click)
    values = message.selections.setdefault(click.user.id, initial_values(message.blocks or []))
    _enter(values, block, element, click.given)
    if not _is_sent(block, element):
        return {"ack": NOT_SENT, "replies": []}
    response_url = state.response_urls.issue("actions", click.user.id, channel.id, message)
    payload = {
        **payloads.interaction(state, "block_actions", click.user),
        "container": payloads.message_container(message),
        "trigger_id": state.triggers.issue(click.user.id),
        "channel": payloads.channel_part(channel),
        "state": {"values": values},
        "response_url": state.response_urls.address(response_url),
        "actions": [action_on(block, element, click.given)],
    }
    if message.ephemeral_to is None:
        # Slack sends no copy of an ephemeral message.
        payload["message"] = payloads.message_part(state, message)
    return await _deliver(state, payload, response_url)


async def click_in_view(state: State, view: View, click: Click) -> Json:
    block, element = find_element(view, click.action_id, click.block_id)
    _ask(element, click)
    _enter(view.values, block, element, click.given)
    if not _is_sent(block, element):
        return {"ack": NOT_SENT, "replies": []}
    payload = {
        **payloads.interaction(state, "block_actions", click.user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": state.triggers.issue(click.user.id),
        "view": view.as_slack_writes(),
        "actions": [action_on(block, element, click.given)],
    }
    return await _deliver(state, payload, None)


def require_interactivity(state: State) -> None:
    """Raises Refused where the manifest has no interactivity: Slack then sends the app nothing."""
    if not state.installation.manifest.interactive:
        raise Refused(
            "interactivity_disabled",
            "The manifest's settings.interactivity.is_enabled is off, so the app hears of no clicks.",
            status=409,
        )


async def _deliver(state: State, payload: Json, response_url: ResponseUrl | None) -> Json:
    require_interactivity(state)
    url = state.installation.manifest.interactivity_url
    answer = await state.delivery.deliver("interactive", payload, url=url)
    return {"ack": answer.status, "replies": list(response_url.posted) if response_url is not None else []}


def _ask(element: Json, click: Click) -> None:
    confirm = element.get("confirm")
    if confirm is not None and not click.confirmed:
        raise Refused(
            "confirm_dismissed", "The confirm dialog was not confirmed.", status=409, confirm=confirm
        )


def _enter(values: dict[str, Json], block: Json, element: Json, given: Json) -> None:
    if element["type"] in FIELDS:
        values.setdefault(block["block_id"], {})[element["action_id"]] = entered_value(element, given)


def _is_sent(block: Json, element: Json) -> bool:
    """Within an input block only `dispatch_action` tells the app at once."""
    if block["type"] != "input":
        return True
    return bool(block.get("dispatch_action")) and element["type"] in FIELDS
