"""How often rollouts are looked at."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.aws_limits import LIMITS_BY_NAME
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.stores import redis_keys
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.watch_intervals import read_intervals
from tests.builders import NOW, a_deploy, a_stop_start_service
from workers.step_context import Timing
from workers.watch_interval import DEPLOYS_PER_CALL, LOOKS_SHARE, WatchClock, place_of, watch_interval

RATES = {"service-reads": 10.0, "service-deployments": 10.0}
"""Half of what AWS takes."""
PRODUCTION = "eu-west-1/production"
ROLE = "arn:aws:iam::210987654321:role/slipway"


@pytest.mark.parametrize(
    ("clusters", "expected"),
    [
        ([], 5),
        ([1], 5),
        ([400], 5),
        ([410], 5.125),
        ([500], 6.25),
        ([1000], 12.5),
        ([5000], 62.5),
        ([1] * 40, 5),
        ([1] * 100, 12.5),  # each cluster is a call of its own
        ([200, 200, 0], 5),
    ],
)
def test_from_400_rollouts_on_the_round_stretches(clusters: list[int], expected: float) -> None:
    assert watch_interval(5, clusters, RATES) == expected


@pytest.mark.parametrize(
    ("base", "rates", "expected"),
    [
        (5, {"service-reads": 1.0, "service-deployments": 10.0}, 12.5),
        (5, {"service-reads": 10.0, "service-deployments": 0.5}, 12.5),
        (30, RATES, 30),
        (0.2, RATES, 1.25),
    ],
)
def test_the_tightest_limit_and_the_setting_count(
    base: float, rates: dict[str, float], expected: float
) -> None:
    assert watch_interval(base, [100], rates) == expected


@pytest.mark.parametrize("deploys", [1, 10, 399, 400, 401, 1000, 4000])
def test_the_looks_never_ask_for_more_than_their_share_of_the_budget(deploys: int) -> None:
    seconds = watch_interval(5, [deploys], RATES)

    for limit, per_call in DEPLOYS_PER_CALL.items():
        assert -(-deploys // per_call) / seconds <= LOOKS_SHARE * RATES[limit] + 1e-9
        assert RATES[limit] == LIMITS_BY_NAME[limit].per_second / 2


@pytest.mark.parametrize(
    ("cluster_key", "expected"),
    [
        (PRODUCTION, "own/eu-west-1"),
        (f"us-east-1/data@{ROLE}", "210987654321/us-east-1"),
        (a_deploy().cluster_key, "own/eu-west-1"),
    ],
)
def test_aws_counts_by_account_and_region(cluster_key: str, expected: str) -> None:
    assert place_of(cluster_key) == expected


def watch(redis: Redis, cluster_key: str, count: int) -> None:
    redis.hset(
        redis_keys.NEXT_JOBS,
        mapping={f"{cluster_key}{number}": f"watch:{cluster_key}" for number in range(count)},
    )
    redis.hset(redis_keys.NEXT_JOBS, "waits", "advance")


def a_clock(redis: Redis, at: float = NOW) -> WatchClock:
    return WatchClock(redis, AwsBudget(redis), 5, now=lambda: at)


def test_what_is_watched_is_counted_for_all_workers_every_five_seconds(redis: Redis) -> None:
    watch(redis, PRODUCTION, 600)
    watch(redis, "eu-west-1/staging", 200)
    watch(redis, f"eu-west-1/production@{ROLE}", 20)

    assert a_clock(redis).seconds(PRODUCTION) == 10
    assert a_clock(redis).seconds("eu-west-1/staging") == 10, "the same account and region"
    assert a_clock(redis).seconds(f"eu-west-1/production@{ROLE}") == 5
    assert a_clock(redis).seconds("us-east-1/production") == 5

    redis.delete(redis_keys.NEXT_JOBS)
    assert a_clock(redis, NOW + 4.9).seconds(PRODUCTION) == 10
    assert a_clock(redis, NOW + 5).seconds(PRODUCTION) == 5
    assert a_clock(redis, NOW - 600).seconds(PRODUCTION) == 5, "counted by a machine whose clock is ahead"


def test_a_process_asks_redis_once_a_second(redis: Redis) -> None:
    now = [NOW]
    clock = WatchClock(redis, AwsBudget(redis), 5, now=lambda: now[0])
    clock.seconds(PRODUCTION)
    redis.set(redis_keys.EVENTS_ALIVE, 1, ex=30)

    now[0] += 0.9
    assert clock.seconds(PRODUCTION) == 5
    now[0] += 0.1
    assert clock.seconds(PRODUCTION) == 60


def test_while_events_come_in_the_looks_are_a_minute_apart_or_more(redis: Redis) -> None:
    redis.set(redis_keys.EVENTS_ALIVE, 1, ex=30)
    watch(redis, PRODUCTION, 10)
    assert a_clock(redis).seconds(PRODUCTION) == 60

    watch(redis, PRODUCTION, 5000)
    assert a_clock(redis, NOW + 10).seconds(PRODUCTION) == 62.5

    redis.delete(redis_keys.EVENTS_ALIVE)
    assert a_clock(redis, NOW + 20).seconds(PRODUCTION) == 62.5
    found, alive = read_intervals(redis)
    assert found is not None
    assert (found.places["own/eu-west-1"].deploys, found.places["own/eu-west-1"].seconds) == (5000, 62.5)
    assert not alive


def a_stopped_deploy(phase: Phase) -> Deploy:
    return a_deploy(a_stop_start_service(), phase=phase).evolve(stop={"requested_at": NOW})


@pytest.mark.parametrize(
    ("deploy", "expected"),
    [
        (a_deploy(phase=Phase.FOLLOWING), 60),
        (a_deploy(phase=Phase.FOLLOWING_ROLLBACK), 60),
        (a_deploy(phase=Phase.RESTORING), 5),
        (a_stopped_deploy(Phase.DRAINING), 5),
        (a_stopped_deploy(Phase.STARTING), 5),
    ],
)
def test_a_service_that_may_be_down_is_looked_at_as_often_as_without_events(
    redis: Redis, deploy: Deploy, expected: float
) -> None:
    redis.set(redis_keys.EVENTS_ALIVE, 1, ex=30)
    timing = a_clock(redis).timing(Timing(), deploy)

    assert (timing.watch_seconds, timing.confirm_seconds) == (expected, 2.5)
