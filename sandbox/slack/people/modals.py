"""Submitting and closing modals."""

from __future__ import annotations

from typing import Any

from sandbox.slack.outward import payloads
from sandbox.slack.people.clicks import require_interactivity
from sandbox.slack.people.elements import entered_value, find_element
from sandbox.slack.people.refused import Refused
from sandbox.slack.people.view_stack import put_on_top, replace
from sandbox.slack.people.view_state import FIELDS, is_filled
from sandbox.slack.state import State
from sandbox.slack.store.views import DEEPEST_STACK, View
from sandbox.slack.team.workspace import User
from sandbox.slack.webapi.errors import ApiError
from sandbox.slack.webapi.view_content import checked_view

Json = dict[str, Any]

_INVALID_RESPONSE = "invalid_response"


async def submit(state: State, user: User, view: View, entered: dict[str, Json]) -> Json:
    """Presses the submit button, with these inputs filled in.

    Returns `ack` (ok, operation_timeout, dispatch_failed, invalid_response) and `errors` by block: the app's,
    or with the ack not_sent Slack's own, of which the app hears nothing.
    """
    require_interactivity(state)
    _enter_all(view, entered)
    if missing := _own_objections(view):
        return {"ack": "not_sent", "errors": missing}
    payload = {
        **payloads.interaction(state, "view_submission", user),
        "trigger_id": state.triggers.issue(user.id),
        "view": view.as_slack_writes(),
        "response_urls": [],
    }
    url = state.installation.manifest.interactivity_url
    answer = await state.delivery.deliver("interactive", payload, url=url)
    if not answer.is_acknowledged:
        return {"ack": answer.status}
    try:
        return {"ack": answer.status, **_respond(state, user, view, answer.body)}
    except ApiError as problem:
        return {"ack": _INVALID_RESPONSE, "problem": problem.as_json()}


async def close(state: State, user: User, view: View, *, everything: bool) -> Json:
    """Closes a modal, or with `everything` the whole stack; apps that asked for it are told."""
    stack = state.views.stack(user.id)
    everything = everything or bool(view.content.get("clear_on_close"))
    closed = list(reversed(stack)) if everything else [view]
    for gone in closed:
        state.views.remove(gone)
    state.changes.record("view", {user.id})
    acks = [
        await _tell_closed(state, user, gone, everything)
        for gone in closed
        if gone.content.get("notify_on_close")
    ]
    return {"ack": next((ack for ack in acks if ack != "ok"), "ok")}


async def _tell_closed(state: State, user: User, view: View, everything: bool) -> str:
    payload = {
        **payloads.interaction(state, "view_closed", user),
        "view": view.as_slack_writes(),
        "is_cleared": everything,
    }
    url = state.installation.manifest.interactivity_url
    answer = await state.delivery.deliver("interactive", payload, url=url)
    return answer.status


def _respond(state: State, user: User, view: View, body: Json) -> Json:
    match body.get("response_action"):
        case None:
            state.views.remove(view)
            state.changes.record("view", {user.id})
        case "clear":
            state.views.stack(user.id).clear()
            state.changes.record("view", {user.id})
        case "errors":
            return {"errors": _errors(view, body.get("errors"))}
        case "update":
            replace(state, view, checked_view(body.get("view"), "modal"))
        case "push":
            if len(state.views.stack(user.id)) >= DEEPEST_STACK:
                raise ApiError("push_limit_reached")
            put_on_top(state, user.id, checked_view(body.get("view"), "modal"))
        case strange:
            raise ApiError("invalid_response_action", response_action=strange)
    return {}


def _errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise ApiError("invalid_errors")
    if strange := sorted(set(errors) - inputs):
        raise ApiError("invalid_errors", blocks=strange)
    return {block_id: str(problem) for block_id, problem in errors.items()}


def _enter_all(view: View, entered: dict[str, Json]) -> None:
    for block_id, actions in entered.items():
        for action_id, given in actions.items():
            _, element = find_element(view, action_id, block_id)
            if element["type"] not in FIELDS:
                raise Refused(
                    "no_such_element", f"{action_id} is a {element['type']}: nothing can be entered."
                )
            view.values.setdefault(block_id, {})[action_id] = entered_value(element, given)


def _own_objections(view: View) -> dict[str, str]:
    """What Slack itself refuses before it asks the app."""
    objections: dict[str, str] = {}
    for block in view.blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = view.values[block["block_id"]][element["action_id"]]
        if not is_filled(value):
            if not block.get("optional"):
                objections[block["block_id"]] = "Please complete this required field."
        elif (problem := _wrong_length(element, value.get("value"))) is not None:
            objections[block["block_id"]] = problem
    return objections


def _wrong_length(element: Json, text: Any) -> str | None:
    if not isinstance(text, str):
        return None
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(text) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter at most {most} characters." if len(text) > most else None
