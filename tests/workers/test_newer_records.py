"""An older Slipway beside a newer one, as while it is replaced: what it cannot read it leaves alone."""

from __future__ import annotations

import json
from typing import cast

from deploys import keys
from deploys.connection import text
from deploys.deploy import Outcome, Phase
from tests.workers.yard import Yard


def record(yard: Yard, deploy_id: str) -> str:
    """As Redis holds it."""
    return text(cast("bytes", yard.redis.hget(keys.record(deploy_id), "record")))


def test_a_record_of_a_newer_version_is_left_alone_and_holds_up_nobody(yard: Yard) -> None:
    newer, readable = yard.ask("web", "1.4.2"), yard.ask("api", "1.4.2")
    yard.until_phase(newer, Phase.FOLLOWING)
    yard.until_phase(readable, Phase.FOLLOWING)
    kept = record(yard, newer)
    unreadable = json.dumps({**json.loads(kept), "of_a_newer_version": 1})
    yard.redis.hset(keys.record(newer), "record", unreadable)

    for _ in range(20):
        yard.ecs.advance(5)
        yard.engine.watch(yard.get(readable).cluster_key)

    assert yard.get(readable).outcome is Outcome.SUCCEEDED
    assert record(yard, newer) == unreadable

    yard.redis.hset(keys.record(newer), "record", kept)
    assert yard.until_over(newer).outcome is Outcome.SUCCEEDED
