"""The rich_text block and its parts (docs.slack.dev, rich text block)."""

from __future__ import annotations

from sandbox.slack.blockkit.text_objects import TYPE
from sandbox.slack.blockkit.validation_rules import (
    Rule,
    anything,
    boolean,
    integer,
    list_of,
    object_with,
    one_of,
    string,
    typed_object,
)

_STYLES = ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink")
_STYLE = object_with({}, dict.fromkeys(_STYLES, boolean))
_ID = string(255)
_STYLED: dict[str, Rule] = {"style": _STYLE}

_INLINE = typed_object(
    {
        "text": object_with({"type": TYPE, "text": string(12_000, 0)}, _STYLED),
        "link": object_with(
            {"type": TYPE, "url": string(3000)}, {"text": string(12_000), "unsafe": boolean, **_STYLED}
        ),
        "user": object_with({"type": TYPE, "user_id": _ID}, _STYLED),
        "usergroup": object_with({"type": TYPE, "usergroup_id": _ID}, _STYLED),
        "channel": object_with({"type": TYPE, "channel_id": _ID}, _STYLED),
        "team": object_with({"type": TYPE, "team_id": _ID}, _STYLED),
        "broadcast": object_with({"type": TYPE, "range": one_of("here", "channel", "everyone")}, _STYLED),
        "emoji": object_with(
            {"type": TYPE, "name": _ID}, {"unicode": _ID, "skin_tone": integer(1, 6), **_STYLED}
        ),
        "color": object_with({"type": TYPE, "value": string(32)}, _STYLED),
        "date": object_with(
            {"type": TYPE, "timestamp": integer(0, 99_999_999_999), "format": string(255)},
            {"fallback": string(255), "url": string(3000), **_STYLED},
        ),
    }
)
_INLINES = list_of(_INLINE, 1000)
_SECTION = object_with({"type": TYPE, "elements": _INLINES})
_BORDERED = object_with({"type": TYPE, "elements": _INLINES}, {"border": integer(0, 1), "language": _ID})

_PART = typed_object(
    {
        "rich_text_section": _SECTION,
        "rich_text_preformatted": _BORDERED,
        "rich_text_quote": _BORDERED,
        "rich_text_list": object_with(
            {
                "type": TYPE,
                "style": one_of("bullet", "ordered"),
                "elements": list_of(typed_object({"rich_text_section": _SECTION}), 1000),
            },
            {"indent": integer(0, 8), "offset": integer(0, 100_000), "border": integer(0, 1)},
        ),
    }
)

RICH_TEXT = object_with({"type": TYPE, "elements": list_of(_PART, 1000)}, {"block_id": string(255)})
RICH_TEXT_ONLY = typed_object({"rich_text": RICH_TEXT})
TABLE_CELL = typed_object(
    {
        "rich_text": RICH_TEXT,
        "raw_text": object_with({"type": TYPE, "text": string(12_000)}),
        "raw_number": object_with({"type": TYPE, "value": anything}, {"text": string(255)}),
    }
)
