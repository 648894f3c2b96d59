"""What events of ECS make due, and whether they arrive, with a real Redis."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import redis_keys
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import (
    ALIVE_SECONDS,
    JUST_TOLD_SECONDS,
    MISSED_SECONDS,
    REMEMBERED_SECONDS,
    TOLD_WITHIN_SECONDS,
    EcsEvents,
)
from tests.builders import NOW, a_deploy, a_service

IN_A_MINUTE = NOW + 60


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(redis: Redis, clock: Clock) -> DeployStore:
    return DeployStore(redis, now=clock)


@pytest.fixture
def events(redis: Redis, clock: Clock) -> EcsEvents:
    return EcsEvents(redis, now=clock)


def begin(store: DeployStore, phase: Phase, due_at: float = IN_A_MINUTE, service: str = "web") -> Deploy:
    """A deploy that a worker has left in this phase."""
    deploy = store.submit(a_deploy(a_service(service), request={"requested_at": NOW})).deploy
    return step(store, claim(store, deploy.id), phase, due_at)


def claim(store: DeployStore, deploy_id: str) -> Claim:
    claimed = store.claim(deploy_id, "worker", 60, due_by=NOW + 3600)
    assert claimed is not None
    return claimed


def step(store: DeployStore, claimed: Claim, phase: Phase, due_at: float = IN_A_MINUTE) -> Deploy:
    deploy = claimed.deploy.in_phase(phase, NOW)
    job = f"watch:{deploy.cluster_key}" if phase.facts.watched else "advance"
    return store.commit(claimed, deploy, due_at=due_at, job=job).deploy


def due_at(redis: Redis, deploy_id: str) -> float:
    score: Any = redis.zscore(redis_keys.DUE, deploy_id)
    return float(score) / 1000


@pytest.mark.parametrize("phase", [each for each in Phase if each is not Phase.ENDED])
def test_an_event_makes_due_what_waits_for_ecs_and_nothing_else(
    redis: Redis, store: DeployStore, events: EcsEvents, phase: Phase
) -> None:
    """SETTLING above all: it must not be early."""
    deploy = begin(store, phase)

    woken = events.wake({deploy.id: NOW})

    if phase.facts.waits_for_ecs:
        job = "watch:eu-west-1/production" if phase.facts.watched else "advance"
        assert (woken, due_at(redis, deploy.id)) == ({deploy.id: job}, NOW)
        assert events.waiting() == [deploy.id]
    else:
        assert (woken, due_at(redis, deploy.id)) == ({}, IN_A_MINUTE)
        assert events.waiting() == []


def test_what_waits_for_ecs_is_what_is_watched_and_what_runs_a_task() -> None:
    assert {each for each in Phase if each.facts.waits_for_ecs} == {
        *(each for each in Phase if each.facts.watched),
        Phase.RUNNING_PRE_TASK,
        Phase.RUNNING_COMMAND,
    }


def test_an_event_makes_nothing_later(redis: Redis, store: DeployStore, events: EcsEvents) -> None:
    deploy = begin(store, Phase.FOLLOWING, due_at=NOW + 1)

    events.wake({deploy.id: NOW + 5})

    assert due_at(redis, deploy.id) == NOW + 1


def test_a_record_that_an_older_version_moved_on_is_left_alone(
    redis: Redis, store: DeployStore, events: EcsEvents
) -> None:
    """Its workers do not write which deploys wait for ECS."""
    deploy = begin(store, Phase.FOLLOWING)
    redis.hincrby(redis_keys.record(deploy.id), "version", 1)

    assert events.wake({deploy.id: NOW}) == {}
    assert due_at(redis, deploy.id) == IN_A_MINUTE


def test_a_deploy_that_is_unknown_or_over_is_left_alone(
    redis: Redis, store: DeployStore, events: EcsEvents
) -> None:
    over = begin(store, Phase.FOLLOWING)
    ended = claim(store, over.id)
    store.commit(
        ended,
        ended.deploy.evolve(outcome=Outcome.SUCCEEDED, ended_at=NOW).in_phase(Phase.ENDED, NOW),
        due_at=NOW,
    )

    assert events.wake({over.id: NOW, "unknown2": NOW}) == {}
    assert redis.zscore(redis_keys.DUE, "unknown2") is None
    assert redis.exists(redis_keys.WAITS_FOR_ECS, redis_keys.EVENTS_PENDING) == 0


def test_an_event_during_a_read_is_followed_by_another_read(
    redis: Redis, store: DeployStore, events: EcsEvents
) -> None:
    deploy = begin(store, Phase.FOLLOWING)
    reading = claim(store, deploy.id)

    events.wake({deploy.id: NOW})
    step(store, reading, Phase.FOLLOWING)

    assert due_at(redis, deploy.id) == NOW, "the read may not have seen what the event tells"
    step(store, claim(store, deploy.id), Phase.FOLLOWING)
    assert due_at(redis, deploy.id) == IN_A_MINUTE, "that read began after the event"


def test_an_event_during_the_last_step_before_settling_makes_nothing_due(
    redis: Redis, store: DeployStore, events: EcsEvents
) -> None:
    deploy = begin(store, Phase.FOLLOWING)
    reading = claim(store, deploy.id)

    events.wake({deploy.id: NOW})
    step(store, reading, Phase.SETTLING)

    assert due_at(redis, deploy.id) == IN_A_MINUTE
    assert redis.exists(redis_keys.WAITS_FOR_ECS, redis_keys.EVENTS_PENDING) == 0


def test_events_count_as_arriving_for_half_a_minute_after_the_queue_was_read(
    redis: Redis, events: EcsEvents
) -> None:
    assert not events.arrive
    assert events.confirm_arrival()

    assert events.arrive
    assert 0 < redis.ttl(redis_keys.EVENTS_ALIVE) <= ALIVE_SECONDS


@pytest.mark.parametrize(
    ("event_age", "told"),
    [(0.0, True), (JUST_TOLD_SECONDS, True), (JUST_TOLD_SECONDS + 1, False), (3600.0, False)],
)
def test_an_end_is_announced_if_an_event_has_just_told_of_the_deploy(
    store: DeployStore, events: EcsEvents, clock: Clock, event_age: float, told: bool
) -> None:
    deploy = begin(store, Phase.FOLLOWING)
    events.confirm_arrival()
    events.wake({deploy.id: NOW})
    clock.now = NOW + event_age

    assert events.judge_end(deploy.id, NOW) == (told, False)
    assert not events.are_missed


@pytest.mark.parametrize(
    ("followed_for", "missing"),
    [
        (TOLD_WITHIN_SECONDS, False),  # it may be late
        (TOLD_WITHIN_SECONDS + 1, True),
        (REMEMBERED_SECONDS, False),  # nobody knows any more whether there was one
    ],
)
def test_an_end_of_which_no_event_ever_told_shows_that_events_are_missing(
    redis: Redis, events: EcsEvents, clock: Clock, followed_for: float, missing: bool
) -> None:
    events.confirm_arrival()
    clock.now = NOW + followed_for

    assert events.judge_end("web22222", NOW) == (False, missing)
    assert (events.are_missed, events.arrive) == (missing, not missing)
    assert events.confirm_arrival() is not missing, "an empty queue does not prove that a rule is there"
    assert events.arrive is not missing
    if missing:
        assert 0 < redis.ttl(redis_keys.EVENTS_MISSED) <= MISSED_SECONDS


def test_without_events_an_end_that_nobody_announced_is_as_it_should_be(
    events: EcsEvents, clock: Clock
) -> None:
    clock.now = NOW + 300

    assert events.judge_end("web22222", NOW) == (False, False)
    assert not events.are_missed


def test_being_read_soon_counts_as_no_event(store: DeployStore, events: EcsEvents, clock: Clock) -> None:
    deploy = begin(store, Phase.FOLLOWING)
    events.wake({deploy.id: NOW}, told=False)
    clock.now = NOW + 60
    events.confirm_arrival()

    assert events.judge_end(deploy.id, NOW) == (False, True)


def test_of_which_deploys_events_told_is_forgotten_after_a_day(
    redis: Redis, store: DeployStore, events: EcsEvents, clock: Clock
) -> None:
    deploy = begin(store, Phase.FOLLOWING)
    events.wake({deploy.id: NOW})

    clock.now = NOW + REMEMBERED_SECONDS - 1
    events.confirm_arrival()
    assert redis.zcard(redis_keys.EVENTS_SEEN) == 1
    clock.now += 2
    events.confirm_arrival()
    assert redis.zcard(redis_keys.EVENTS_SEEN) == 0
