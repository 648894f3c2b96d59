"""What the `slipway` command prints: text that others wrote, without terminal codes, and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import typer

from deploys.safe_text import one_safe_line, remove_unsafe

Row = TypeVar("Row")

Column = tuple[str, Callable[[Row], str]]
"""A heading, and the cell of a row below it. Cells are never cut, since an id is only useful as a whole."""


def print_safely(text: str, *, to_stderr: bool = False) -> None:
    """Prints the text without terminal codes."""
    typer.echo(remove_unsafe(text), err=to_stderr)


def format_table(
    rows: Sequence[Row], columns: Sequence[Column[Row]], optional_columns: Sequence[Column[Row]]
) -> str:
    """A line for each row, below the headings. Optional columns that are empty in every row are left out."""
    cells = [[heading, *map(cell, rows)] for heading, cell in columns]
    cells += [
        [heading, *(cell(row) or "-" for row in rows)]
        for heading, cell in optional_columns
        if any(map(cell, rows))
    ]
    return align_columns(zip(*cells, strict=True))


def align_columns(lines: Iterable[Sequence[str]]) -> str:
    """Lines of cells in aligned columns, without terminal codes."""
    rows = [[one_safe_line(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
