"""What one rolling deploy asks AWS for: each of it once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from deploys.records.phases import Outcome
from deploys.stores import redis_keys
from deploys.stores.claims import Claim
from tests.workers.engine_harness import EngineHarness

ONCE = {
    "DescribeTaskDefinition": 1,  # of the family's newest revision, which is the one that runs
    "DescribeImages": 1,
    "DescribeScalableTargets": 1,
    "RegisterTaskDefinition": 1,
    "UpdateService": 1,
    "ListTasks": 2,  # before the update, and once the new tasks serve
    "DescribeTasks": 3,  # the same, and at the end
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
    assert looks <= LOOKS_BEFORE + rounds - 1, "the first look comes after two rounds"


def test_a_task_that_took_another_s_place_before_the_end_is_searched_for(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)
    first = harness.get(deploy_id).rollout.new_tasks
    searches = len(harness.ecs.calls("ListTasks"))
    harness.ecs.client("ecs").stop_task(cluster="production", task=first[0])

    deploy = harness.until_over(deploy_id)

    assert len(first) == 3
    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.rollout.running_images is not None
    assert deploy.rollout.running_images.tasks == 3, "the new one among them"
    assert len(harness.ecs.calls("ListTasks")) > searches


def end_all_in_ecs(harness: EngineHarness, *services: str) -> list[str]:
    """Deploys of these services that have not been looked at since ECS ended their rollouts; their ids."""
    ids = [harness.request_deploy(each, "1.4.2") for each in services]
    for deploy_id in ids:
        harness.engine.advance(deploy_id)
    harness.ecs.advance(400)
    return ids


def test_rollouts_that_end_together_are_read_together(harness: EngineHarness) -> None:
    ids = end_all_in_ecs(harness, "web", "api")
    before = len(harness.ecs.calls())

    harness.engine.watch("eu-west-1/production")

    assert [harness.get(each).outcome for each in ids] == [Outcome.SUCCEEDED] * 2
    counted = Counter(each.operation for each in harness.ecs.calls()[before:])
    assert counted == {
        "DescribeServices": 1,
        "DescribeServiceDeployments": 1,
        "ListTasks": 2,  # nobody saw them serve
        "DescribeTasks": 1,
    }


def test_if_the_tasks_of_one_cannot_be_listed_the_others_end(harness: EngineHarness) -> None:
    web, api = end_all_in_ecs(harness, "web", "api")
    harness.ecs.faults.add(operation="ListTasks", kind="throttle", times=2)

    harness.engine.watch("eu-west-1/production")

    ended = [harness.get(each).outcome for each in (web, api)]
    assert sorted(each is None for each in ended) == [False, True]
    assert [harness.until_over(each).outcome for each in (web, api)] == [Outcome.SUCCEEDED] * 2


def test_those_that_have_ended_go_before_those_that_go_on(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    [ended] = end_all_in_ecs(harness, "api")
    goes_on = harness.request_deploy("web", "1.4.2")
    harness.engine.advance(goes_on)
    now = harness.ecs.now() * 1000
    harness.redis.zadd(redis_keys.DUE, {goes_on: now - 1, ended: now})
    order: list[str] = []
    run = harness.engine._run_isolated

    def noted(claim: Claim, *more: Any) -> None:
        order.append(claim.deploy.id)
        run(claim, *more)

    monkeypatch.setattr(harness.engine, "_run_isolated", noted)

    harness.engine.watch("eu-west-1/production")

    assert order == [ended, goes_on]
    assert harness.get(ended).outcome is Outcome.SUCCEEDED
    assert harness.get(goes_on).in_progress
