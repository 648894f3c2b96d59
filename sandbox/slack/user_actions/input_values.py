"""The values of the inputs of a view or message: `state.values`, by block_id and action_id."""

from __future__ import annotations

from typing import Any

from sandbox.slack.blockkit.traversal import all_blocks, elements_of

Json = dict[str, Any]

# The field with the value of each kind of input. Buttons and overflow menus have no value.
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
    """The initial values of the inputs."""
    values: dict[str, Json] = {}
    for _, block in all_blocks(blocks):
        for _, element in elements_of(block):
            if element.get("type") in VALUE_FIELDS:
                values.setdefault(block["block_id"], {})[element["action_id"]] = _initial_value(element)
    return values


def carried_over_values(blocks: list[Json], entered: dict[str, Json]) -> dict[str, Json]:
    """The values after an update: entered values stay if their block and action are still there."""
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
