"""Finds an element of a message or view, and reads the value that was entered in it."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.blockkit.traversal import all_blocks, elements_of
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.store.open_views import OpenView
from sandbox.slack.user_actions.input_values import VALUE_FIELDS
from sandbox.slack.user_actions.payloads import new_action_timestamp

Json = dict[str, Any]


def find_element(shown: SlackMessage | OpenView, action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The block and the element in it.

    Raises:
        ActionRefused: no_such_element, with the elements that there are
    """
    action_ids = []
    for _, block in all_blocks(shown.blocks or []):
        for _, element in elements_of(block):
            if "action_id" not in element:
                continue
            if element["action_id"] == action_id and block_id in (None, block["block_id"]):
                return block, element
            action_ids.append(element["action_id"])
    available = f"there are {', '.join(action_ids)}" if action_ids else "there is none"
    raise ActionRefused("no_such_element", f"No element {action_id!r} here; {available}.", status=404)


def entered_value(element: Json, given: Json) -> Json:
    """The value of an input after `given` was entered: the action's entry in `state.values`.

    `given` has the input's field (`value`, `selected_option`, `selected_user`, ...). For an option its value
    is enough.

    Raises:
        ActionRefused: the field is missing, or there is no such option
    """
    kind = element["type"]
    field = VALUE_FIELDS[kind]
    if field not in given:
        raise ActionRefused("value_missing", f"A {kind} takes {field}.")
    value = given[field]
    if field == "selected_option" and value is not None:
        value = _find_option(element, value)
    elif field == "selected_options":
        value = [_find_option(element, chosen) for chosen in value or []]
    elif field == "value" and value is not None:
        value = str(value)
    return {"type": kind, field: value}


def action_json(block: Json, element: Json, given: Json) -> Json:
    """The entry under `actions` in a block_actions payload."""
    action: Json = {"action_id": element["action_id"], "block_id": block["block_id"]}
    kind = element["type"]
    if kind in VALUE_FIELDS:
        action |= entered_value(element, given)
    elif kind == "overflow":
        action |= {"type": kind, "selected_option": _find_option(element, given.get("selected_option"))}
    else:
        action |= {"type": kind}
        action |= {name: element[name] for name in ("text", "value", "style") if name in element}
    return {**action, "action_ts": new_action_timestamp()}


def _find_option(element: Json, chosen: Any) -> Json:
    wanted = chosen.get("value") if isinstance(chosen, dict) else chosen
    if element["type"] == "external_select":
        if isinstance(chosen, dict) and "text" in chosen and "value" in chosen:
            return chosen
        raise ActionRefused("value_missing", "An external select needs the whole option: text and value.")
    options = [*element.get("options", [])]
    for group in element.get("option_groups", []):
        options += group["options"]
    for option in options:
        if option["value"] == wanted:
            return dict(option)
    available = ", ".join(option["value"] for option in options)
    raise ActionRefused(
        "no_such_option",
        f"No option {wanted!r} in {element['action_id']}; there are {available}.",
        status=404,
    )
