"""Redis refuses the write before a step acts: the deploy waits, and is not rolled back for it."""

from __future__ import annotations

from typing import Any

import pytest
from redis.exceptions import RedisError

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.redis_outage import RedisTemporaryError
from deploys.stores import redis_keys
from deploys.stores.claims import Claim
from tests.workers.engine_harness import EngineHarness
from workers.flows.step_errors import MAX_BUG_TRIES


@pytest.mark.parametrize(
    ("service", "phase"),
    [
        ("web", Phase.UPDATING),
        ("ledger", Phase.STOPPING),
        ("ledger", Phase.STARTING),
    ],
)
def test_a_deploy_goes_on_when_redis_takes_its_steps_again(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, service: str, phase: Phase
) -> None:
    commit, refused = harness.store.commit, 0

    def commit_no_intent_while_full(claim: Claim, deploy: Deploy, **how: Any) -> Claim:
        nonlocal refused
        if how["what"] == f"about to act: {phase.value}" and refused <= 2 * MAX_BUG_TRIES:
            refused += 1
            raise RedisTemporaryError("OOM", "command not allowed")
        return commit(claim, deploy, **how)

    monkeypatch.setattr(harness.store, "commit", commit_no_intent_while_full)
    deploy_id = harness.request_deploy(service, "1.4.2", approvals=0)
    while harness.get(deploy_id).phase is not Phase.ENDED:
        try:
            harness.tick()
        except RedisError:
            assert not harness.redis.exists(redis_keys.lease(deploy_id))  # released at once
            harness.ecs.advance(1)
    deploy = harness.get(deploy_id)

    assert refused > 2 * MAX_BUG_TRIES
    assert (deploy.outcome, deploy.retries.attempts, deploy.retries.last_error) == (Outcome.SUCCEEDED, 0, "")
    assert not harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)
