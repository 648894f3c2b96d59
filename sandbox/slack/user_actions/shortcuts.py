"""A person runs a shortcut, from the composer or from a message's menu."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.team.app_manifest import AppShortcut
from sandbox.slack.team.workspace import SlackChannel, SlackUser
from sandbox.slack.user_actions import payloads
from sandbox.slack.user_actions.interactivity import deliver_interaction, require_interactivity
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]


async def run_global_shortcut(state: WorkspaceState, user: SlackUser, callback_id: str) -> Json:
    _require_shortcut(state, callback_id, "global")
    return await _deliver(state, _shortcut_payload(state, "shortcut", user, callback_id), [])


async def run_message_shortcut(
    state: WorkspaceState, user: SlackUser, callback_id: str, channel: SlackChannel, message: SlackMessage
) -> Json:
    _require_shortcut(state, callback_id, "message")
    response_url = state.response_urls.issue("app", user.id, channel.id, message)
    payload = {
        **_shortcut_payload(state, "message_action", user, callback_id),
        "response_url": state.response_urls.address(response_url),
        "message_ts": message.ts,
        "channel": payloads.channel_json(channel),
        "message": payloads.message_json(state, message),
    }
    return await _deliver(state, payload, response_url.posted_messages)


def _require_shortcut(state: WorkspaceState, callback_id: str, kind: str) -> AppShortcut:
    shortcut = state.installation.manifest.find_shortcut(callback_id)
    if shortcut is None or shortcut.kind != kind:
        known = [known.callback_id for known in state.installation.manifest.shortcuts if known.kind == kind]
        available = f"there are {', '.join(known)}" if known else "the manifest has none"
        raise ActionRefused(
            "no_such_shortcut", f"No {kind} shortcut {callback_id!r}; {available}.", status=404
        )
    return shortcut


def _shortcut_payload(state: WorkspaceState, kind: str, user: SlackUser, callback_id: str) -> Json:
    return {
        **payloads.interaction_payload(state, kind, user),
        "callback_id": callback_id,
        "trigger_id": state.trigger_ids.issue(user.id),
        "action_ts": payloads.new_action_timestamp(),
    }


async def _deliver(state: WorkspaceState, payload: Json, posted: list[SlackMessage]) -> Json:
    require_interactivity(state)
    answer = await deliver_interaction(state, payload)
    return {"ack": answer.status, "replies": list(posted)}
