"""Running a shortcut: from the composer, or from a message's menu."""

from __future__ import annotations

from typing import Any

from sandbox.slack.outward import payloads
from sandbox.slack.people.clicks import require_interactivity
from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State
from sandbox.slack.store.message import Message
from sandbox.slack.team.manifest import Shortcut
from sandbox.slack.team.workspace import Channel, User

Json = dict[str, Any]


async def run_global(state: State, user: User, callback_id: str) -> Json:
    _known(state, callback_id, "global")
    return await _deliver(state, _started(state, "shortcut", user, callback_id), [])


async def run_on_message(
    state: State, user: User, callback_id: str, channel: Channel, message: Message
) -> Json:
    _known(state, callback_id, "message")
    response_url = state.response_urls.issue("app", user.id, channel.id, message)
    payload = {
        **_started(state, "message_action", user, callback_id),
        "response_url": state.response_urls.address(response_url),
        "message_ts": message.ts,
        "channel": payloads.channel_part(channel),
        "message": payloads.message_part(state, message),
    }
    return await _deliver(state, payload, response_url.posted)


def _known(state: State, callback_id: str, kind: str) -> Shortcut:
    shortcut = state.installation.manifest.shortcut(callback_id)
    if shortcut is None or shortcut.kind != kind:
        known = [known.callback_id for known in state.installation.manifest.shortcuts if known.kind == kind]
        there = f"there are {', '.join(known)}" if known else "the manifest has none"
        raise Refused("no_such_shortcut", f"No {kind} shortcut {callback_id!r}; {there}.", status=404)
    return shortcut


def _started(state: State, kind: str, user: User, callback_id: str) -> Json:
    return {
        **payloads.interaction(state, kind, user),
        "callback_id": callback_id,
        "trigger_id": state.triggers.issue(user.id),
        "action_ts": payloads.action_timestamp(),
    }


async def _deliver(state: State, payload: Json, posted: list[Message]) -> Json:
    require_interactivity(state)
    url = state.installation.manifest.interactivity_url
    answer = await state.delivery.deliver("interactive", payload, url=url)
    return {"ack": answer.status, "replies": list(posted)}
