"""What one rolling deploy asks AWS for: each of it once."""

from __future__ import annotations

from collections import Counter

import pytest

from deploys.records.phases import Outcome
from tests.workers.engine_harness import EngineHarness

ONCE = {
    "ListTaskDefinitions": 1,  # is there a newer revision?
    "DescribeTaskDefinition": 1,
    "DescribeImages": 1,
    "DescribeScalableTargets": 1,
    "RegisterTaskDefinition": 1,
    "UpdateService": 1,
    "ListTasks": 3,  # before the update, once the new tasks serve, and at the end
    "DescribeTasks": 3,
    "DescribeServiceDeployments": 1,  # at the end: the service tells how it goes
}
"""Calls of a whole deploy beside the looks at its service (count)."""
LOOKS_BEFORE = 2
"""Looks at the service before the first one at its rollout (count)."""


@pytest.mark.usefixtures("short_watch_interval")
def test_nothing_is_asked_for_twice(harness: EngineHarness) -> None:
    before = len(harness.ecs.calls())

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.SUCCEEDED
    counted = Counter(each.operation for each in harness.ecs.calls()[before:])
    looks = counted.pop("DescribeServices")
    assert counted == ONCE
    assert deploy.ended_at is not None
    assert deploy.ecs.rollout_started_at is not None
    rounds = (deploy.ended_at - deploy.ecs.rollout_started_at) / 5
    assert looks <= LOOKS_BEFORE + rounds
