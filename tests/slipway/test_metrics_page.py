"""The table of metrics in docs/operations.md matches the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.metrics_page import update_page

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def test_the_table_is_up_to_date() -> None:
    assert update_page(PAGE) == PAGE, "run `make docs`"


def test_a_table_that_is_out_of_date_is_written_again() -> None:
    stale = PAGE.replace("| `slipway_jobs_waiting` | gauge |", "| `slipway_jobs` | counter |")

    assert stale != PAGE
    assert update_page(stale) == PAGE


def test_a_page_without_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="on the page 0 times"):
        update_page(PAGE.replace("| metric | kind |", "| metric |"))
