"""What Slack adds to the blocks of an app: ids that were left out, and defaults."""

from __future__ import annotations

import copy
import secrets
import string
from typing import Any

from sandbox.slack.blockkit.element_limits import INTERACTIVE
from sandbox.slack.blockkit.traversal import all_blocks, elements_of
from sandbox.slack.blockkit.validation_rules import Json

_LETTERS = string.ascii_letters + string.digits


def with_default_fields(blocks: list[Json]) -> list[Json]:
    """The blocks as Slack stores and returns them."""
    kept = copy.deepcopy(blocks)
    for _, block in all_blocks(kept):
        block.setdefault("block_id", _short_id())
        for _, element in elements_of(block):
            if element.get("type") in INTERACTIVE:
                element.setdefault("action_id", _short_id())
    _add_text_defaults(kept)
    return kept


def _add_text_defaults(part: Any) -> None:
    if isinstance(part, list):
        for item in part:
            _add_text_defaults(item)
    elif isinstance(part, dict):
        if part.get("type") == "plain_text" and "text" in part:
            part.setdefault("emoji", True)
        elif part.get("type") == "mrkdwn" and "text" in part:
            part.setdefault("verbatim", False)
        for item in part.values():
            _add_text_defaults(item)


def _short_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))
