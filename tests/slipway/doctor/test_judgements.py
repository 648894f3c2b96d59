"""What the doctor makes of single values."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from deploys.stores.heartbeats import Heartbeat
from slipway.account_survey.surveyed_service import Gap, GapKind
from slipway.app_manifest import http_manifest, socket_mode_manifest
from slipway.doctor.clock_checks import seconds_ahead
from slipway.doctor.finding import Finding, Level
from slipway.doctor.manifest_checks import find_differences
from slipway.doctor.process_checks import judge_bot, judge_versions
from slipway.doctor.redis_checks import (
    judge_eviction,
    judge_latency,
    judge_memory,
    judge_persistence,
    judge_role,
    judge_version,
)
from slipway.doctor.service_checks import describe_gaps
from slipway.doctor.slack_calls import DatedAnswer
from slipway.doctor.slack_checks import judge_first_message
from tests.builders import NOW

OK, WARNING, ERROR = Level.OK, Level.WARNING, Level.ERROR


@pytest.mark.parametrize(
    ("finding", "level"),
    [
        (judge_version({"redis_version": "7.2.0"}), OK),
        (judge_version({"redis_version": "7.2.4", "valkey_version": "8.0.1"}), OK),
        (judge_version({"redis_version": "10.0"}), OK),
        (judge_version({"redis_version": "7.0.15"}), WARNING),
        (judge_version({"redis_version": "6.2.14"}), ERROR),
        (judge_version({}), ERROR),
        (judge_role({"role": "master", "cluster_enabled": 0}), OK),
        (judge_role({"role": "master", "cluster_enabled": 1}), ERROR),
        (judge_role({"role": "slave"}), ERROR),
        (judge_persistence({"aof_enabled": 1}, ""), OK),
        (judge_persistence({"aof_enabled": 1, "aof_last_write_status": "ok"}, "everysec"), OK),
        (judge_persistence({"aof_enabled": 1, "aof_last_write_status": "err"}, "always"), ERROR),
        (judge_persistence({"aof_enabled": 1}, "no"), WARNING),
        (judge_persistence({"aof_enabled": 0}, "always"), ERROR),
        (judge_eviction({"maxmemory_policy": "noeviction"}), OK),
        (judge_eviction({"maxmemory_policy": "volatile-ttl"}), ERROR),
        (judge_eviction({}), WARNING),
        (judge_memory({"used_memory": 2**30, "maxmemory": 0}), OK),
        (judge_memory({"used_memory": 79, "maxmemory": 100}), OK),
        (judge_memory({"used_memory": 80, "maxmemory": 100}), WARNING),
        (judge_memory({"used_memory": 100, "maxmemory": 100}), ERROR),
        (judge_latency(0.019), OK),
        (judge_latency(0.02), WARNING),
        (judge_latency(0.2), ERROR),
    ],
)
def test_what_redis_says_of_itself(finding: Finding, level: Level) -> None:
    assert finding.level is level
    assert bool(finding.advice) == (level is not OK)


@pytest.mark.parametrize(
    ("asked", "answered", "ahead"),
    [
        (0.0, 0.3, 0.0),
        (0.9, 1.4, 0.0),  # the date has whole seconds: Slack's clock may show up to one more
        (-0.4, 0.1, 0.0),
        (5.0, 5.1, 4.0),
        (-5.1, -5.0, -5.0),
        (-30.0, 30.0, 0.0),  # an answer that took long proves nothing
    ],
)
def test_how_far_the_clock_is_off(asked: float, answered: float, ahead: float) -> None:
    """asked, answered: this machine's time around the call, counted from the date in the answer (seconds)."""
    answer = DatedAnswer(formatdate(NOW, usegmt=True), int(NOW) + asked, int(NOW) + answered)

    assert seconds_ahead(answer) == pytest.approx(ahead)


def test_without_a_date_nothing_is_known_of_the_clock() -> None:
    assert seconds_ahead(DatedAnswer("soon", NOW, NOW)) is None


