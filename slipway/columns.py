"""Rows of words as text in columns. They are as wide as they have to be: only whole ids are of use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from deploys.safe_text import safe_line

Row = TypeVar("Row")

Column = tuple[str, Callable[[Row], str]]
"""A heading, and what stands below it in a row."""


def in_columns(rows: Sequence[Row], always: Sequence[Column[Row]], where_used: Sequence[Column[Row]]) -> str:
    """A line for each row, below the headings. Of `where_used` only columns in which anything stands."""
    columns = [[heading, *map(cell, rows)] for heading, cell in always]
    columns += [
        [heading, *(cell(row) or "-" for row in rows)] for heading, cell in where_used if any(map(cell, rows))
    ]
    return aligned(zip(*columns, strict=True))


def aligned(lines: Iterable[Sequence[str]]) -> str:
    """Lines of cells, each cell below the one above it, without what a terminal would obey."""
    rows = [[safe_line(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
