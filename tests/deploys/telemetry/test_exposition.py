"""What a scrape shows of the reports."""

from __future__ import annotations

import re

import pytest

from deploys.records.phases import Outcome
from deploys.telemetry.metrics import (
    ACK_SECONDS,
    ALL,
    DEPLOYS,
    METRICS,
    SLACK_CONNECTED,
    Kind,
    Metric,
    begin_services,
    metrics_of,
)
from tests.reported_metrics import new_exposition, parse_scrape, reported_metrics

SERVICE_LABELS = {
    "service",
    "outcome",
    "phase",
    "step",
    "of",
    "kind",
    "result",
    "process",
    "version",
    "worker",
}
"""Labels with few values, or those of services.yml."""
API_LABELS = {"api", "operation", "method", "job_name", "limit"}
"""Names of functions and of operations of AWS and Slack that the code calls."""


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_is_named_as_prometheus_asks_and_has_no_label_of_unbounded_values(metric: Metric) -> None:
    assert re.fullmatch(r"slipway_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert metric.kind is not Kind.HISTOGRAM or metric.name.endswith("_seconds")
    assert set(metric.labels) <= SERVICE_LABELS | API_LABELS
    # Prometheus adds these itself, and renames ours.
    assert not {"job", "instance"} & set(metric.labels)
    assert set(metric.processes) <= set(ALL)


@pytest.mark.parametrize("process", ALL)
def test_each_process_shows_its_own_metrics_and_no_others(process: str) -> None:
    exposition, _ = new_exposition(process)

    shown = set(re.findall(r"^# TYPE (\S+)", exposition.text().decode(), re.MULTILINE))

    expected = {each.name for each in metrics_of(process)}
    unread = {each.name for each in METRICS.values() if each.looked_up and each.processes == ("scheduler",)}
    assert shown == expected - unread  # no Redis answers here


def test_series_whose_labels_are_known_begin_at_0() -> None:
    exposition, _ = new_exposition("worker")

    series = parse_scrape(exposition.text().decode())

    assert series['slipway_leases_lost_total{of="thread"}'] == 0
    assert series['slipway_deploy_duration_seconds_count{outcome="rolled back"}'] == 0
    assert series['slipway_step_lag_seconds_count{step="watch"}'] == 0
    assert series["slipway_step_errors_total"] == 0


def test_the_counts_of_each_service_begin_at_0_for_every_outcome() -> None:
    with reported_metrics("worker") as reports:
        begin_services(["web"])

        series = reports.read()

    assert {each for each in series if each.startswith("slipway_deploys_total")} == {
        f'slipway_deploys_total{{outcome="{outcome.value}",service="web"}}' for outcome in Outcome
    }


def test_the_outcomes_of_a_service_are_added_up() -> None:
    with reported_metrics("worker") as reports:
        begin_services(["web"])
        for _ in range(2):
            DEPLOYS.add(service="web", outcome="succeeded")

        assert reports.changed() == {'slipway_deploys_total{outcome="succeeded",service="web"}': 2.0}


def test_a_histogram_has_a_bucket_for_each_bound() -> None:
    with reported_metrics("bot") as reports:
        ACK_SECONDS.observe(0.3, kind="click")
        ACK_SECONDS.observe(2.7, kind="click")
        reports.read()
        text = reports.exposition.text().decode()

    buckets = dict(re.findall(r'slipway_ack_seconds_bucket\{kind="click",le="([^"]+)"\} (\S+)', text))
    assert (buckets["0.25"], buckets["0.5"], buckets["2.5"], buckets["3.0"], buckets["+Inf"]) == (
        "0.0",
        "1.0",
        "1.0",
        "2.0",
        "2.0",
    )


def test_without_redis_a_scrape_says_so_and_shows_the_rest() -> None:
    exposition, _ = new_exposition("scheduler")

    series = parse_scrape(exposition.text().decode())

    assert series["slipway_redis_up"] == 0
    assert series['slipway_process_info{process="scheduler",version="1.2.3"}'] == 1
    assert "slipway_workers" not in series


def test_a_report_that_cannot_be_read_stops_nothing() -> None:
    exposition, _ = new_exposition("worker")

    for line in (
        b"{",
        b"[]",
        b'["slipway_jobs_total", 1]',
        b'["slipway_jobs_total", 1, "a", "b", "c"]',
        b"7",
    ):
        exposition.take(line)
    exposition.take(b'["slipway_leases_lost_total", 1, "deploy"]')

    series = parse_scrape(exposition.text().decode())
    assert series['slipway_leases_lost_total{of="deploy"}'] == 1


def test_a_report_of_a_metric_that_this_process_does_not_have_is_dropped() -> None:
    with reported_metrics("worker") as reports:
        SLACK_CONNECTED.set(1)

        assert reports.changed() == {}
