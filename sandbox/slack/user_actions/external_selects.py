"""A person opens an external select: asks the app for its options."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.blockkit.text_objects import MENU_OPTION, OPTION_GROUP
from sandbox.slack.blockkit.validation_rules import Problems, list_of
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.store.open_views import OpenView
from sandbox.slack.team.workspace import SlackChannel, SlackUser
from sandbox.slack.user_actions import payloads
from sandbox.slack.user_actions.element_values import find_element
from sandbox.slack.user_actions.interactivity import require_interactivity
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]


async def load_options(
    state: WorkspaceState,
    user: SlackUser,
    shown: SlackMessage | OpenView,
    channel: SlackChannel | None,
    action_id: str,
    typed: str,
    block_id: str | None,
) -> Json:
    """Returns `ack` and the `options` or `option_groups` that the app answers for the typed text."""
    require_interactivity(state)
    block, element = find_element(shown, action_id, block_id)
    if element["type"] != "external_select":
        raise ActionRefused(
            "no_such_element", f"{action_id} is a {element['type']}: its options are not loaded."
        )
    payload = {
        **payloads.interaction_payload(state, "block_suggestion", user),
        "action_id": action_id,
        "block_id": block["block_id"],
        "value": typed,
    }
    if isinstance(shown, OpenView):
        # Slack sends no value of any input along (slackapi/bolt-js #660, slackapi/java-slack-sdk #1292).
        view = {**shown.to_api_json(), "state": {"values": {}}}
        payload |= {"container": {"type": "view", "view_id": shown.id}, "view": view}
    else:
        payload |= {
            "container": payloads.message_container_json(shown),
            "message": payloads.message_json(state, shown),
        }
        if channel is not None:
            payload["channel"] = payloads.channel_json(channel)
    url = state.installation.manifest.options_url
    answer = await state.delivery.deliver("options", payload, url=url)
    if not answer.is_acknowledged:
        return {"ack": answer.status}
    return _checked_options(answer.body)


def _checked_options(body: Json) -> Json:
    findings = Problems()
    if "option_groups" in body:
        list_of(OPTION_GROUP, 100)(body["option_groups"], "/option_groups", findings)
    else:
        list_of(MENU_OPTION, 100)(body.get("options"), "/options", findings)
    if findings.messages:
        return {"ack": "invalid_response", "problem": findings.messages}
    return {"ack": "ok", **{name: body[name] for name in ("options", "option_groups") if name in body}}
