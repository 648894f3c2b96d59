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
    anything,
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
_IDS = list_of(string(255), 100)
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


_MAX_SELECTED: dict[str, Rule] = {"max_selected_items": integer(1, 1000)}
_ONE_OPTION: dict[str, Rule] = {"initial_option": MENU_OPTION}
_OPTIONS: dict[str, Rule] = {"initial_options": list_of(MENU_OPTION, 100, 1), **_MAX_SELECTED}
_QUERY: dict[str, Rule] = {"min_query_length": integer(0, 1000)}
_CONVERSATION: dict[str, Rule] = {"default_to_current_conversation": boolean, "filter": _FILTER}
_RESPONSE_URL: dict[str, Rule] = {"response_url_enabled": boolean}
_INPUT: dict[str, Rule] = {
    "placeholder": plain_text(150),
    "focus_on_load": boolean,
    "dispatch_action_config": DISPATCH_ACTIONS,
}

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
_FEEDBACK = object_with({"text": plain_text(75), "value": string(2000)}, {"accessibility_label": string(75)})
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
    "multi_static_select": _static_menu(_OPTIONS),
    "external_select": _menu({}, {**_ONE_OPTION, **_QUERY}),
    "multi_external_select": _menu({}, {**_OPTIONS, **_QUERY}),
    "users_select": _menu({}, {"initial_user": string(255)}),
    "multi_users_select": _menu({}, {"initial_users": _IDS, **_MAX_SELECTED}),
    "conversations_select": _menu(
        {}, {"initial_conversation": string(255), **_CONVERSATION, **_RESPONSE_URL}
    ),
    "multi_conversations_select": _menu(
        {}, {"initial_conversations": _IDS, **_CONVERSATION, **_MAX_SELECTED}
    ),
    "channels_select": _menu({}, {"initial_channel": string(255), **_RESPONSE_URL}),
    "multi_channels_select": _menu({}, {"initial_channels": _IDS, **_MAX_SELECTED}),
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
            **_INPUT,
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
    "email_text_input": _interactive({}, {**_INPUT, "initial_value": string(3000, 0)}),
    "url_text_input": _interactive({}, {**_INPUT, "initial_value": string(3000, 0)}),
    "number_input": _interactive(
        {"is_decimal_allowed": boolean},
        {**_INPUT, "initial_value": string(100), "min_value": string(100), "max_value": string(100)},
    ),
    "rich_text_input": _interactive({}, {**_INPUT, "initial_value": anything}),
    "file_input": _interactive({}, {"filetypes": _IDS, "max_files": integer(1, 10)}),
    "workflow_button": _interactive(
        {"text": plain_text(75), "workflow": anything}, {"style": _STYLE, "accessibility_label": string(75)}
    ),
    "feedback_buttons": _interactive({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}),
    "icon_button": _interactive(
        {"icon": one_of("trash"), "text": plain_text(75)},
        {
            "value": string(2000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": _IDS,
        },
    ),
}

_MENUS = {name for name in ELEMENTS if name.endswith("_select")}
_PICKERS = {"datepicker", "timepicker", "datetimepicker"}
_BOXES = {"checkboxes", "radio_buttons"}
_TEXT_INPUTS = {
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "file_input",
}

IN_SECTION = _MENUS | _PICKERS | _BOXES | {"button", "overflow", "image", "workflow_button"}
IN_ACTIONS = (
    {name for name in _MENUS if not name.startswith("multi_")}
    | {"multi_static_select", "multi_users_select"}
    | _PICKERS
    | _BOXES
    | {"button", "overflow", "workflow_button"}
)
IN_INPUT = _MENUS | _PICKERS | _BOXES | _TEXT_INPUTS
IN_CONTEXT_ACTIONS = {"feedback_buttons", "icon_button"}
INTERACTIVE = set(ELEMENTS) - {"image"}
