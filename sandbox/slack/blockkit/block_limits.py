"""The layout blocks and their limits (docs.slack.dev/reference/block-kit/blocks)."""

from __future__ import annotations

from collections.abc import Collection

from sandbox.slack.blockkit.data_blocks import DATA_TABLE, DATA_VISUALIZATION, check_counts
from sandbox.slack.blockkit.element_limits import (
    ELEMENTS,
    IMAGE_ELEMENT,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
)
from sandbox.slack.blockkit.rich_text_limits import RICH_TEXT, RICH_TEXT_ONLY, TABLE_CELL
from sandbox.slack.blockkit.text_objects import MAX_TEXT, SLACK_FILE, TYPE, any_text, plain_text
from sandbox.slack.blockkit.traversal import all_blocks, elements_of
from sandbox.slack.blockkit.validation_rules import (
    Json,
    Problems,
    Rule,
    all_rules,
    anything,
    at_least_one,
    boolean,
    exactly_one,
    list_of,
    object_with,
    one_of,
    string,
    typed_object,
)


def _block(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    return object_with({"type": TYPE, **required}, {"block_id": string(255), **(optional or {})})


def _elements(allowed: set[str]) -> Rule:
    return typed_object(ELEMENTS, allowed)


_SECTION = all_rules(
    _block(
        {},
        {
            "text": any_text(MAX_TEXT),
            "fields": list_of(any_text(2000), 10, 1),
            "accessory": _elements(IN_SECTION),
            "expand": boolean,
        },
    ),
    at_least_one("text", "fields"),
)
_IMAGE = all_rules(
    _block(
        {"alt_text": string(2000)},
        {"image_url": string(3000), "slack_file": SLACK_FILE, "title": plain_text(2000)},
    ),
    exactly_one("image_url", "slack_file"),
)
_CONTEXT_PART = typed_object(
    {
        "image": IMAGE_ELEMENT,
        "plain_text": plain_text(MAX_TEXT),
        "mrkdwn": any_text(MAX_TEXT),
    }
)
_INPUT = _block(
    {"label": plain_text(2000), "element": _elements(IN_INPUT)},
    {"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
)
_TABLE = _block(
    {"rows": list_of(list_of(TABLE_CELL, 20, 1), 100, 1)},
    {"column_settings": list_of(anything, 20)},
)
_SOURCE = typed_object(
    {"url": object_with({"type": TYPE, "url": string(3000), "text": string(255)}, {"icon_url": string(3000)})}
)
_TASK_CARD = _block(
    {
        "task_id": string(255),
        "title": string(255),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {"details": RICH_TEXT_ONLY, "output": RICH_TEXT_ONLY, "sources": list_of(_SOURCE, 100)},
)
_PLAN = _block(
    {"title": string(255)},
    {"tasks": list_of(typed_object({"task_card": _TASK_CARD}), 50)},
)

BLOCKS: dict[str, Rule] = {
    "section": _SECTION,
    "divider": _block({}),
    "header": _block({"text": plain_text(150)}),
    "context": _block({"elements": list_of(_CONTEXT_PART, 10, 1)}),
    "actions": _block({"elements": list_of(_elements(IN_ACTIONS), 25, 1)}),
    "image": _IMAGE,
    "input": _INPUT,
    "rich_text": RICH_TEXT,
    "table": _TABLE,
    "data_table": DATA_TABLE,
    "data_visualization": DATA_VISUALIZATION,
    "task_card": _TASK_CARD,
    "plan": _PLAN,
}

# The other blocks are only allowed in messages.
BLOCKS_IN_VIEWS = {
    "section",
    "divider",
    "header",
    "context",
    "actions",
    "image",
    "input",
    "rich_text",
}
MAX_BLOCKS_IN_MESSAGE = 50
MAX_BLOCKS_IN_VIEW = 100


def check_message_blocks(blocks: list[Json], unsupported: Collection[str] = ()) -> list[str]:
    """The problems that Slack would find in a message's blocks. unsupported: types that this workspace does
    not take yet."""
    findings = Problems()
    known = typed_object(BLOCKS, BLOCKS.keys() - set(unsupported))
    list_of(known, MAX_BLOCKS_IN_MESSAGE)(blocks, "/blocks", findings)
    check_counts(blocks, "/blocks", findings)
    _check_unique(blocks, "/blocks", findings)
    return findings.messages


def check_view_blocks(blocks: object, findings: Problems) -> None:
    list_of(typed_object(BLOCKS, BLOCKS_IN_VIEWS), MAX_BLOCKS_IN_VIEW)(blocks, "/view/blocks", findings)
    _check_unique(blocks, "/view/blocks", findings)


def _check_unique(blocks: object, where: str, findings: Problems) -> None:
    """A block_id may be used once in a message, an action_id once in a block."""
    block_ids: set[str] = set()
    for place, block in all_blocks(blocks, where):
        _check_unused("block_id", block, block_ids, place, findings)
        used: set[str] = set()
        for place_in_block, element in elements_of(block):
            _check_unused("action_id", element, used, place + place_in_block, findings)


def _check_unused(name: str, part: Json, used: set[str], where: str, findings: Problems) -> None:
    identifier = part.get(name)
    if not isinstance(identifier, str):
        return
    if identifier in used:
        findings.add(f"`{name}` {identifier!r} already exists", f"{where}/{name}")
    used.add(identifier)
