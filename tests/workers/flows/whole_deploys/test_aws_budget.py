"""Whole deploys within the budget of calls to AWS, against an ECS that throttles as AWS does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from deploys.aws_limits import LIMITS
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.retries import AwsWait
from deploys.stores.aws_budget import AwsBudget, BucketKey, CallNeed, Waiter
from sandbox.ecs import EcsSandbox
from sandbox.ecs.http.dispatcher import AwsCallNote
from tests.workers.engine_harness import EngineHarness

OWN = "own"
REGION = "eu-west-1"


@pytest.fixture
def harness(ecs: EcsSandbox, redis: Redis) -> EngineHarness:
    """An engine with a budget, and an ECS that throttles."""
    ecs.throttling.is_on = True
    return EngineHarness(ecs, redis, budget=AwsBudget(redis, now=ecs.now))


def use_up(harness: EngineHarness, limit: str, *, leave: int = 0) -> None:
    """Takes all tokens of a limit for calls that are never made."""
    assert harness.budget is not None
    key = BucketKey(OWN, REGION, next(each for each in LIMITS if each.name == limit))
    for number in range(harness.budget.capacity(key.limit) - leave):
        assert harness.budget.take(key, Waiter(f"x{number}", CallNeed.RESTORE, 0)).seconds == 0


def many_services(harness: EngineHarness, count: int) -> list[str]:
    """So many services beside those of the sandbox, each as web is, with a task definition of its own."""
    names = [f"copy-{number:02}" for number in range(count)]
    web = harness.describe_service("web")
    network = web["networkConfiguration"]
    definition = harness.ecs_client.describe_task_definition(taskDefinition=web["taskDefinition"])
    copied = (
        "containerDefinitions",
        "cpu",
        "memory",
        "networkMode",
        "executionRoleArn",
        "requiresCompatibilities",
    )
    content = {key: value for key, value in definition["taskDefinition"].items() if key in copied}
    harness.ecs.throttling.is_on = False
    for name in names:
        registered = harness.ecs_client.register_task_definition(family=name, **content)
        revision = registered["taskDefinition"]["taskDefinitionArn"]
        harness.ecs_client.create_service(
            cluster="production",
            serviceName=name,
            taskDefinition=revision,
            desiredCount=1,
            networkConfiguration=network,
        )
    harness.ecs.advance(300)
    harness.ecs.throttling.is_on = True
    return names


def run_with_six_workers(harness: EngineHarness, deploy_ids: Sequence[str]) -> None:
    """Six engines take what is due in turns, until all deploys are over."""
    engines = cycle([harness.new_engine() for _ in range(6)])
    deadline = harness.ecs.now() + 1800
    while any(harness.get(each).phase is not Phase.ENDED for each in deploy_ids):
        assert harness.ecs.now() < deadline, harness.describe_deploys()
        for due in harness.store.due(harness.ecs.now()):
            harness.engine = next(engines)
            harness.run_jobs([due], 0)
        harness.ecs.advance(1)


def most_in_any_window(made: Sequence[AwsCallNote], operations: Sequence[str], rate: float) -> float:
    """The most calls of these operations within any window, less what the rate allows in it."""
    at = [note.at for note in made if f"{note.service}:{note.operation}" in operations]
    return max(
        (
            last - first + 1 - rate * (at[last] - at[first])
            for first in range(len(at))
            for last in range(first, len(at))
        ),
        default=0,
    )


def test_deploys_at_once_stay_within_half_of_each_limit_and_begin_in_their_order(
    harness: EngineHarness,
) -> None:
    names = many_services(harness, 14)
    began = len(harness.ecs.calls())
    deploy_ids = []
    for name in names:
        deploy_ids.append(harness.request_deploy(name, "1.4.2", containers=("web",)))
        harness.ecs.advance(0.05)

    run_with_six_workers(harness, deploy_ids)

    made = harness.ecs.calls()[began:]
    assert {note.outcome for note in made} == {"ok"}
    assert [harness.get(each).outcome for each in deploy_ids] == [Outcome.SUCCEEDED] * 14
    for limit in LIMITS:
        most = most_in_any_window(made, limit.operations, limit.per_second / 2)
        assert most <= max(1, limit.burst // 2) + 0.01, limit.name
    registered = [note for note in made if note.operation == "RegisterTaskDefinition"]
    tags = [{tag["key"]: tag["value"] for tag in note.params["tags"]} for note in registered]
    assert [each["slipway:deploy"] for each in tags] == deploy_ids
    assert registered[-1].at - registered[0].at == pytest.approx(12, abs=3), "8 at once, then one in 2 s"
