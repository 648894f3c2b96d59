"""The data table and the data visualization block: tables that can be sorted, and charts.

docs.slack.dev/reference/block-kit/blocks: "Data table block", "Data visualization block". What the pages do
not say, and Slack enforces all the same, was found by calls to it: two charts in a message
(vercel/chat #696). Of one table in a message the page of the older table block speaks.
"""

from __future__ import annotations

import math
from typing import Any

from sandbox.slack.blockkit.rich_text_limits import RICH_TEXT
from sandbox.slack.blockkit.text_objects import TYPE
from sandbox.slack.blockkit.validation_rules import (
    Json,
    Problems,
    Rule,
    all_rules,
    integer,
    list_of,
    object_with,
    string,
    typed_object,
)

MAX_CELL_CHARACTERS = 10_000
"""Characters of all cells of a table together."""
TABLE_TYPES = ("table", "data_table")
MAX_CHARTS = 2
"""Charts in one message (count)."""
_LABEL = string(20)


def _number(value: Any, where: str, findings: Problems) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        findings.add("must be a number", where)


def _positive(value: Any, where: str, findings: Problems) -> None:
    _number(value, where, findings)
    if isinstance(value, int | float) and value <= 0:
        findings.add("must be greater than 0", where)


_RAW_TEXT = object_with({"type": TYPE, "text": string(MAX_CELL_CHARACTERS)})
_RAW_NUMBER = object_with({"type": TYPE, "value": _number}, {"text": string(255)})
_HEADER_CELL = typed_object({"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER})
_CELL = typed_object({"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER, "rich_text": RICH_TEXT})


def _table_shape(block: Any, where: str, findings: Problems) -> None:
    rows = block.get("rows") if isinstance(block, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return
    for column, cell in enumerate(rows[0] if rows else ()):
        _HEADER_CELL(cell, f"{where}/rows/0/{column}", findings)
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            findings.add("all rows must have the same number of cells", f"{where}/rows/{number}")
    if sum(_characters(row) for row in rows) > MAX_CELL_CHARACTERS:
        findings.add(f"no more than {MAX_CELL_CHARACTERS} characters allowed in all cells", f"{where}/rows")


def _characters(part: Any) -> int:
    """Characters that people read, in a cell or a part of one."""
    if isinstance(part, list):
        return sum(map(_characters, part))
    if not isinstance(part, dict):
        return 0
    shown = sum(len(part[key]) for key in ("text", "fallback") if isinstance(part.get(key), str))
    return shown + sum(_characters(each) for each in part.values() if isinstance(each, list | dict))


DATA_TABLE = all_rules(
    object_with(
        {"type": TYPE, "caption": string(255), "rows": list_of(list_of(_CELL, 20, 1), 101, 2)},
        {
            "block_id": string(255),
            "page_size": integer(1, 100),
            "row_header_column_index": integer(0, 19),
        },
    ),
    _table_shape,
)

_POINT = object_with({"label": _LABEL, "value": _number})
_SERIES = object_with({"name": _LABEL, "data": list_of(_POINT, 20, 1)})
_AXES = object_with({"categories": list_of(_LABEL, 20, 1)}, {"x_label": string(50), "y_label": string(50)})


def _series_fit(chart: Any, where: str, findings: Problems) -> None:
    """Names are used once, and each series has one point for each category."""
    try:
        names = [series["name"] for series in chart["series"]]
        categories = sorted(chart["axis_config"]["categories"])
        labels = [sorted(point["label"] for point in series["data"]) for series in chart["series"]]
        repeats_name, repeats_category = len(set(names)) < len(names), len(set(categories)) < len(categories)
    except (AttributeError, KeyError, TypeError):
        return  # another rule has found that
    if repeats_name:
        findings.add("series names must be unique", f"{where}/series")
    if repeats_category:
        findings.add("categories must be unique", f"{where}/axis_config/categories")
    for number, each in enumerate(labels):
        if each != categories:
            findings.add("labels must match the categories", f"{where}/series/{number}/data")


def _series_chart() -> Rule:
    fields = object_with({"type": TYPE, "series": list_of(_SERIES, 6, 1), "axis_config": _AXES})
    return all_rules(fields, _series_fit)


_SEGMENT = object_with({"label": _LABEL, "value": _positive})
_CHART = typed_object(
    {
        "pie": object_with({"type": TYPE, "segments": list_of(_SEGMENT, 6, 1)}),
        "bar": _series_chart(),
        "area": _series_chart(),
        "line": _series_chart(),
    }
)
DATA_VISUALIZATION = object_with(
    {"type": TYPE, "title": string(50), "chart": _CHART}, {"block_id": string(255)}
)


def check_counts(blocks: list[Json], where: str, findings: Problems) -> None:
    """How many of these blocks a message has."""
    kinds = [block.get("type") if isinstance(block, dict) else None for block in blocks]
    tables = [number for number, kind in enumerate(kinds) if kind in TABLE_TYPES]
    for number in tables[1:]:
        findings.add("only_one_table_allowed", f"{where}/{number}")
    charts = [number for number, kind in enumerate(kinds) if kind == "data_visualization"]
    for number in charts[MAX_CHARTS:]:
        findings.add(f"no more than {MAX_CHARTS} data_visualization blocks allowed", f"{where}/{number}")
