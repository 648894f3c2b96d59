"""DORA's four metrics, as deploys tell them."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.delivery_metrics import DAY_SECONDS, DeliveryMetrics, measure, median, percentile
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.rollback import RollbackProgress
from tests.builders import NOW, a_deploy, a_plan, a_service

HOUR = 3600.0

BACK_AFTER_AN_HOUR = RollbackProgress(started_at=NOW + HOUR)


def ended(at: float, outcome: Outcome = Outcome.SUCCEEDED, **changes: Any) -> Deploy:
    """A deploy that ended so many hours after NOW. It was asked for ten minutes before, of an image that was
    pushed an hour before."""
    end = NOW + at * HOUR
    fields: dict[str, Any] = {
        "phase": Phase.ENDED,
        "outcome": outcome,
        "ended_at": end,
        "request": {"requested_at": end - 600},
        "plan": a_plan(pushed_at=end - HOUR, digest=f"sha256:{abs(hash(at)):064x}"),
        "ecs": {"update_tried": True, "rollout_started_at": end - 300},
    }
    return a_deploy().evolve(**{**fields, **changes})


def a_rollback(at: float, outcome: Outcome = Outcome.SUCCEEDED, **changes: Any) -> Deploy:
    return ended(at, outcome, verb=Verb.ROLLBACK, **changes)


def measured(*deploys: Deploy, days: float = 30) -> DeliveryMetrics:
    return measure(deploys, NOW, NOW + days * DAY_SECONDS)


@pytest.mark.parametrize(
    ("deploy", "deploys", "changes", "failed"),
    [
        (ended(1), 1, 1, 0),
        (ended(1, Outcome.ROLLED_BACK), 0, 1, 1),
        (ended(1, Outcome.FAILED), 0, 1, 1),
        (ended(1, Outcome.FAILED, ecs={}), 0, 0, 0),  # a task before the rollout failed: nothing was changed
        (ended(1, Outcome.FAILED, ecs={}, stop={"requested_at": NOW}), 0, 1, 1),
        (ended(1, Outcome.SUPERSEDED), 0, 0, 0),
        (ended(1, Outcome.CANCELLED), 0, 0, 0),
        (ended(1, Outcome.REJECTED), 0, 0, 0),
        (ended(1, Outcome.EXPIRED), 0, 0, 0),
        (ended(1, Outcome.REFUSED), 0, 0, 0),
        (a_rollback(1), 0, 0, 0),
        (ended(1, verb=Verb.RESTART), 0, 0, 0),
        (ended(1, verb=Verb.FOLLOW), 0, 0, 0),
        (ended(-0.1), 0, 0, 0),
        (ended(30 * 24), 0, 0, 0),
        (a_deploy(phase=Phase.FOLLOWING), 0, 0, 0),
    ],
)
def test_what_counts(deploy: Deploy, deploys: int, changes: int, failed: int) -> None:
    metrics = measured(deploy)

    assert (metrics.deploys, len(metrics.changes), metrics.failed) == (deploys, changes, failed)


def test_every_outcome_is_a_success_a_failure_or_no_change() -> None:
    kinds = {
        outcome: (metrics.deploys, metrics.failed)
        for outcome in Outcome
        for metrics in [measured(ended(1, outcome))]
    }

    assert {outcome for outcome, kind in kinds.items() if kind == (0, 1)} == {
        Outcome.ROLLED_BACK,
        Outcome.FAILED,
    }
    assert {outcome for outcome, kind in kinds.items() if kind == (1, 0)} == {Outcome.SUCCEEDED}


@pytest.mark.parametrize(
    ("later", "is_failed"),
    [
        ([a_rollback(20)], True),
        ([ended(3, verb=Verb.RESTART), a_rollback(20)], True),
        ([ended(3, Outcome.REFUSED), a_rollback(4, Outcome.FAILED), a_rollback(20)], True),
        ([a_rollback(26, request={"requested_at": NOW + 25.01 * HOUR})], False),
        ([a_rollback(26, request={"requested_at": NOW + 25 * HOUR})], True),
        ([ended(3), a_rollback(20)], False),  # it is the next one that was rolled back
        ([a_rollback(20, service=a_service("api"))], False),
        ([a_rollback(20, Outcome.FAILED)], False),
        ([], False),
    ],
)
def test_a_success_failed_if_a_rollback_followed_within_a_day(later: list[Deploy], is_failed: bool) -> None:
    first = measured(ended(1), *later).changes[0]

    assert (first.succeeded, first.failed, first.rolled_back_later) == (True, is_failed, is_failed)


def test_a_rollback_of_a_rollback_blames_one_change_alone() -> None:
    metrics = measured(ended(1), ended(2), a_rollback(3), a_rollback(4))

    assert [each.failed for each in metrics.changes] == [False, True]


@pytest.mark.parametrize(
    ("deploys", "hours"),
    [
        (
            [ended(2, Outcome.ROLLED_BACK, rollback={"progress": RollbackProgress(started_at=NOW + HOUR)})],
            1.0,
        ),
        ([ended(2, Outcome.ROLLED_BACK, rollout={"serving_at": NOW + HOUR / 2})], 1.5),
        ([ended(2, Outcome.ROLLED_BACK)], 300 / HOUR),  # ECS rolled it back: since the rollout began
        ([ended(2, Outcome.ROLLED_BACK, ecs={"update_tried": True})], 0.0),
        ([ended(2, Outcome.FAILED, rollout={"serving_at": NOW + HOUR}), ended(5)], 4.0),
        ([ended(2, Outcome.FAILED, rollout={"serving_at": NOW + HOUR}), ended(5, verb=Verb.RESTART)], 4.0),
        ([ended(2, Outcome.FAILED, rollout={"serving_at": NOW + HOUR}), a_rollback(5)], 4.0),
        ([ended(2, Outcome.FAILED), ended(5, verb=Verb.FOLLOW), ended(6, Outcome.REFUSED)], None),
        ([ended(2, Outcome.FAILED), ended(5, verb=Verb.SCALE), ended(6, verb=Verb.RUN)], None),
        ([ended(2, rollout={"serving_at": NOW + HOUR}), a_rollback(3)], 2.0),
        ([ended(2), a_rollback(3)], 1.0),
    ],
)
def test_how_long_until_it_was_restored(deploys: list[Deploy], hours: float | None) -> None:
    metrics = measured(*deploys)

    assert metrics.restore_times == ([] if hours is None else [pytest.approx(hours * HOUR)])
    assert metrics.unrestored == (1 if hours is None else 0)


@pytest.mark.parametrize(
    ("deploys", "hours"),
    [
        ([ended(1)], [1.0]),
        ([ended(1, rollout={"serving_at": NOW + HOUR / 2})], [0.5]),
        ([ended(1, plan=a_plan())], []),
        ([ended(1, plan=None)], []),
        ([ended(1, Outcome.ROLLED_BACK)], []),
        ([ended(1, plan=a_plan(pushed_at=NOW + 2 * HOUR))], []),  # a clock is wrong
        ([ended(1), ended(5, plan=ended(1).plan)], [1.0]),  # the same image again
        ([ended(-1), ended(5, plan=ended(-1).plan)], []),  # the same as before that time
        ([ended(1), ended(5, plan=ended(1).plan, service=a_service("api"))], [1.0, 5.0]),
    ],
)
def test_from_the_push_to_serving(deploys: list[Deploy], hours: list[float]) -> None:
    assert measured(*deploys).lead_times == [pytest.approx(each * HOUR) for each in hours]


def test_few_are_said_to_be_few() -> None:
    four = [ended(hour) for hour in range(1, 5)]
    few, enough = measured(*four), measured(*four, ended(5, Outcome.ROLLED_BACK), ended(6), days=10)

    assert (few.failure_rate, few.deploys_a_day) == (None, None)
    assert enough.failure_rate == pytest.approx(1 / 6)
    assert enough.deploys_a_day == 0.5


@pytest.mark.parametrize(
    ("values", "middle", "most"),
    [
        ([], None, None),
        ([4], 4, None),
        ([1, 2, 3, 4], 2.5, None),
        ([5, 1, 4, 2, 3], 3, 5),
        (list(range(1, 11)), 5.5, 9),
        (list(range(1, 101)), 50.5, 90),
    ],
)
def test_median_and_percentile(values: list[float], middle: float | None, most: float | None) -> None:
    assert (median(values), percentile(values, 0.9)) == (middle, most)


def test_each_service_has_its_own() -> None:
    metrics = measured(ended(1), ended(2, service=a_service("api")), ended(3))

    assert [metrics.of_service(name).deploys for name in ("web", "api")] == [2, 1]
    assert metrics.between(NOW, NOW + 2.5 * HOUR).deploys == 2
