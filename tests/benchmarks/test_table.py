"""The table and the page, from given figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import page, table
from benchmarks.results import read_results
from benchmarks.table import MISSING, ROWS, Row
from tests.benchmarks.sample_results import COMPLETE, everything_measured, results

ROOT = Path(__file__).parents[2]


def row(beginning: str) -> Row:
    return next(each for each in ROWS if each.what.startswith(beginning))


def test_what_was_not_measured_is_said_so() -> None:
    empty = results()

    assert {each.text(empty) for each in ROWS} == {"not measured"}
    assert {each.verdict(empty) for each in ROWS} == {"–"}


def test_a_row_has_its_figures_and_a_dash_for_one_that_is_missing() -> None:
    measured = results(
        {"in_flight/10": {"cpu_cores/worker": 0.0512}, "in_flight/1000": {"cpu_cores/worker": 0.4}}
    )

    assert row("CPU of the workers").text(measured) == "0.05, –, –, 0.40 cores"


YES, NO, UNKNOWN = "yes", "**no**", "–"


@pytest.mark.parametrize(
    ("beginning", "subject", "figures", "verdict"),
    [
        ("the same, idle", "ack", {"1_a_second/ratio/p99": 2.0}, YES),
        ("the same, idle", "ack", {"1_a_second/ratio/p99": 2.1}, NO),
        ("CPU", "in_flight/1000", {"cpu_cores/worker": 0.51}, NO),
        ("CPU", "in_flight/500", {"cpu_cores/worker": 0.51}, UNKNOWN),
        (
            "ack",
            "ack",
            {"20_a_second/ratio/p99": 1.4, "20_a_second/ours/failed": 0.0},
            "yes, as far as measured",
        ),
        (
            "ack",
            "ack",
            {"20_a_second/ratio/p99": 1.4, "20_a_second/ours/failed": 1.0},
            "**no**: 20 a second; not measured: 50 a second, 100 a second",
        ),
        (
            "Socket Mode",
            "socket_mode",
            {
                "status/ratio/p50": None,  # none was answered in time
                "status/ours/failed": 64.0,
                "help/ratio/p50": 1.6,
                "help/ours/failed": 0.0,
                "deploy/ratio/p50": 1.5,
                "deploy/ours/failed": 0.0,
            },
            "yes: `deploy`; **no**: `status`, `help`",
        ),
        ("from kill -9", "worker_killed", {"to_next_step/max": 14.0, "without_next_step": 0.0}, YES),
        ("from kill -9", "worker_killed", {"to_next_step/max": 14.0, "without_next_step": 1.0}, NO),
        ("from kill -9", "worker_killed", {"to_next_step/max": 14.0}, UNKNOWN),
        ("lag to Slack", "in_flight/1000", {"record_to_slack/max": 9.0, "ends_not_told": 0.0}, YES),
        ("lag to Slack", "in_flight/1000", {"record_to_slack/max": 9.0, "ends_not_told": 3.0}, NO),
        (
            "one rolling deploy",
            "one_deploy",
            {"aws_calls": 24.0, "rq_jobs": 17.0, "redis_commands": 1700.0, "worker_cpu_seconds": 0.6},
            "yes: AWS calls, Redis commands; **no**: RQ jobs, CPU",
        ),
        (
            "a thousand",
            "burst",
            {
                "share_of_limit/largest": 0.5,
                "throttled": 0.0,
                "largest_displacement": 4.0,
                "jobs_waiting/max": 20.0,
            },
            YES,
        ),
        (
            "a thousand",
            "burst",
            {
                "share_of_limit/largest": 0.5,
                "throttled": 1.0,
                "largest_displacement": 4.0,
                "jobs_waiting/max": 20.0,
            },
            "yes: order, jobs waiting; **no**: limits",
        ),
    ],
)
def test_it_says_which_aims_are_met(
    beginning: str, subject: str, figures: dict[str, float | None], verdict: str
) -> None:
    assert row(beginning).verdict(results({subject: figures})) == verdict


@pytest.mark.parametrize(("workers", "verdict"), [(2, NO), (3, YES)])
def test_how_many_jobs_may_wait_goes_by_the_workers(workers: int, verdict: str) -> None:
    measured = results({"in_flight/1000": {"jobs_waiting/max": 25.0}}, workers=workers)

    assert row("RQ queue").verdict(measured) == verdict


@pytest.mark.parametrize(("seconds", "verdict"), [(15.5, YES), (15.6, NO)])
def test_a_lag_is_compared_with_the_round_that_was_measured(seconds: float, verdict: str) -> None:
    """A read every 12.5 s finds an end, and one soon after confirms it."""
    level: dict[str, float | None] = {"lag_to_record/max": seconds, "round_seconds": 12.5}
    lag = row("lag from ECS's end")

    measured = results({f"in_flight/{each}": level for each in (10, 100, 500, 1000)})

    assert lag.verdict(measured) == verdict
    assert lag.aim_text(measured) == (
        "at most one round (of 12.5, 12.5, 12.5, 12.5 s), and the read that confirms it"
    )


def test_a_lag_without_a_round_is_not_judged() -> None:
    measured = results({"in_flight/10": {"lag_to_record/max": 5.0}})

    assert row("lag from ECS's end").verdict(measured) == "–"


def test_half_of_a_deploy_of_a_minute_is_no_aim_for_a_shorter_one() -> None:
    figures: dict[str, float | None] = {"aws_calls": 20.0, "rq_jobs": 10.0}
    quick = results({"one_deploy": figures}).model_copy(update={"form": "quick"})

    assert row("one rolling deploy").verdict(quick) == "–"


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


def test_a_run_that_measured_everything_fills_every_cell() -> None:
    measured = results(everything_measured())

    lines = table.markdown(measured).splitlines()[2:]

    cells = [[each.strip() for each in line.split("|")[1:-1]] for line in lines]
    assert [what for what, _, now, aim, met in cells if "–" in now + aim + met or MISSING in now] == []
    assert {met for *_, met in cells} == {"yes"}


def test_what_a_busy_hour_needs_is_computed_from_the_run() -> None:
    assert page.sections(results(everything_measured()))["growth"].splitlines() == [
        "| busiest hour | in flight | round (s) | workers | schedulers, web processes | of one Redis "
        "| first limit, and how much of it is used "
        "| if all are asked for at once, the last begins after (minutes) |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| 100 services, each twice an hour | 17 | 5.3 | 2 (0.08 cores, 160 MB) | 2, 2 | 7 % "
        "| RegisterTaskDefinition (11 %) | 3 |",
        "| 1,000 services, each once an hour | 83 | 5.3 | 2 (0.22 cores, 160 MB) | 2, 2 | 22 % "
        "| RegisterTaskDefinition (56 %) | 33 |",
        "| the same in 10 accounts | 83 | 5.3 | 2 (0.22 cores, 160 MB) | 2, 2 | 22 % "
        "| Slack's edits (42 %) | 3 |",
        "| 5,000 services in 50 accounts, each once an hour | 417 | 5.3 | 2 (0.91 cores, 160 MB) | 2, 2 "
        "| 96 % | Slack's edits (208 %) | 3 |",
    ]


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
