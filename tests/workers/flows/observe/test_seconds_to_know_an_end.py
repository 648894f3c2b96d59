"""How long after the end in ECS the record knows it: until the next look, so one round at most."""

from __future__ import annotations

from itertools import pairwise

import pytest

from deploys.records.phases import Outcome, Phase
from tests.workers.engine_harness import TIMING, EngineHarness

LOOKS_BEFORE = 2
"""Looks at the service before the first one at its rollout, which comes after two rounds (count)."""
TICK_SECONDS = 1.0
"""The harness runs what is due so much later at most."""


def looks_after_the_end(harness: EngineHarness, deploy_id: str) -> int:
    """How often the service was read after its rollout, or its rollback, had ended in ECS, until the record
    had the outcome (count)."""
    service = harness.until_over(deploy_id).service.ecs_service
    rollouts = harness.ecs.state()["serviceDeployments"]
    ended = max(float(each["finishedAt"] or 0) for each in rollouts if each["service"] == service)
    looks = [each.at for each in harness.ecs.calls("DescribeServices")]
    assert max(b - a for a, b in pairwise(looks[LOOKS_BEFORE:])) <= TIMING.watch_seconds + TICK_SECONDS
    return sum(at > ended for at in looks)


def cancel_in_mid_rollout(harness: EngineHarness) -> str:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(5)
    harness.cancel(deploy_id)
    return deploy_id


@pytest.mark.parametrize(
    ("tag", "outcome"), [("1.4.2", Outcome.SUCCEEDED), ("1.5.0-crash", Outcome.ROLLED_BACK)]
)
def test_the_first_look_after_an_end_in_ecs_knows_it(
    harness: EngineHarness, tag: str, outcome: Outcome
) -> None:
    deploy_id = harness.request_deploy("web", tag)

    assert looks_after_the_end(harness, deploy_id) == 1
    assert harness.get(deploy_id).outcome is outcome


def test_the_first_look_after_a_rollback_that_was_asked_for_knows_it(harness: EngineHarness) -> None:
    deploy_id = cancel_in_mid_rollout(harness)

    assert looks_after_the_end(harness, deploy_id) == 1
    assert harness.get(deploy_id).outcome is Outcome.CANCELLED


def test_a_rollback_that_is_read_twice_is_looked_at_sooner_by_as_much(harness: EngineHarness) -> None:
    """ECS rolls back by another update, which has no record that we read."""
    harness.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)
    deploy_id = cancel_in_mid_rollout(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    before = len(harness.ecs.calls("DescribeServices"))

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED

    looks = [each.at for each in harness.ecs.calls("DescribeServices")[before:]]
    gaps = [b - a for a, b in pairwise(looks)]
    assert len(gaps) > 2
    assert max(gaps[:-1]) + gaps[-1] <= TIMING.watch_seconds + TICK_SECONDS
