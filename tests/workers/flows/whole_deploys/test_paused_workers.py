"""A worker is paused anywhere in a job, and another takes over: the one that wakes changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from deploys.job_queue import WATCH_PREFIX
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import connect
from deploys.stores.claims import DueDeploy
from tests.workers.engine_harness import TIMING, EngineHarness
from tests.workers.flows.strict_order import assert_strict_order
from tests.workers.flows.worker_kills import assert_clean_end
from tests.workers.flows.worker_pauses import (
    PausedWorker,
    Points,
    anywhere,
    before_a_change,
    on_the_way,
    paused_worker,
)
from workers.engine import Engine

PAUSES_UP_TO = 24
"""Most jobs have about as many commands and calls (count)."""


@pytest.fixture
def worker(harness: EngineHarness, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PausedWorker]:
    redis = connect(redis_url)
    redis.ping()
    with paused_worker(harness, redis, monkeypatch) as paused:
        yield paused
    redis.close()


def run_with_pauses(
    harness: EngineHarness,
    worker: PausedWorker,
    deploy_id: str,
    first: int,
    by: int,
    what: Points,
    cancel_in: Phase | None,
) -> Deploy:
    """Runs a deploy to its end. Its first job is paused at this point, and each one after it `by` later."""
    pause_at, deadline = first, harness.ecs.now() + 3000
    while (deploy := harness.get(deploy_id)).phase is not Phase.ENDED:
        assert harness.ecs.now() < deadline, harness.describe_deploys()
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.approval.decisions:
            harness.approve(deploy_id)
        if deploy.phase is cancel_in and not deploy.cancel:
            harness.cancel(deploy_id)
        for due in harness.store.due(harness.ecs.now()):
            worker.run_job(deploy_id, partial(run, due), pause_at, what)
            pause_at = pause_at % PAUSES_UP_TO + by
        harness.ecs.advance(TIMING.watch_seconds / 2)
    return deploy


def run(due: DueDeploy, engine: Engine) -> None:
    if due.job.startswith(WATCH_PREFIX):
        engine.watch(due.job.removeprefix(WATCH_PREFIX))
    else:
        engine.advance(due.deploy_id)


@pytest.mark.parametrize(
    ("what", "first", "by"),
    [
        *((anywhere, first, 5) for first in (5, 8, 9)),
        *((before_a_change, nth, 0) for nth in (1, 2, 3)),
    ],
)
@pytest.mark.parametrize(
    ("service", "count", "cancel_in"),
    [("web", 3, None), ("billing", 2, None), ("billing", 2, Phase.FOLLOWING)],
    ids=["rolling", "stop-start", "back"],
)
def test_a_worker_that_wakes_changes_nothing(
    harness: EngineHarness,
    worker: PausedWorker,
    service: str,
    count: int,
    cancel_in: Phase | None,
    what: Points,
    first: int,
    by: int,
) -> None:
    deploy_id = harness.request_deploy(service, "1.4.2")

    deploy = run_with_pauses(harness, worker, deploy_id, first, by, what, cancel_in)

    assert worker.takeovers or (service, first) == ("web", 3)
    assert (worker.changes_after_takeover, worker.overwritten) == ([], [])
    assert deploy.outcome is (Outcome.CANCELLED if cancel_in else Outcome.SUCCEEDED)
    assert_clean_end(harness, deploy, service, count)
    if service == "billing":
        assert_strict_order(harness, service)


@pytest.mark.parametrize(
    ("service", "count", "nth"), [("web", 3, 2), *(("billing", 2, nth) for nth in (2, 3, 4))]
)
def test_a_request_that_is_delayed_after_its_check_only_costs_time(
    harness: EngineHarness, worker: PausedWorker, service: str, count: int, nth: int
) -> None:
    """Nothing can be checked later than that. What AWS is asked is absolute and was meant to happen, and the
    worker that went on looks at ECS again before the deploy is over."""
    deploy_id = harness.request_deploy(service, "1.4.2")

    deploy = run_with_pauses(harness, worker, deploy_id, nth, 0, on_the_way, None)

    assert len(worker.changes_after_takeover) == 1
    assert worker.overwritten == []
    assert deploy.outcome is Outcome.SUCCEEDED
    assert_clean_end(harness, deploy, service, count)
