"""Hostile text in what workers answer: log lines, and the texts, tables and charts of services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from deploys.delivery_metrics import DAY_SECONDS, Change, DeliveryMetrics
from deploys.mrkdwn import verbatim
from tests.builders import NOW
from tests.deploys.test_safe_text import unsafe
from tests.hostile_records import build
from tests.hostile_texts import HOSTILE, assert_harmless, dangers
from workers.messages.logs import ContainerLog, TaskLogs, logs_text
from workers.queries import running_now_text, stats_text, tags_query
from workers.queries.running_now import Health, RunningNow

CHANGES = tuple(
    Change(
        service=HOSTILE,
        ended_at=NOW + number * 3600,
        succeeded=True,
        failed=failed,
        lead_seconds=60.0,
        restore_seconds=60.0,
    )
    for number, failed in enumerate([True, *[False] * 6])
)
METRICS = DeliveryMetrics(30.0, CHANGES)


@pytest.mark.parametrize(
    "log",
    [
        ContainerLog(HOSTILE, lines=(HOSTILE, "```", HOSTILE), link="<https://console.aws.amazon.com|Logs>"),
        ContainerLog(HOSTILE, driver=HOSTILE),
        ContainerLog(HOSTILE, error="A sentence of ours."),
        ContainerLog(HOSTILE),
    ],
    ids=["lines", "driver", "error", "nothing"],
)
def test_logs_are_text(log: ContainerLog) -> None:
    said = logs_text(HOSTILE, [TaskLogs(HOSTILE, HOSTILE, True, NOW, (log,))], NOW)

    assert dangers(verbatim(said)) == []


def running_texts() -> Iterator[tuple[str, list[Any]]]:
    now: RunningNow = build(RunningNow)
    for health in Health:
        found = replace(now, health=health)
        told = [running_now_text.describe_one(found, NOW), running_now_text.describe_briefly(found, NOW)]
        yield health.value, [*told, running_now_text.table_row(found)]
    yield "unread", [running_now_text.unread_row(HOSTILE, "not in ECS")]


def delivery_texts() -> Iterator[tuple[str, list[Any]]]:
    yield "heading", [stats_text.heading([HOSTILE] * 2, 30)]
    yield "metrics", stats_text.metric_lines(METRICS)
    yield "list", [stats_text.service_list([HOSTILE, "web"], METRICS)]
    yield "table", [stats_text.table_row(HOSTILE, METRICS)]
    yield "charts", stats_text.charts(METRICS, NOW - 30 * DAY_SECONDS, NOW)


def tag_texts() -> Iterator[tuple[str, list[Any]]]:
    listed = replace(build(tags_query._ListedTag), running="runs now in 2 of 3 tasks")
    private: list[Callable[[Any], Any]] = [tags_query._tag_line, tags_query._tag_row]
    yield "tags", [each(listed) for each in private]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(said, id=name)
        for made in (running_texts, delivery_texts, tag_texts)
        for name, said in made()
    ],
)
def test_what_is_answered_is_text(said: list[Any]) -> None:
    """As it is sent: without characters that nobody sees."""
    for each in map(verbatim, said):
        if isinstance(each, str):
            assert dangers(each) == [], each
            continue
        assert_harmless({"part": each})
        for text in plain_strings(each):
            assert unsafe(text) == [], text
            assert "\nFORGED" not in text


def plain_strings(part: Any) -> Iterator[str]:
    """Every string of cells and charts, in which Slack looks for nothing."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from plain_strings(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from plain_strings(value)
