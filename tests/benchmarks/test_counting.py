"""Counting calls, CPU, memory and percentiles from given numbers."""

from __future__ import annotations

import pytest

from benchmarks import names, percentiles, process_figures, worker_metrics
from benchmarks.measurements.burst import largest_displacement, shares_of_limits
from benchmarks.measurements.in_flight import largest_share_of_limit, most_looks, services_named
from benchmarks.measurements.one_deploy import calls_by_api, compare
from benchmarks.played import call_counts
from benchmarks.played.call_counts import CallCount, CallCounter
from benchmarks.process_figures import ProcessStat


def test_calls_are_counted_by_second_operation_and_caller() -> None:
    counter = CallCounter()
    for at, api, caller in ((10.1, "ListTasks", "a"), (10.9, "ListTasks", "a"), (11.0, "ListTasks", "b")):
        counter.note(api, caller, at)
    counter.note("UpdateService", "a", 12.5, refused=True)

    assert call_counts.from_json(counter.to_json()) == [
        CallCount(10, "ListTasks", "a", 2),
        CallCount(11, "ListTasks", "b", 1),
        CallCount(12, "UpdateService", "a", 1, refused=1),
    ]


COUNTS = [
    CallCount(10, "DescribeServices", "a", 3),
    CallCount(11, "DescribeServices", "a", 5),
    CallCount(11, "UpdateService", "a", 1),
    CallCount(12, "DescribeServices", "b", 7),
    CallCount(19, "ListServices", "a", 2),
]


@pytest.mark.parametrize(
    ("since", "until", "caller", "expected"),
    [
        (10, 13, "", {"DescribeServices": 15, "UpdateService": 1}),
        (10, 13, "a", {"DescribeServices": 8, "UpdateService": 1}),
        (10.5, 12.9, "", {"DescribeServices": 5, "UpdateService": 1}),  # 10 and 12 are not whole in it
        (13, 19, "", {}),
    ],
)
def test_only_whole_seconds_within_a_window_count(
    since: float, until: float, caller: str, expected: dict[str, int]
) -> None:
    assert call_counts.by_api(call_counts.between(COUNTS, since, until, caller)) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(1, 7), (2, 12), (3, 15), (10, 17)])
def test_the_busiest_window_adds_the_operations_of_one_limit(seconds: int, expected: int) -> None:
    apis = ("DescribeServices", "ListServices")

    assert call_counts.busiest_window(COUNTS, apis, seconds) == expected


def test_the_share_of_a_limit_is_that_of_the_busiest_group() -> None:
    calls = [CallCount(second, "DescribeServices", "a", 10) for second in range(5)]
    calls += [CallCount(0, "RegisterTaskDefinition", "a", 4)]

    assert largest_share_of_limit(calls, 5) == {"share_of_limit": pytest.approx(4 / 5)}


def test_a_burst_is_compared_with_what_a_full_bucket_takes_in_ten_seconds() -> None:
    """RegisterTaskDefinition: burst 20 and 1/s, so 30 in ten seconds."""
    calls = [CallCount(second, "RegisterTaskDefinition", "a", 3) for second in range(20)]

    figures = shares_of_limits(calls)

    assert figures["busiest_per_second/TaskDefinitionModify"] == 3
    assert figures["share_of_limit/TaskDefinitionModify"] == figures["share_of_limit/largest"] == 1
    assert figures["share_of_limit/ClusterResourceModify"] == 0


@pytest.mark.parametrize(
    ("began", "places"),
    [([], 0), (["a", "b", "c"], 0), (["b", "a", "c"], 1), (["b", "c", "d", "a"], 3)],
)
def test_the_order_is_off_by_the_places_of_the_one_that_is_off_most(began: list[str], places: int) -> None:
    assert largest_displacement(began) == places


@pytest.mark.parametrize(("in_flight", "looks"), [(0, 2), (1, 5), (100, 32), (101, 35)])
def test_looks_come_in_rounds_if_they_are_little_more_than_the_calls_needed(
    in_flight: int, looks: float
) -> None:
    assert most_looks(in_flight, 10.6) == looks


def test_looks_at_definition_and_image_are_added_up() -> None:
    operations = ["DescribeServices", "DescribeImages", "DescribeTaskDefinition", "DescribeServices"]

    assert calls_by_api(operations) == {
        "looks_at_definition_and_image": 2,
        "calls/DescribeServices": 2,
        "calls/DescribeImages": 1,
        "calls/DescribeTaskDefinition": 1,
    }


def test_what_is_the_deploys_own_is_what_the_same_seconds_cost_more() -> None:
    used = {"aws_calls": 30.0, "rq_jobs": 20.0, "redis_commands": 2000.0, "worker_cpu_seconds": 1.0}
    without = {"aws_calls": 0.0, "rq_jobs": 4.0, "redis_commands": 600.0, "worker_cpu_seconds": 0.1}

    figures = compare(used, without, seconds=60, idle_seconds=30)

    assert figures["redis_commands"] == 2000
    assert figures["idle/redis_commands"] == 1200
    assert figures["own/redis_commands"] == 800
    assert (figures["idle/rq_jobs"], figures["own/rq_jobs"]) == (8, 12)
    assert (figures["idle/aws_calls"], figures["own/aws_calls"]) == (0, 30)
    assert figures["own/worker_cpu_seconds"] == pytest.approx(0.8)


def test_the_services_that_a_text_names_are_found() -> None:
    text = "*bench-000012* `1.0.0` → `2.0.0`, then bench-000003: *succeeded*"

    assert services_named(text) == ["bench-000012", "bench-000003"]


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([3], 99, 3), ([4, 1, 3, 2], 50, 2), (range(1, 101), 99, 99), (range(1, 101), 100, 100)],
)
def test_percentiles_go_by_the_nearest_rank(
    values: list[float], percent: float, expected: float | None
) -> None:
    assert percentiles.percentile(values, percent) == expected


def test_a_ratio_of_what_is_missing_is_missing() -> None:
    assert percentiles.ratio(3, 2) == 1.5
    assert percentiles.ratio(None, 2) is percentiles.ratio(3, None) is percentiles.ratio(3, 0) is None


def test_a_stat_line_is_read_although_the_name_has_a_parenthesis() -> None:
    """utime, stime, cutime and cstime are the fields 14 to 17 (proc(5)), in hundredths of a second here."""
    line = "4711 (a) b) S 17 1 1 0 -1 4194560 900 0 0 0 150 50 30 20 20 0 1 0 100 1000 100 0"

    assert process_figures.parse_stat(line) == ProcessStat(4711, 17, 2.5)


def test_a_family_has_the_children_of_children() -> None:
    stats = {pid: ProcessStat(pid, parent, 0) for pid, parent in ((1, 0), (2, 1), (3, 2), (4, 1), (5, 0))}

    assert process_figures.family([2, 5, 9], stats) == {2, 3, 5}


def test_a_metric_is_added_up_over_its_labels() -> None:
    text = (
        "# HELP slipway_jobs_total Jobs that ended\n"
        'slipway_jobs_total{job_name="watch",result="ok"} 12\n'
        'slipway_jobs_total{job_name="advance",result="failed"} 3.0\n'
        "slipway_jobs_total_created 1e9\n"
    )

    assert worker_metrics.total(text, "slipway_jobs_total") == 15


@pytest.mark.parametrize("index", [0, 17, 123_456])
def test_a_service_is_found_by_its_name(index: int) -> None:
    assert names.index_of(names.service(index)) == index
