"""Data tables and charts, within Slack's limits."""

from __future__ import annotations

import pytest

from deploys.native_blocks import (
    MAX_ROWS,
    MAX_TABLE_CHARACTERS,
    Cell,
    bar_chart,
    code_cell,
    data_table,
    fit_rows,
    number_cell,
    text_cell,
    time_cell,
    users_cell,
)
from sandbox.slack.blockkit.block_limits import check_message_blocks


@pytest.mark.parametrize(
    ("row", "fitting"),
    [
        ([text_cell("x")], MAX_ROWS),
        ([text_cell("x" * 100), text_cell("x" * 100)], MAX_TABLE_CHARACTERS // 200),
        ([code_cell("x" * 500)], MAX_TABLE_CHARACTERS // 200),
        ([number_cell(1, "x" * 70)], MAX_ROWS),
    ],
)
def test_as_many_rows_as_slack_takes(row: list[Cell], fitting: int) -> None:
    rows = fit_rows([row] * 150)

    assert len(rows) <= fitting
    assert len(rows) >= fitting * 0.7
    assert check_message_blocks([data_table("Caption", ["Head"] * len(row), rows)]) == []


def test_no_cell_is_empty() -> None:
    row = [text_cell(""), code_cell(""), users_cell(), time_cell(None)]

    assert [cell["text"] for cell in row] == ["–"] * 4
    assert check_message_blocks([data_table("x" * 300, ["Head"] * 4, [row])]) == []


def test_what_people_wrote_is_text_and_no_markup() -> None:
    hostile = "<!channel> *b* `c` <https://evil.example|web>\n\u202e:tada:"

    [cell] = code_cell(hostile)["elements"][0]["elements"]

    assert text_cell(hostile)["text"] == "<!channel> *b* `c` <https://evil.example|web> :tada:"
    assert (cell["type"], cell["text"]) == ("text", "<!channel> *b* `c` <https://evil.example|web> :tada:")


def test_people_are_mentioned_one_after_the_other() -> None:
    parts = users_cell("U01ALICE00", "U02BOB0000")["elements"][0]["elements"]

    assert [part.get("user_id", part.get("text")) for part in parts] == ["U01ALICE00", ", ", "U02BOB0000"]


def test_a_chart_is_cut_to_what_slack_takes() -> None:
    names = [f"{number} {'x' * 30}" for number in range(25)]

    block = bar_chart("t" * 80, names, {"s" * 40: range(25)}, x_label="x" * 80, y_label="y")

    assert check_message_blocks([block]) == []
    assert len(block["chart"]["axis_config"]["categories"]) == 20
