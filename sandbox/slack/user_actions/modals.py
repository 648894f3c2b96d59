"""A person submits or closes a modal."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ActionRefused, ApiError
from sandbox.slack.app_content.view_content import checked_view
from sandbox.slack.store.open_views import MAX_STACK_DEPTH, OpenView
from sandbox.slack.team.workspace import SlackUser
from sandbox.slack.user_actions import payloads
from sandbox.slack.user_actions.element_values import entered_value, find_element
from sandbox.slack.user_actions.input_values import VALUE_FIELDS, is_filled
from sandbox.slack.user_actions.interactivity import deliver_interaction, require_interactivity
from sandbox.slack.user_actions.view_stack import push_on_stack, replace_view_content
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]

_INVALID_RESPONSE = "invalid_response"


async def submit_modal(
    state: WorkspaceState, user: SlackUser, view: OpenView, entered: dict[str, Json]
) -> Json:
    """Enters these values and presses the submit button.

    Returns `ack` (ok, operation_timeout, dispatch_failed, invalid_response) and the app's `errors` by block.
    If Slack itself finds errors, `ack` is not_sent and the app gets nothing.
    """
    require_interactivity(state)
    _store_values(view, entered)
    if errors := _slack_validation_errors(view):
        return {"ack": "not_sent", "errors": errors}
    payload = {
        **payloads.interaction_payload(state, "view_submission", user),
        "trigger_id": state.trigger_ids.issue(user.id),
        "view": view.to_api_json(),
        "response_urls": [],
    }
    answer = await deliver_interaction(state, payload)
    if not answer.is_acknowledged:
        return {"ack": answer.status}
    try:
        return {"ack": answer.status, **_apply_response(state, user, view, answer.body)}
    except ApiError as problem:
        return {"ack": _INVALID_RESPONSE, "problem": problem.as_json()}


async def close_modal(state: WorkspaceState, user: SlackUser, view: OpenView, *, everything: bool) -> Json:
    """Closes a modal, or with `everything` the whole stack, and tells the app if it asked for that."""
    stack = state.views.stack(user.id)
    everything = everything or bool(view.content.get("clear_on_close"))
    closed = list(reversed(stack)) if everything else [view]
    for closed_view in closed:
        state.views.remove(closed_view)
    state.change_log.record("view", {user.id})
    acks = [
        await _send_view_closed(state, user, closed_view, everything)
        for closed_view in closed
        if closed_view.content.get("notify_on_close")
    ]
    return {"ack": next((ack for ack in acks if ack != "ok"), "ok")}


async def _send_view_closed(state: WorkspaceState, user: SlackUser, view: OpenView, everything: bool) -> str:
    payload = {
        **payloads.interaction_payload(state, "view_closed", user),
        "view": view.to_api_json(),
        "is_cleared": everything,
    }
    answer = await deliver_interaction(state, payload)
    return answer.status


def _apply_response(state: WorkspaceState, user: SlackUser, view: OpenView, body: Json) -> Json:
    match body.get("response_action"):
        case None:
            state.views.remove(view)
            state.change_log.record("view", {user.id})
        case "clear":
            state.views.stack(user.id).clear()
            state.change_log.record("view", {user.id})
        case "errors":
            return {"errors": _checked_errors(view, body.get("errors"))}
        case "update":
            replace_view_content(state, view, checked_view(body.get("view"), "modal"))
        case "push":
            if len(state.views.stack(user.id)) >= MAX_STACK_DEPTH:
                raise ApiError("push_limit_reached")
            push_on_stack(state, user.id, checked_view(body.get("view"), "modal"))
        case unknown:
            raise ApiError("invalid_response_action", response_action=unknown)
    return {}


def _checked_errors(view: OpenView, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise ApiError("invalid_errors")
    if unknown := sorted(set(errors) - inputs):
        raise ApiError("invalid_errors", blocks=unknown)
    return {block_id: str(problem) for block_id, problem in errors.items()}


def _store_values(view: OpenView, entered: dict[str, Json]) -> None:
    for block_id, actions in entered.items():
        for action_id, given in actions.items():
            _, element = find_element(view, action_id, block_id)
            if element["type"] not in VALUE_FIELDS:
                raise ActionRefused(
                    "no_such_element", f"{action_id} is a {element['type']}: nothing can be entered."
                )
            view.values.setdefault(block_id, {})[action_id] = entered_value(element, given)


def _slack_validation_errors(view: OpenView) -> dict[str, str]:
    """The errors that Slack itself finds before it asks the app."""
    objections: dict[str, str] = {}
    for block in view.blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = view.values[block["block_id"]][element["action_id"]]
        if not is_filled(value):
            if not block.get("optional"):
                objections[block["block_id"]] = "Please complete this required field."
        elif (problem := _length_error(element, value.get("value"))) is not None:
            objections[block["block_id"]] = problem
    return objections


def _length_error(element: Json, text: Any) -> str | None:
    if not isinstance(text, str):
        return None
    minimum, maximum = element.get("min_length", 0), element.get("max_length", 3000)
    if len(text) < minimum:
        return f"Please enter at least {minimum} characters."
    return f"Please enter at most {maximum} characters." if len(text) > maximum else None
