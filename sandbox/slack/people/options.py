"""Opening an external select: the app is asked for its options."""

from __future__ import annotations

from typing import Any

from sandbox.slack.blockkit.rules import Findings, list_of
from sandbox.slack.blockkit.texts import MENU_OPTION, OPTION_GROUP
from sandbox.slack.outward import payloads
from sandbox.slack.people.clicks import require_interactivity
from sandbox.slack.people.elements import find_element
from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State
from sandbox.slack.store.message import Message
from sandbox.slack.store.views import View
from sandbox.slack.team.workspace import Channel, User

Json = dict[str, Any]

_EXTERNAL = ("external_select", "multi_external_select")


async def load_options(
    state: State,
    user: User,
    shown: Message | View,
    channel: Channel | None,
    action_id: str,
    typed: str,
    block_id: str | None,
) -> Json:
    """Returns `ack` and the `options` or `option_groups` that the app offers for what was typed."""
    require_interactivity(state)
    block, element = find_element(shown, action_id, block_id)
    if element["type"] not in _EXTERNAL:
        raise Refused("no_such_element", f"{action_id} is a {element['type']}: its options are not loaded.")
    payload = {
        **payloads.interaction(state, "block_suggestion", user),
        "action_id": action_id,
        "block_id": block["block_id"],
        "value": typed,
    }
    if isinstance(shown, View):
        payload |= {"container": {"type": "view", "view_id": shown.id}, "view": shown.as_slack_writes()}
    else:
        payload |= {
            "container": payloads.message_container(shown),
            "message": payloads.message_part(state, shown),
        }
        if channel is not None:
            payload["channel"] = payloads.channel_part(channel)
    url = state.installation.manifest.options_url
    answer = await state.delivery.deliver("options", payload, url=url)
    if not answer.is_acknowledged:
        return {"ack": answer.status}
    return _offered(answer.body)


def _offered(body: Json) -> Json:
    findings = Findings()
    if "option_groups" in body:
        list_of(OPTION_GROUP, 100)(body["option_groups"], "/option_groups", findings)
    else:
        list_of(MENU_OPTION, 100)(body.get("options"), "/options", findings)
    if findings.problems:
        return {"ack": "invalid_response", "problem": findings.problems}
    return {"ack": "ok", **{name: body[name] for name in ("options", "option_groups") if name in body}}
