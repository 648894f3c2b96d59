"""Slack's data tables and charts, within Slack's limits. Pure.

docs.slack.dev/reference/block-kit/blocks: "Data table block" (since May 2026), "Data visualization block"
(since June 2026). A workspace or a client that does not know them yet answers `invalid_blocks`, so a message
that has one comes with plainer blocks and a text that say the same (`workers/thread/private_message.py`), and
what was refused is not tried again for a day (`workers/thread/native_block_support.py`).

A message has at most one table and two charts: the first is the rule of the older table block, the second
was found by calls to Slack (vercel/chat #696).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploys.formatting import utc_time
from deploys.message_size import message_size
from deploys.text_limits import shorten

Block = dict[str, Any]
Cell = dict[str, Any]
Part = dict[str, Any]

MAX_ROWS = 100
"""Rows of a table below its header (count)."""
MAX_TABLE_CHARACTERS = 7000
"""Characters of all cells. Slack takes 10,000, and counts the other blocks of the message as well."""
CELL_CHARACTERS = 200
ROWS_ON_A_PAGE = 10
"""Rows that are shown at once; Slack's own default is 5 (count)."""
MAX_POINTS = 20
"""Points of a series (count)."""
CHART_TITLE, CHART_LABEL = 50, 20
"""Characters of a chart's title and of the names in it."""
NOTHING = "–"
"""In a cell that has nothing to say: Slack takes no empty one."""


def text_cell(text: str) -> Cell:
    """Plain text, as it is."""
    return {"type": "raw_text", "text": shorten(text, CELL_CHARACTERS) or NOTHING}


def number_cell(value: float, shown: str) -> Cell:
    """A number, which the table sorts by, and how people read it."""
    return {"type": "raw_number", "value": value, "text": shown}


def rich_cell(*parts: Part) -> Cell:
    """Several parts behind one another."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}


def code_cell(text: str) -> Cell:
    """Text set as code."""
    return rich_cell(code_part(text)) if text else text_cell("")


def users_cell(*users: str) -> Cell:
    """People, as mentions. Nobody is notified by an answer that one person sees."""
    parts: list[Part] = []
    for user in users:
        parts += [text_part(", ")] if parts else []
        parts.append(user_part(user))
    return rich_cell(*parts) if parts else text_cell("")


def time_cell(at: float | None) -> Cell:
    """A moment in the reader's own time zone, by which the table sorts."""
    if at is None:
        return text_cell("")
    pattern = "{date_short_pretty} {time}"
    return rich_cell(
        {"type": "date", "timestamp": int(at), "format": pattern, "fallback": utc_time(at)},
    )


def text_part(text: str) -> Part:
    """Plain text, as it is, with the spaces around it."""
    return {"type": "text", "text": text[:CELL_CHARACTERS]}


def user_part(user: str) -> Part:
    """A person, as a mention."""
    return {"type": "user", "user_id": user}


def code_part(text: str) -> Part:
    """Text set as code."""
    return {**text_part(shorten(text, CELL_CHARACTERS)), "style": {"code": True}}


def fit_rows(rows: Sequence[Sequence[Cell]]) -> list[Sequence[Cell]]:
    """The first rows, as many as a table takes."""
    return list(_rows_that_fit(rows))


def _rows_that_fit(rows: Sequence[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    left = MAX_TABLE_CHARACTERS
    for row in rows[:MAX_ROWS]:
        left -= message_size("", row).characters - message_size("", [{}] * len(row)).characters
        if left < 0:
            return
        yield row


def data_table(caption: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Block:
    """A table of at least one row, each with as many cells as the header. The first column identifies a row.
    Ask `fit_rows` first."""
    return {
        "type": "data_table",
        "caption": shorten(caption, CELL_CHARACTERS),
        "page_size": ROWS_ON_A_PAGE,
        "rows": [[text_cell(each) for each in header], *map(list, rows)],
    }


def bar_chart(
    title: str,
    categories: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    x_label: str,
    y_label: str,
) -> Block:
    """Bars for each category, side by side. Each series has one number for each category; both have names
    that differ."""
    labels = [shorten(each, CHART_LABEL) for each in categories[:MAX_POINTS]]
    drawn = [
        {
            "name": shorten(name, CHART_LABEL),
            "data": [{"label": label, "value": value} for label, value in zip(labels, values, strict=False)],
        }
        for name, values in series.items()
    ]
    axes = {
        "categories": labels,
        "x_label": shorten(x_label, CHART_TITLE),
        "y_label": shorten(y_label, CHART_TITLE),
    }
    return {
        "type": "data_visualization",
        "title": shorten(title, CHART_TITLE),
        "chart": {"type": "bar", "series": drawn, "axis_config": axes},
    }
