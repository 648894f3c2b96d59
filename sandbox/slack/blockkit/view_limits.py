"""Modals and Home tabs: the limits around their blocks (docs.slack.dev/reference/views)."""

from __future__ import annotations

from sandbox.slack.blockkit.block_limits import check_view_blocks
from sandbox.slack.blockkit.text_objects import TYPE, plain_text
from sandbox.slack.blockkit.validation_rules import (
    Json,
    Problems,
    Rule,
    anything,
    boolean,
    object_with,
    string,
    typed_object,
)

_SHARED: dict[str, Rule] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_MODAL = object_with(
    {"type": TYPE, "title": plain_text(24), "blocks": anything},
    {
        **_SHARED,
        "submit": plain_text(24),
        "close": plain_text(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = object_with(
    {"type": TYPE, "blocks": anything},
    # Slack also accepts a title and buttons for a Home tab, but shows none of them.
    {**_SHARED, "title": plain_text(24), "submit": plain_text(24), "close": plain_text(24)},
)


def check_view(view: Json) -> list[str]:
    """The problems that Slack would find in a view."""
    findings = Problems()
    typed_object({"modal": _MODAL, "home": _HOME})(view, "/view", findings)
    check_view_blocks(view.get("blocks"), findings)
    if view.get("type") == "modal" and not view.get("submit") and _asks_for_input(view):
        findings.add("missing required field: submit, as there are input blocks", "/view")
    return findings.messages


def _asks_for_input(view: Json) -> bool:
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        return False
    return any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
