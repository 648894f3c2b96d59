"""The rich_text block and what it is made of (docs.slack.dev, rich text block)."""

from __future__ import annotations

from sandbox.slack.blockkit.rules import (
    Rule,
    anything,
    boolean,
    integer,
    list_of,
    one_of,
    record,
    string,
    typed,
)
from sandbox.slack.blockkit.texts import TYPE

_STYLES = ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink")
_STYLE = record({}, dict.fromkeys(_STYLES, boolean))
_ID = string(255)
_STYLED: dict[str, Rule] = {"style": _STYLE}

_INLINE = typed(
    {
        "text": record({"type": TYPE, "text": string(12_000, 0)}, _STYLED),
        "link": record(
            {"type": TYPE, "url": string(3000)}, {"text": string(12_000), "unsafe": boolean, **_STYLED}
        ),
        "user": record({"type": TYPE, "user_id": _ID}, _STYLED),
        "usergroup": record({"type": TYPE, "usergroup_id": _ID}, _STYLED),
        "channel": record({"type": TYPE, "channel_id": _ID}, _STYLED),
        "team": record({"type": TYPE, "team_id": _ID}, _STYLED),
        "broadcast": record({"type": TYPE, "range": one_of("here", "channel", "everyone")}, _STYLED),
        "emoji": record({"type": TYPE, "name": _ID}, {"unicode": _ID, "skin_tone": integer(1, 6), **_STYLED}),
        "color": record({"type": TYPE, "value": string(32)}, _STYLED),
        "date": record(
            {"type": TYPE, "timestamp": integer(0, 99_999_999_999), "format": string(255)},
            {"fallback": string(255), "url": string(3000), **_STYLED},
        ),
    }
)
_INLINES = list_of(_INLINE, 1000)
_SECTION = record({"type": TYPE, "elements": _INLINES})
_BORDERED = record({"type": TYPE, "elements": _INLINES}, {"border": integer(0, 1), "language": _ID})

_PART = typed(
    {
        "rich_text_section": _SECTION,
        "rich_text_preformatted": _BORDERED,
        "rich_text_quote": _BORDERED,
        "rich_text_list": record(
            {
                "type": TYPE,
                "style": one_of("bullet", "ordered"),
                "elements": list_of(typed({"rich_text_section": _SECTION}), 1000),
            },
            {"indent": integer(0, 8), "offset": integer(0, 100_000), "border": integer(0, 1)},
        ),
    }
)

RICH_TEXT = record({"type": TYPE, "elements": list_of(_PART, 1000)}, {"block_id": string(255)})
RICH_TEXT_ONLY = typed({"rich_text": RICH_TEXT})
TABLE_CELL = typed(
    {
        "rich_text": RICH_TEXT,
        "raw_text": record({"type": TYPE, "text": string(12_000)}),
        "raw_number": record({"type": TYPE, "value": anything}, {"text": string(255)}),
    }
)
