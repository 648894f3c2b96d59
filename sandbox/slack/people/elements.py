"""Finding an element on the screen, and what using it says."""

from __future__ import annotations

from typing import Any

from sandbox.slack.blockkit.walking import all_blocks, elements_of
from sandbox.slack.outward.payloads import action_timestamp
from sandbox.slack.people.refused import Refused
from sandbox.slack.people.view_state import FIELDS
from sandbox.slack.store.message import Message
from sandbox.slack.store.views import View

Json = dict[str, Any]


def find_element(shown: Message | View, action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The block and the element in it.

    Raises:
        Refused: no_such_element, naming those that there are
    """
    seen = []
    for _, block in all_blocks(shown.blocks or []):
        for _, element in elements_of(block):
            if "action_id" not in element:
                continue
            if element["action_id"] == action_id and block_id in (None, block["block_id"]):
                return block, element
            seen.append(element["action_id"])
    there = f"there are {', '.join(seen)}" if seen else "there is none"
    raise Refused("no_such_element", f"No element {action_id!r} here; {there}.", status=404)


def entered_value(element: Json, given: Json) -> Json:
    """What an input holds after `given` was entered: `state.values` of that action.

    `given` names the input's field (`value`, `selected_option`, `selected_user`, ...); an option may be given
    by its value alone.

    Raises:
        Refused: the field is missing, or there is no such option
    """
    kind = element["type"]
    field = FIELDS[kind]
    if field not in given:
        raise Refused("value_missing", f"A {kind} takes {field}.")
    value = given[field]
    if field == "selected_option" and value is not None:
        value = _option(element, value)
    elif field == "selected_options":
        value = [_option(element, chosen) for chosen in value or []]
    elif field == "value" and value is not None:
        value = str(value)
    return {"type": kind, field: value}


def action_on(block: Json, element: Json, given: Json) -> Json:
    """The entry under `actions` in a block_actions payload."""
    action: Json = {"action_id": element["action_id"], "block_id": block["block_id"]}
    kind = element["type"]
    if kind in FIELDS:
        action |= entered_value(element, given)
    elif kind == "overflow":
        action |= {"type": kind, "selected_option": _option(element, given.get("selected_option"))}
    else:
        action |= {"type": kind}
        action |= {name: element[name] for name in ("text", "value", "style") if name in element}
    return {**action, "action_ts": action_timestamp()}


def _option(element: Json, chosen: Any) -> Json:
    wanted = chosen.get("value") if isinstance(chosen, dict) else chosen
    if element["type"] in ("external_select", "multi_external_select"):
        if isinstance(chosen, dict) and "text" in chosen and "value" in chosen:
            return chosen
        raise Refused("value_missing", "An external select takes the whole option: text and value.")
    options = [*element.get("options", [])]
    for group in element.get("option_groups", []):
        options += group["options"]
    for option in options:
        if option["value"] == wanted:
            return dict(option)
    there = ", ".join(option["value"] for option in options)
    raise Refused(
        "no_such_option", f"No option {wanted!r} in {element['action_id']}; there are {there}.", status=404
    )
