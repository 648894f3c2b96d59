"""The processes' own ports, after real deploys: in Socket Mode and over HTTP."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploys.records.phases import Outcome, Phase
from deploys.telemetry.metrics import METRICS, metrics_of
from tests.monitoring.queries import selected
from tests.reported_metrics import parse_scrape
from tests.scenarios.conversation import Conversation, wait_until


def get(slack: Conversation, name: str, path: str) -> httpx.Response:
    port = slack.demo.metrics_ports[name]
    return httpx.get(f"http://127.0.0.1:{port}/{path}", trust_env=False, timeout=20)


def scrapes(slack: Conversation) -> dict[str, str]:
    """What each process answers a scrape, by name."""
    return {name: get(slack, name, "metrics").text for name in slack.demo.metrics_ports}


def total(slack: Conversation) -> Counter[str]:
    """The series of all processes, added up."""
    found: Counter[str] = Counter()
    for text in scrapes(slack).values():
        found.update(parse_scrape(text))
    return found


def test_every_process_is_well_and_ready(slack: Conversation) -> None:
    names = slack.demo.metrics_ports
    wait_until(lambda: all(get(slack, name, "readyz").status_code == 200 for name in names))
    answers = {(name, path): get(slack, name, path) for name in names for path in ("healthz", "readyz")}

    assert len(answers) == 6
    assert {(answer.status_code, answer.text) for answer in answers.values()} == {(200, "ok\n")}


def test_the_counts_are_those_of_the_records(slack: Conversation) -> None:
    before = total(slack)

    thread = slack.deploys("alice", "/deploy restart web").reaches(Phase.FOLLOWING)
    during = scrapes(slack)
    wait_until(lambda: thread.record.phase is Phase.ENDED)
    wait_until(lambda: total(slack)[SUCCEEDED] > before[SUCCEEDED])

    record, grown = thread.ends().record, total(slack)
    grown.subtract(before)
    assert record.outcome is Outcome.SUCCEEDED
    assert grown[SUCCEEDED] == 1
    duration = 'slipway_deploy_duration_seconds_{}{{outcome="succeeded"}}'
    assert grown[duration.format("count")] == 1
    assert grown[duration.format("sum")] == pytest.approx(
        (record.ended_at or 0) - record.request.requested_at
    )
    for entry in record.timeline[:-1]:
        assert grown[f'slipway_phase_duration_seconds_count{{phase="{entry.phase}"}}'] >= 1
    assert grown['slipway_aws_calls_total{api="ecs",operation="UpdateService",result="ok"}'] == 1
    assert grown['slipway_jobs_total{job_name="watch",result="ok"}'] >= 1
    assert grown['slipway_ack_seconds_count{kind="command"}'] == 1
    assert grown['slipway_slack_calls_total{method="chat.postMessage",result="ok"}'] >= len(thread.messages)
    watching = parse_scrape(during["scheduler"])
    assert watching["slipway_workers"] == 2
    assert watching["slipway_redis_memory_used_bytes"] > 0


def test_a_wrong_services_file_is_told_by_every_process_that_uses_it(slack: Conversation) -> None:
    file = Path(slack.demo.process_env["SERVICES_FILE"])
    right, users = file.read_text(), set(slack.demo.metrics_ports) - {"scheduler"}

    def rejecting() -> set[str]:
        found = {name: parse_scrape(text) for name, text in scrapes(slack).items()}
        return {name for name, each in found.items() if each.get("slipway_services_file_rejected")}

    file.write_text(f"{right}\nservicess: {{}}\n")
    try:
        wait_until(lambda: rejecting() == users)
    finally:
        file.write_text(right)
    wait_until(lambda: not rejecting())


TOLD_BY_THE_RECEIVER_OF_EVENTS = ("slipway_ecs_events_total", "slipway_ecs_event_age_seconds")
"""The demo has none; `test_events.py` has."""
SUCCEEDED = 'slipway_deploys_total{outcome="succeeded",service="web"}'


def test_every_query_of_the_dashboard_and_the_alerts_finds_its_series(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy restart api")
    waiting = slack.deploys("alice", "/deploy api 0.0.1-withdrawn")
    samples: dict[str, set[str]] = {}

    def scrape() -> bool:
        for text in scrapes(slack).values():
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    samples.setdefault(sample.name, set()).update(sample.labels)
        return "slipway_queued_deploys" in samples

    wait_until(scrape)
    slack.says("alice", f"/deploy cancel {waiting.deploy_id}")
    thread.ends()
    waiting.ends()
    scrape()
    in_socket_mode = "bot" in slack.demo.metrics_ports

    missing = [
        (where, each.series, sorted(each.labels))
        for where, asked in selected().items()
        for each in asked
        if each.series != "up"
        and (in_socket_mode or each.series != "slipway_slack_connected")
        and not each.series.startswith(TOLD_BY_THE_RECEIVER_OF_EVENTS)
        and not (each.series in samples and each.labels <= samples[each.series])
    ]
    assert missing == []


def test_each_process_has_the_metrics_that_the_table_says(slack: Conversation) -> None:
    for name, text in scrapes(slack).items():
        shown = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
        assert shown == {each.name for each in metrics_of(name)}, name
    assert set(METRICS) >= shown