@pytest.mark.parametrize(
    ("message", "level", "said"),
    [
        (
            {"type": "hello", "num_connections": 3},
            OK,
            "Socket Mode works; the bot has 2 connections to Slack.",
        ),
        (
            {"type": "hello", "num_connections": 1},
            OK,
            "Socket Mode works; the bot has 0 connections to Slack.",
        ),
        (
            {"type": "disconnect", "reason": "too_many_websockets"},
            OK,
            "Socket Mode works; the bot has 10 connections to Slack.",
        ),
        (
            {"type": "disconnect", "reason": "refresh_requested"},
            WARNING,
            "Slack closed the connection at once (refresh_requested).",
        ),
    ],
)
def test_the_first_message_on_a_connection(message: dict[str, Any], level: Level, said: str) -> None:
    found = judge_first_message(message)

    assert (found.level, found.what) == (level, said)


NOT_HERE = "but none that uses this Redis, so what people type does not arrive here."


@pytest.mark.parametrize(
    ("process", "running", "is_reached", "level", "said"),
    [
        ("bot", 1, True, OK, "1 bot runs."),
        ("bot", 2, None, OK, "2 bots run."),
        ("bot", 1, False, ERROR, "A bot runs, but it is not connected to Slack, so /deploy is not answered."),
        ("bot", 0, True, ERROR, f"Slack reaches a bot, {NOT_HERE}"),
        ("bot", 0, False, ERROR, "No bot runs, so /deploy is not answered."),
        ("bot", 0, None, ERROR, "No bot runs, so /deploy is not answered."),
        ("bot", None, False, ERROR, "No bot is connected to Slack, so /deploy is not answered."),
        ("web", 4, True, OK, "4 web processes run."),
        ("web", 1, False, OK, "1 web process runs."),  # that it is not reached is said of its address
        ("web", 0, True, ERROR, f"Slack reaches a web process, {NOT_HERE}"),
        ("web", 0, False, ERROR, "No web process runs, so /deploy is not answered."),
    ],
)
def test_whether_the_bot_lives_and_is_reached(
    process: str, running: int | None, is_reached: bool | None, level: Level, said: str
) -> None:
    found = judge_bot(process, running, is_reached=is_reached)

    assert (found.level, found.what) == (level, said)


def test_an_app_differs_from_its_manifest_only_in_what_matters() -> None:
    expected = http_manifest("https://slipway.example.com")
    renamed = http_manifest("https://slipway.example.com")
    renamed["display_information"] = {"name": "Deploys"}
    renamed["features"]["slash_commands"][0]["description"] = "Deploys"

    assert list(find_differences(renamed, expected)) == []
    assert list(find_differences(socket_mode_manifest(), expected)) == [
        "the address of /deploy is missing",
        "Socket Mode is true, and has to be false",
        "the address of events is missing",
        "the address of clicks is missing",
        "the address of menus is missing",
    ]
    moved = list(find_differences(http_manifest("https://old.example.com"), expected))
    assert moved[0] == (
        'the address of /deploy is "https://old.example.com/slack/events", and has to be '
        '"https://slipway.example.com/slack/events"'
    )
    assert (
        len(list(find_differences({}, expected)))
        == len(list(find_differences({"features": None}, expected)))
        > 15
    )


def test_versions_that_run_side_by_side_are_named() -> None:
    running = [
        Heartbeat("worker", "one", 1, "0.1.0"),
        Heartbeat("worker", "two", 2, "0.2.0"),
        Heartbeat("worker", "two", 3, "0.2.0"),
        Heartbeat("scheduler", "one", 4, "0.2.0"),
    ]

    assert judge_versions(running[:1], "0.1.0").level is OK
    assert judge_versions(running, "0.1.0").what == (
        "Other versions than this command's, 0.1.0, are running (0.2.0: scheduler on one, worker on two)."
    )


def test_what_aws_did_not_answer_for_another_reason_than_a_permission() -> None:
    gaps = [
        Gap("ecs:DescribeServices", "web of production in eu-west-1", "Rate exceeded", GapKind.UNANSWERED),
        Gap("ecs:DescribeServices", "a/b in eu-west-1", "no", GapKind.DENIED),
        Gap("ecs:DescribeServices", "a/c in eu-west-1", "no", GapKind.DENIED),
    ]

    assert [each.what for each in describe_gaps(gaps)] == [
        "AWS did not answer ecs:DescribeServices (web of production in eu-west-1): Rate exceeded",
        "AWS does not allow ecs:DescribeServices, so this could not be read: a/b in eu-west-1; "
        "a/c in eu-west-1.",
    ]
