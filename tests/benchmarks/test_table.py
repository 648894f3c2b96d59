"""The table and the page, from given figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import page, table
from benchmarks.results import read_results
from benchmarks.table import ROWS, Row
from tests.benchmarks.sample_results import COMPLETE, results

ROOT = Path(__file__).parents[2]


def row(beginning: str) -> Row:
    return next(each for each in ROWS if each.what.startswith(beginning))


def test_what_was_not_measured_is_said_so() -> None:
    empty = results()

    assert {each.text(empty) for each in ROWS} == {"not measured"}
    assert {each.is_met(empty) for each in ROWS} == {None}


def test_a_row_has_its_figures_and_a_dash_for_one_that_is_missing() -> None:
    measured = results(
        {"in_flight/10": {"cpu_cores/worker": 0.0512}, "in_flight/1000": {"cpu_cores/worker": 0.4}}
    )

    assert row("CPU of the workers").text(measured) == "0.05, –, –, 0.40 cores"


@pytest.mark.parametrize(
    ("beginning", "subject", "figures", "met"),
    [
        ("the same, idle", "ack", {"1_a_second/ratio/p99": 2.0}, True),
        ("the same, idle", "ack", {"1_a_second/ratio/p99": 2.1}, False),
        ("CPU", "in_flight/1000", {"cpu_cores/worker": 0.51}, False),
        ("ack", "ack", {"20_a_second/ratio/p99": 1.4}, None),  # the other rates are missing
        ("ack", "ack", {"20_a_second/ratio/p99": 1.6}, False),
        ("ack", "ack", {"20_a_second/ratio/p99": 1.4, "20_a_second/ours/failed": 1.0}, False),
        ("from kill -9", "worker_killed", {"to_next_step/max": 14.0, "without_next_step": 0.0}, True),
        ("from kill -9", "worker_killed", {"to_next_step/max": 14.0, "without_next_step": 1.0}, False),
        ("lag to Slack", "in_flight/1000", {"record_to_slack/max": 9.0, "ends_not_told": 0.0}, True),
        ("lag to Slack", "in_flight/1000", {"record_to_slack/max": 9.0, "ends_not_told": 3.0}, False),
        (
            "a thousand",
            "burst",
            {"share_of_limit/largest": 0.5, "throttled": 0.0, "largest_displacement": 4.0},
            True,
        ),
        (
            "a thousand",
            "burst",
            {"share_of_limit/largest": 0.5, "throttled": 1.0, "largest_displacement": 4.0},
            False,
        ),
    ],
)
def test_an_aim_is_met_if_every_figure_is_within_it(
    beginning: str, subject: str, figures: dict[str, float | None], met: bool | None
) -> None:
    assert row(beginning).is_met(results({subject: figures})) is met


@pytest.mark.parametrize(("workers", "met"), [(2, False), (3, True)])
def test_how_many_jobs_may_wait_goes_by_the_workers(workers: int, met: bool) -> None:
    figures: dict[str, dict[str, float | None]] = {
        subject: {"jobs_waiting/max": 25.0} for subject in ("in_flight/1000", "burst")
    }

    assert row("RQ queue").is_met(results(figures, workers=workers)) is met


@pytest.mark.parametrize(("in_flight", "seconds"), [(10, 5.3), (500, 5.3), (1000, 10)])
def test_a_round_is_as_long_as_half_of_the_limit_needs(in_flight: int, seconds: float) -> None:
    assert table.longest_round(in_flight) == seconds


def test_the_whole_table_is_markdown() -> None:
    lines = table.markdown(
        results({"ack": {"1_a_second/ours/p99": 12.04, "1_a_second/ratio/p99": 3.0}})
    ).splitlines()

    assert lines[:2] == [
        "| what | then (9326b38) | now (abc1234) | aim | met |",
        "| --- | --- | --- | --- | --- |",
    ]
    assert lines[3] == (
        "| the same, idle, 1 a second | p99 up to 39 ms, 4.3 times | p99 12.0 ms, 3.0 times "
        "| within 2 times | **no** |"
    )
    assert {line.count("|") for line in lines} == {6}
    assert len(lines) == 2 + len(ROWS)


def test_the_page_gets_the_tables_of_another_run() -> None:
    before = (ROOT / "docs/performance.md").read_text()

    once = page.update_page(before, results(COMPLETE))

    assert (
        "Measured at abc1234, 2026-01-02T03:04:05+00:00, in the full form with 2 workers, in 1200 s: 2 cores "
        "(load before: 0.2), 8.0 GB, Linux 6.1, Python 3.11.7, rq 3.0.0, redis 8.1.0.\n\n"
        "Not measured, because the time was up: 60 deploys asked for at once.\n" in once
    )
    assert "| 0.05, 0.20, 0.50, **1.59** cores | 0.05, –, –, 0.45 cores | under 0.5 at 1,000 | yes |" in once
    assert page.update_page(once, results(COMPLETE)) == once


def test_a_page_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="<!-- benchmark: table --> is on the page 0 times"):
        page.update_page("<!-- benchmark: run -->\n<!-- benchmark end -->\n", results())


def test_the_page_of_this_repository_has_the_tables_of_its_figures() -> None:
    kept = ROOT / "docs/benchmark.json"
    text = (ROOT / "docs/performance.md").read_text()

    assert page.update_page(text, read_results(kept)) == text
