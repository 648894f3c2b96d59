"""The dashboard and the alert rules ask for metrics, labels and values that there are. The scenario
`tests/scenarios/test_telemetry.py` compares them with the scrapes of real processes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.telemetry.metrics import ALL, METRICS, Kind
from tests.monitoring.queries import ALERTS, SUFFIXES, alerts, panels, queries, select, selected

VALUES = {
    "outcome": {each.value for each in Outcome},
    "phase": {each.value for each in Phase},
    "process": set(ALL),
    "result": {"ok", "throttled", "refused", "failed", "killed"},
}
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed (Debian's package `prometheus` has it)"
)


@pytest.mark.parametrize("where", queries())
def test_a_query_asks_for_what_there_is(where: str) -> None:
    asked = selected()[where]

    assert asked, "it asks for a metric"
    for each in asked:
        if each.series == "up":
            continue
        name = next(
            (each.series.removesuffix(end) for end in SUFFIXES if each.series.endswith(end)), each.series
        )
        metric = METRICS[name]
        assert (name != each.series) == (metric.kind is Kind.HISTOGRAM)
        added = {"le"} if each.series.endswith("_bucket") else set()
        assert each.labels <= {*metric.labels, *added}
        for label, operator, value in each.matchers:
            values = value.split("|") if operator in ("=~", "!~") else [value]
            known = VALUES.get(label)
            assert known is None or set(values) <= known, (label, values)
            bounds = {f"{bound:g}" for bound in metric.buckets}
            assert label != "le" or set(values) <= bounds


def test_the_parser_of_queries_sees_names_labels_and_groups() -> None:
    found = list(
        select(
            'sum by (le, kind) (rate(slipway_ack_seconds_bucket{kind!~"a|b",le="2.5"}[5m])) '
            "/ on (instance) group_left (process) slipway_process_info > up"
        )
    )

    assert [(each.series, set(each.labels)) for each in found] == [
        ("slipway_ack_seconds_bucket", {"le", "kind"}),
        ("slipway_process_info", {"process"}),
        ("up", set()),
    ]
    assert found[0].matchers == (("kind", "!~", "a|b"), ("le", "=", "2.5"))


def test_every_metric_is_on_the_dashboard_or_in_an_alert() -> None:
    asked = {each.series for group in selected().values() for each in group}
    shown = asked | {series.removesuffix(end) for series in asked for end in SUFFIXES}

    assert set(METRICS) - shown == set()


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in alerts():
        assert re.fullmatch(r"Slipway[A-Za-z]+", rule["alert"])
        assert rule["labels"]["severity"] in ("page", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))


def test_the_panels_of_the_dashboard_lie_beside_one_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


@needs_promtool
def test_prometheus_takes_the_rules_and_every_query_of_the_dashboard(tmp_path: Path) -> None:
    assert PROMTOOL is not None
    recorded = "\n".join(
        f"      - record: query_{number}\n        expr: {expr.replace('$service', '.*')!r}"
        for number, expr in enumerate(queries().values())
    )
    dashboard = tmp_path / "queries.yml"
    dashboard.write_text(f"groups:\n  - name: queries\n    rules:\n{recorded}\n")

    for rules in (ALERTS, dashboard):
        done = subprocess.run(
            [PROMTOOL, "check", "rules", str(rules)], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_every_alert_fires_when_it_has_to_and_not_before() -> None:
    assert PROMTOOL is not None
    tests = Path(__file__).with_name("alert_tests.yml")
    fires = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", tests.read_text()))
    is_silent = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts: \[\]", tests.read_text()))

    done = subprocess.run([PROMTOOL, "test", "rules", str(tests)], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
    names = {rule["alert"] for rule in alerts()}
    assert (names - fires, names - is_silent) == (set(), set())
