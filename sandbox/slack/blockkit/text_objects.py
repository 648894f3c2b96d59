"""Text, option and confirmation objects (docs.slack.dev/reference/block-kit/composition-objects)."""

from __future__ import annotations

from sandbox.slack.blockkit.validation_rules import (
    Rule,
    boolean,
    list_of,
    object_with,
    one_of,
    string,
    typed_object,
)

MAX_TEXT = 3000
TYPE: Rule = string(255)


def plain_text(maximum: int, minimum: int = 1) -> Rule:
    return typed_object({"plain_text": _plain(maximum, minimum)})


def any_text(maximum: int, minimum: int = 1) -> Rule:
    return typed_object({"plain_text": _plain(maximum, minimum), "mrkdwn": _mrkdwn(maximum, minimum)})


def _plain(maximum: int, minimum: int) -> Rule:
    return object_with({"type": TYPE, "text": string(maximum, minimum)}, {"emoji": boolean})


def _mrkdwn(maximum: int, minimum: int) -> Rule:
    return object_with({"type": TYPE, "text": string(maximum, minimum)}, {"verbatim": boolean})


# Radio buttons and checkboxes may contain mrkdwn; menus may not.
MENU_OPTION = object_with(
    {"text": plain_text(75), "value": string(150)}, {"description": plain_text(75), "url": string(3000)}
)
CHECKBOX_OPTION = object_with({"text": any_text(75), "value": string(150)}, {"description": any_text(75)})
OPTION_GROUP = object_with({"label": plain_text(75), "options": list_of(MENU_OPTION, 100, 1)})

CONFIRM = object_with(
    {"title": plain_text(100), "text": any_text(300)},
    {"confirm": plain_text(30), "deny": plain_text(30), "style": one_of("primary", "danger")},
)

DISPATCH_ACTIONS = object_with(
    {}, {"trigger_actions_on": list_of(one_of("on_enter_pressed", "on_character_entered"), 2, 1)}
)
SLACK_FILE = object_with({}, {"id": string(255), "url": string(3000)})
