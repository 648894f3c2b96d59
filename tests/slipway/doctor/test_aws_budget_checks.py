"""What the doctor says of AWS's limits, and of how often rollouts are looked at."""

from __future__ import annotations

import pytest

from deploys.aws_limits import LIMITS_BY_NAME
from deploys.stores.aws_budget import BucketKey, BucketState
from deploys.stores.watch_intervals import WatchInterval, WatchIntervals
from slipway.doctor.aws_budget_checks import judge_budget, judge_watch_interval
from slipway.doctor.finding import ok, warning
from tests.builders import NOW

WATCHED = WatchIntervals(
    at=NOW,
    places={
        "own/eu-west-1": WatchInterval(deploys=500, seconds=6.25),
        "210987654321/us-east-1": WatchInterval(deploys=1, seconds=5),
    },
)


@pytest.mark.parametrize(
    ("found", "events_alive", "expected"),
    [
        (None, False, "No rollout is watched now, and no events of ECS come in."),
        (WatchIntervals(at=NOW, places={}), True, "No rollout is watched now, and ECS's events come in."),
        (
            WATCHED,
            False,
            "Rollouts are looked at (210987654321/us-east-1: 1 rollout every 5 s; own/eu-west-1: 500 "
            "rollouts every 6 s), and no events of ECS come in.",
        ),
        (
            WATCHED,
            True,
            "Rollouts are looked at (210987654321/us-east-1: 1 rollout every 1 min; own/eu-west-1: 500 "
            "rollouts every 1 min), and ECS's events come in.",
        ),
    ],
)
def test_it_says_how_often_rollouts_are_looked_at(
    found: WatchIntervals | None, events_alive: bool, expected: str
) -> None:
    assert judge_watch_interval(found, events_alive) == ok(expected)


def a_bucket(limit: str, waiting: int = 0, slowed: bool = False) -> BucketState:
    return BucketState(BucketKey("own", "eu-west-1", LIMITS_BY_NAME[limit]), 1, waiting, slowed)


def test_it_says_what_waits_and_what_aws_throttled() -> None:
    assert list(judge_budget([])) == [ok("No call waits for AWS's limits.")]
    assert list(judge_budget([a_bucket("service-reads")])) == [ok("No call waits for AWS's limits.")]
    assert list(judge_budget([a_bucket("task-definition-changes", 12), a_bucket("log-reads", 1, True)])) == [
        warning(
            "AWS throttled Slipway within the last minute: reads of logs (own/eu-west-1).",
            "See what else in the account calls AWS so often, or lower AWS_BUDGET_PERCENT.",
        ),
        warning(
            "Calls wait for their turn within Slipway's share of AWS's limits: 12 for new revisions of task "
            "definitions (own/eu-west-1); 1 for reads of logs (own/eu-west-1).",
            "It passes by itself. If AWS has raised your limits, raise AWS_BUDGET_PERCENT.",
        ),
    ]
