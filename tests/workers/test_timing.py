"""How much time passes between two reads of AWS."""

from __future__ import annotations

from dataclasses import replace

import pytest
from redis import Redis

from deploys.records.phases import Phase
from sandbox.ecs import EcsSandbox
from tests.workers import engine_harness
from tests.workers.engine_harness import TIMING, EngineHarness


@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_looks_at_a_rollout_are_stretched_a_little_and_each_differently(
    ecs: EcsSandbox,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    jitter: float,
) -> None:
    timing = replace(TIMING, watch_seconds=5, jitter=jitter)
    monkeypatch.setattr(engine_harness, "TIMING", timing)
    harness = EngineHarness(ecs, redis)
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    waits = []
    for _ in range(5):
        due = harness.store.due(ecs.now() + 3600)[0].at
        ecs.advance(max(due - ecs.now(), 0))
        harness.engine.watch("eu-west-1/production")
        waits.append(round(harness.store.due(ecs.now() + 3600)[0].at - ecs.now(), 2))

    assert min(waits) >= timing.watch_seconds
    assert max(waits) <= timing.watch_seconds * (1 + jitter)
    assert (len(set(waits)) > 1) is (jitter > 0)


def test_times_that_people_were_told_are_not_stretched(
    ecs: EcsSandbox, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_harness, "TIMING", replace(TIMING, jitter=0.5))
    harness = EngineHarness(ecs, redis)
    asked = harness.until_phase(harness.request_deploy("ledger", "1.4.2"), Phase.AWAITING_APPROVAL)
    asked = harness.mark_question_shown(asked.id)
    harness.tick(0)

    assert harness.store.due(ecs.now() + 7200)[0].at == pytest.approx(asked.approval.expires_at, abs=0.01)
