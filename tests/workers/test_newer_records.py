"""An older Slipway beside a newer one, as while it is replaced: what it cannot read it leaves alone."""

from __future__ import annotations

import json
from typing import cast

from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from tests.workers.engine_harness import EngineHarness


def record(harness: EngineHarness, deploy_id: str) -> str:
    """As Redis holds it."""
    return to_text(cast("bytes", harness.redis.hget(redis_keys.record(deploy_id), "record")))


def test_a_record_of_a_newer_version_is_left_alone_and_holds_up_nobody(harness: EngineHarness) -> None:
    newer, readable = harness.request_deploy("web", "1.4.2"), harness.request_deploy("api", "1.4.2")
    harness.until_phase(newer, Phase.FOLLOWING)
    harness.until_phase(readable, Phase.FOLLOWING)
    kept = record(harness, newer)
    unreadable = json.dumps({**json.loads(kept), "of_a_newer_version": 1})
    harness.redis.hset(redis_keys.record(newer), "record", unreadable)

    for _ in range(20):
        harness.ecs.advance(5)
        harness.engine.watch(harness.get(readable).cluster_key)

    assert harness.get(readable).outcome is Outcome.SUCCEEDED
    assert record(harness, newer) == unreadable

    harness.redis.hset(redis_keys.record(newer), "record", kept)
    assert harness.until_over(newer).outcome is Outcome.SUCCEEDED
