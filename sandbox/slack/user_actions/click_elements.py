"""A person uses an element of a message, a modal or the Home tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.store.open_views import OpenView
from sandbox.slack.team.workspace import SlackChannel, SlackUser
from sandbox.slack.to_app.response_urls import ResponseUrl
from sandbox.slack.user_actions import payloads
from sandbox.slack.user_actions.element_values import action_json, entered_value, find_element
from sandbox.slack.user_actions.input_values import VALUE_FIELDS, initial_values
from sandbox.slack.user_actions.interactivity import deliver_interaction, require_interactivity
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]

# The `ack` of an input that is not sent to the app before the form is submitted.
NOT_SENT_TO_APP = "not_sent"


@dataclass(frozen=True)
class UserClick:
    """`given` is the choice or the input; `confirmed` answers the confirm dialog, if there is one."""

    user: SlackUser
    action_id: str
    block_id: str | None
    given: Json
    confirmed: bool


async def click_on_message(
    state: WorkspaceState, channel: SlackChannel, message: SlackMessage, click: UserClick
) -> Json:
    """Returns the app's `ack`, and what it has posted to the response_url by then."""
    block, element = find_element(message, click.action_id, click.block_id)
    _require_confirmation(element, click)
    values = message.selections.setdefault(click.user.id, initial_values(message.blocks or []))
    _store_value(values, block, element, click.given)
    if not _is_sent_to_app(block, element):
        return {"ack": NOT_SENT_TO_APP, "replies": []}
    response_url = state.response_urls.issue("actions", click.user.id, channel.id, message)
    payload = {
        **payloads.interaction_payload(state, "block_actions", click.user),
        "container": payloads.message_container_json(message),
        "trigger_id": state.trigger_ids.issue(click.user.id),
        "channel": payloads.channel_json(channel),
        "state": {"values": values},
        "response_url": state.response_urls.address(response_url),
        "actions": [action_json(block, element, click.given)],
    }
    if message.ephemeral_to is None:
        # Slack does not send ephemeral messages along.
        payload["message"] = payloads.message_json(state, message)
    return await _deliver(state, payload, response_url)


async def click_in_view(state: WorkspaceState, view: OpenView, click: UserClick) -> Json:
    block, element = find_element(view, click.action_id, click.block_id)
    _require_confirmation(element, click)
    _store_value(view.values, block, element, click.given)
    if not _is_sent_to_app(block, element):
        return {"ack": NOT_SENT_TO_APP, "replies": []}
    payload = {
        **payloads.interaction_payload(state, "block_actions", click.user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": state.trigger_ids.issue(click.user.id),
        "view": view.to_api_json(),
        "actions": [action_json(block, element, click.given)],
    }
    return await _deliver(state, payload, None)


async def _deliver(state: WorkspaceState, payload: Json, response_url: ResponseUrl | None) -> Json:
    require_interactivity(state)
    answer = await deliver_interaction(state, payload)
    return {
        "ack": answer.status,
        "replies": list(response_url.posted_messages) if response_url is not None else [],
    }


def _require_confirmation(element: Json, click: UserClick) -> None:
    confirm = element.get("confirm")
    if confirm is not None and not click.confirmed:
        raise ActionRefused(
            "confirm_dismissed", "The confirm dialog was not confirmed.", status=409, confirm=confirm
        )


def _store_value(values: dict[str, Json], block: Json, element: Json, given: Json) -> None:
    if element["type"] in VALUE_FIELDS:
        values.setdefault(block["block_id"], {})[element["action_id"]] = entered_value(element, given)


def _is_sent_to_app(block: Json, element: Json) -> bool:
    """Whether the app gets this click at once: in an input block only with `dispatch_action`."""
    if block["type"] != "input":
        return True
    return bool(block.get("dispatch_action")) and element["type"] in VALUE_FIELDS
