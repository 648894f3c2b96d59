"""Interactive elements and images (docs.slack.dev/reference/block-kit/block-elements)."""

from __future__ import annotations

from sandbox.slack.blockkit.text_objects import (
    CHECKBOX_OPTION,
    CONFIRM,
    DISPATCH_ACTIONS,
    MENU_OPTION,
    OPTION_GROUP,
    SLACK_FILE,
    TYPE,
    plain_text,
)
from sandbox.slack.blockkit.validation_rules import (
    Rule,
    all_rules,
    boolean,
    exactly_one,
    integer,
    list_of,
    object_with,
    one_of,
    string,
)

_ACTION_ID = string(255)
_STYLE = one_of("primary", "danger")
_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_FILTER = object_with(
    {},
    {
        "include": list_of(one_of("im", "mpim", "private", "public"), 4, 1),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)


def _interactive(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    return object_with({"type": TYPE, **required}, {"action_id": _ACTION_ID, **(optional or {})})


def _menu(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    shared: dict[str, Rule] = {
        "placeholder": plain_text(150),
        "confirm": CONFIRM,
        "focus_on_load": boolean,
    }
    return _interactive(required, {**shared, **(optional or {})})


def _static_menu(initial: dict[str, Rule]) -> Rule:
    options: dict[str, Rule] = {
        "options": list_of(MENU_OPTION, 100, 1),
        "option_groups": list_of(OPTION_GROUP, 100, 1),
    }
    return all_rules(_menu({}, {**options, **initial}), exactly_one("options", "option_groups"))


_ONE_OPTION: dict[str, Rule] = {"initial_option": MENU_OPTION}
_QUERY: dict[str, Rule] = {"min_query_length": integer(0, 1000)}
_CONVERSATION: dict[str, Rule] = {"default_to_current_conversation": boolean, "filter": _FILTER}
_RESPONSE_URL: dict[str, Rule] = {"response_url_enabled": boolean}

_BUTTON = _interactive(
    {"text": plain_text(75)},
    {
        "url": string(3000),
        "value": string(2000),
        "style": _STYLE,
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "agent_prompt": string(4000),
    },
)
_CHECKBOXES = _interactive(
    {"options": list_of(CHECKBOX_OPTION, 10, 1)},
    {"initial_options": list_of(CHECKBOX_OPTION, 10, 1), "confirm": CONFIRM, "focus_on_load": boolean},
)
_RADIO_BUTTONS = _interactive(
    {"options": list_of(CHECKBOX_OPTION, 10, 1)},
    {"initial_option": CHECKBOX_OPTION, "confirm": CONFIRM, "focus_on_load": boolean},
)

IMAGE_ELEMENT = all_rules(
    object_with(
        {"type": TYPE, "alt_text": string(2000)}, {"image_url": string(3000), "slack_file": SLACK_FILE}
    ),
    exactly_one("image_url", "slack_file"),
)
OVERFLOW = _interactive({"options": list_of(MENU_OPTION, 5, 1)}, {"confirm": CONFIRM})

ELEMENTS: dict[str, Rule] = {
    "button": _BUTTON,
    "overflow": OVERFLOW,
    "image": IMAGE_ELEMENT,
    "static_select": _static_menu(_ONE_OPTION),
    "external_select": _menu({}, {**_ONE_OPTION, **_QUERY}),
    "users_select": _menu({}, {"initial_user": string(255)}),
    "conversations_select": _menu(
        {}, {"initial_conversation": string(255), **_CONVERSATION, **_RESPONSE_URL}
    ),
    "channels_select": _menu({}, {"initial_channel": string(255), **_RESPONSE_URL}),
    "checkboxes": _CHECKBOXES,
    "radio_buttons": _RADIO_BUTTONS,
    "datepicker": _menu({}, {"initial_date": string(10, pattern=_DATE)}),
    "timepicker": _menu({}, {"initial_time": string(5, pattern=_TIME), "timezone": string(255)}),
    "datetimepicker": _interactive(
        {}, {"initial_date_time": integer(0, 9_999_999_999), "confirm": CONFIRM, "focus_on_load": boolean}
    ),
    "plain_text_input": _interactive(
        {},
        {
            "placeholder": plain_text(150),
            "focus_on_load": boolean,
            "dispatch_action_config": DISPATCH_ACTIONS,
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
}

_MENUS = {name for name in ELEMENTS if name.endswith("_select")}
_PICKERS = {"datepicker", "timepicker", "datetimepicker"}
_BOXES = {"checkboxes", "radio_buttons"}

IN_SECTION = _MENUS | _PICKERS | _BOXES | {"button", "overflow", "image"}
IN_ACTIONS = _MENUS | _PICKERS | _BOXES | {"button", "overflow"}
IN_INPUT = _MENUS | _PICKERS | _BOXES | {"plain_text_input"}
INTERACTIVE = set(ELEMENTS) - {"image"}
