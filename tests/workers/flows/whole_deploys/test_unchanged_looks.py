"""A look at a rollout in which nothing has changed: what it costs, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.phases import Phase
from deploys.redis_connection import to_text
from deploys.shared_channels import KnownSharedChannels
from deploys.stores import redis_keys
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.claim_holder import holder_of
from deploys.stores.claims import UnchangedStep
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.slack_directory import Channel, ChannelKind, SlackDirectory
from tests.workers.engine_harness import TIMING, EngineHarness
from workers import engine

CLUSTER = "eu-west-1/production"


@pytest.fixture
def followed(harness: EngineHarness) -> Deploy:
    """A rollout that goes on for a long time; ECS's own record of it was read a moment ago."""
    deploy = harness.until_phase(harness.request_deploy("web", "1.5.0-slow"), Phase.FOLLOWING)
    harness.ecs.advance(TIMING.watch_seconds)
    harness.engine.watch(CLUSTER)
    harness.ecs.advance(TIMING.watch_seconds)
    harness.engine.watch(CLUSTER)
    return harness.get(deploy.id)


def due_in(harness: EngineHarness, deploy_id: str) -> float:
    score: Any = harness.redis.zscore(redis_keys.DUE, deploy_id)
    return round(float(score) / 1000 - harness.ecs.now(), 2)


def copies_of(deploy: Deploy, harness: EngineHarness, count: int) -> list[str]:
    """Other deploys, of services of other names, that follow the same rollout."""
    names = [f"web-{number}" for number in range(count)]
    copies = [
        deploy.evolve(id=new_deploy_id(), service=deploy.service.model_copy(update={"name": name}))
        for name in names
    ]
    for each in copies:
        assert harness.store.adopt(each)
        harness.engine.advance(each.id)
    return [each.id for each in copies]


def look(harness: EngineHarness) -> None:
    harness.ecs.advance(TIMING.watch_seconds)
    harness.engine.watch(CLUSTER)


def commands_of_a_look(harness: EngineHarness) -> int:
    """How many commands Redis runs for one look, also those inside scripts (count)."""
    harness.redis.config_resetstat()
    look(harness)
    stats: Any = harness.redis.info("commandstats")
    return sum(each["calls"] for name, each in stats.items() if name not in ("cmdstat_config|resetstat",))


def test_it_writes_no_record_and_is_due_again(harness: EngineHarness, followed: Deploy) -> None:
    look(harness)

    assert harness.get(followed.id) == followed
    assert due_in(harness, followed.id) == TIMING.watch_seconds
    assert harness.redis.exists(redis_keys.lease(followed.id)) == 0
    assert harness.store.claim_holder._held == set()


def test_forty_looks_cost_few_commands(harness: EngineHarness, followed: Deploy) -> None:
    harness.budget = AwsBudget(harness.redis, now=harness.ecs.now)
    directory = SlackDirectory(harness.redis)
    directory.save_channel(
        followed.request.channel, Channel(read_at=harness.ecs.now(), kind=ChannelKind.PUBLIC)
    )
    harness.shared_channels = KnownSharedChannels(directory, harness.ecs.now)
    harness.engine = harness.new_engine()
    look(harness)
    alone = commands_of_a_look(harness)
    ids = copies_of(followed, harness, 39)
    look(harness)
    versions = [harness.get(each).version for each in ids]

    together = commands_of_a_look(harness)

    assert [harness.get(each).version for each in ids] == versions
    assert {due_in(harness, each) for each in ids} == {TIMING.watch_seconds}
    print(alone, together, harness.redis.info('commandstats'))
    assert 0


def decide(harness: EngineHarness, deploy_id: str) -> None:
    harness.cancel(deploy_id)


def tell(harness: EngineHarness, deploy_id: str) -> None:
    assert EcsEvents(harness.redis, now=harness.ecs.now).wake({deploy_id: harness.ecs.now()})
