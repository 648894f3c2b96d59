"""Redis refuses what a step writes before it acts: no trouble of the deploy, no reason to roll it back."""

from __future__ import annotations

from typing import Any

import pytest
from redis.exceptions import RedisError

from deploys import keys
from deploys.claims import Claim
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.redis_outage import RedisRefuses
from tests.workers.yard import Yard
from workers.flows.trouble import BUG_TRIES


@pytest.mark.parametrize(
    ("service", "phase"),
    [
        ("web", Phase.UPDATING),
        ("ledger", Phase.STOPPING),
        ("ledger", Phase.STARTING),
    ],
)
def test_a_deploy_goes_on_when_redis_takes_its_steps_again(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, service: str, phase: Phase
) -> None:
    commit, refused = yard.store.commit, 0

    def commit_no_intent_while_full(claim: Claim, deploy: Deploy, **how: Any) -> Claim:
        nonlocal refused
        if how["what"] == f"about to act: {phase.value}" and refused <= 2 * BUG_TRIES:
            refused += 1
            raise RedisRefuses("OOM", "command not allowed")
        return commit(claim, deploy, **how)

    monkeypatch.setattr(yard.store, "commit", commit_no_intent_while_full)
    deploy_id = yard.ask(service, "1.4.2", approvals=0)
    while yard.get(deploy_id).phase is not Phase.ENDED:
        try:
            yard.tick()
        except RedisError:
            assert not yard.redis.exists(keys.lease(deploy_id))  # given back at once
            yard.ecs.advance(1)
    deploy = yard.get(deploy_id)

    assert refused > 2 * BUG_TRIES
    assert (deploy.outcome, deploy.attempts, deploy.last_error) == (Outcome.SUCCEEDED, 0, "")
    assert not yard.said(deploy_id, MilestoneKind.TROUBLE)
