"""What stands in the inputs of a view or message: `state.values`, by block and action."""

from __future__ import annotations

from typing import Any

from sandbox.slack.blockkit.traversal import all_blocks, elements_of

Json = dict[str, Any]

# Where each kind of input keeps what was entered. Buttons and overflow menus keep nothing.
VALUE_FIELDS = {
    "plain_text_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "checkboxes": "selected_options",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}


def initial_values(blocks: list[Json]) -> dict[str, Json]:
    """What stands in the inputs before anybody touched them."""
    values: dict[str, Json] = {}
    for _, block in all_blocks(blocks):
        for _, element in elements_of(block):
            if element.get("type") in VALUE_FIELDS:
                values.setdefault(block["block_id"], {})[element["action_id"]] = _initial_value(element)
    return values


def carried_over_values(blocks: list[Json], entered: dict[str, Json]) -> dict[str, Json]:
    """After an update: what was entered stays where block and action are still the same."""
    values = initial_values(blocks)
    for block_id, actions in values.items():
        for action_id, value in actions.items():
            before = entered.get(block_id, {}).get(action_id)
            if before is not None and before["type"] == value["type"]:
                actions[action_id] = before
    return values


def is_filled(value: Json) -> bool:
    return bool(value.get(VALUE_FIELDS[value["type"]]))


def _initial_value(element: Json) -> Json:
    field = VALUE_FIELDS[element["type"]]
    initial = element.get("initial_value" if field == "value" else field.replace("selected_", "initial_"))
    if initial is None and field == "selected_options":
        initial = []
    return {"type": element["type"], field: initial}
