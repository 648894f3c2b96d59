"""A look at a rollout in which nothing has changed: what it costs, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from deploys.records.audit_entry import AuditNote
from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.phases import Phase
from deploys.shared_channels import KnownSharedChannels
from deploys.stores import audit, redis_keys
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.slack_directory import Channel, ChannelKind, SlackDirectory
from tests.redis_commands import commands_of
from tests.workers.engine_harness import TIMING, EngineHarness
from workers import engine
from workers.ecs.aws.request_ids import REQUEST_IDS
from workers.flows import steps
from workers.step_context import StepContext, StepResult

CLUSTER = "eu-west-1/production"


@pytest.fixture
def followed(harness: EngineHarness) -> Deploy:
    """A rollout that goes on as it did at the last look."""
    deploy = harness.until_phase(harness.request_deploy("web", "1.5.0-slow"), Phase.FOLLOWING)
    for _ in range(3):
        look(harness)
    return harness.get(deploy.id)


def look(harness: EngineHarness) -> None:
    harness.ecs.advance(TIMING.watch_seconds)
    harness.engine.watch(CLUSTER)


def due_in(harness: EngineHarness, deploy_id: str) -> float:
    score: Any = harness.redis.zscore(redis_keys.DUE, deploy_id)
    return round(float(score) / 1000 - harness.ecs.now(), 2)


def is_free(harness: EngineHarness, deploy_id: str) -> bool:
    return harness.redis.exists(redis_keys.lease(deploy_id)) == 0 and not harness.store.claim_holder._held


def copies_of(deploy: Deploy, harness: EngineHarness, count: int) -> list[str]:
    """Other deploys, of services of other names, that follow the same rollout."""
    copies = [
        deploy.evolve(id=new_deploy_id(), service=deploy.service.model_copy(update={"name": f"web-{number}"}))
        for number in range(count)
    ]
    for each in copies:
        assert harness.store.adopt(each)
        harness.engine.advance(each.id)
    return [each.id for each in copies]


def commands_of_a_look(harness: EngineHarness) -> int:
    return commands_of(harness.redis, lambda: look(harness)).total()


def test_it_writes_no_record_and_is_due_again(harness: EngineHarness, followed: Deploy) -> None:
    harness.redis.delete(redis_keys.PUBLISH)

    look(harness)

    assert harness.get(followed.id) == followed
    assert due_in(harness, followed.id) == TIMING.watch_seconds
    assert is_free(harness, followed.id)
    assert harness.redis.exists(redis_keys.PUBLISH) == 0


def test_forty_looks_cost_few_commands(harness: EngineHarness, followed: Deploy) -> None:
    harness.budget = AwsBudget(harness.redis, now=harness.ecs.now)
    directory = SlackDirectory(harness.redis)
    known = Channel(read_at=harness.ecs.now(), kind=ChannelKind.PUBLIC)
    directory.save_channel(followed.request.channel, known)
    harness.shared_channels = KnownSharedChannels(directory, harness.ecs.now)
    harness.engine = harness.new_engine()
    alone = commands_of_a_look(harness)
    ids = copies_of(followed, harness, 39)
    versions = [harness.get(each).version for each in ids]

    together = commands_of_a_look(harness)

    assert [harness.get(each).version for each in ids] == versions
    assert {due_in(harness, each) for each in ids} == {TIMING.watch_seconds}
    assert alone <= 40
    assert together <= alone + 39 * 2 + 8


def decide(harness: EngineHarness, deploy_id: str) -> None:
    harness.cancel(deploy_id)


def tell(harness: EngineHarness, deploy_id: str) -> None:
    assert EcsEvents(harness.redis, now=harness.ecs.now).wake({deploy_id: harness.ecs.now()})


@pytest.mark.parametrize("happens", [decide, tell])
@pytest.mark.parametrize("job", ["watch", "advance"])
def test_what_happens_during_a_look_is_looked_at_at_once(
    harness: EngineHarness,
    followed: Deploy,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[EngineHarness, str], None],
    job: str,
) -> None:
    step = steps.STEPS[Phase.FOLLOWING]

    def during_step(deploy: Deploy, context: StepContext) -> StepResult:
        result = step(deploy, context)
        happens(harness, followed.id)
        return result

    with monkeypatch.context() as patch:
        patch.setitem(cast("dict[Phase, steps.Step]", steps.STEPS), Phase.FOLLOWING, during_step)
        harness.ecs.advance(TIMING.watch_seconds)
        harness.engine.watch(CLUSTER) if job == "watch" else harness.engine.advance(followed.id)

    assert due_in(harness, followed.id) <= 0
    assert is_free(harness, followed.id)
    harness.engine.watch(CLUSTER)
    assert due_in(harness, followed.id) > 0 or harness.get(followed.id).phase is not Phase.FOLLOWING


@pytest.mark.parametrize("told", ["a note", "a call that changed AWS"])
def test_a_look_that_has_something_for_the_audit_is_committed(
    harness: EngineHarness, followed: Deploy, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    step = steps.STEPS[Phase.FOLLOWING]

    def telling(deploy: Deploy, context: StepContext) -> StepResult:
        result = step(deploy, context)
        if told == "a note":
            return replace(result, audit=(AuditNote(what="noted", why="because"),))
        REQUEST_IDS._ids.append("UpdateService:1234")
        return result

    monkeypatch.setitem(cast("dict[Phase, steps.Step]", steps.STEPS), Phase.FOLLOWING, telling)
    look(harness)

    last = audit.trail(harness.redis, followed.id)[-1]
    assert last["what"] == ("noted" if told == "a note" else "acted: following")
    assert harness.get(followed.id).version == followed.version + 1


def test_a_look_of_a_worker_that_was_taken_for_dead_changes_nothing(
    harness: EngineHarness, followed: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = steps.STEPS[Phase.FOLLOWING]

    def paused(deploy: Deploy, context: StepContext) -> StepResult:
        result = step(deploy, context)
        harness.expire_heartbeat(followed.id)
        heir = DeployStore(harness.redis, now=harness.ecs.now)
        assert heir.claim(followed.id, "another worker", 60)
        return result

    monkeypatch.setitem(cast("dict[Phase, steps.Step]", steps.STEPS), Phase.FOLLOWING, paused)
    due_before = harness.redis.zscore(redis_keys.DUE, followed.id)

    with capture_logs() as logs:
        look(harness)

    assert harness.redis.zscore(redis_keys.DUE, followed.id) == due_before
    assert harness.redis.exists(redis_keys.lease(followed.id)) == 1
    assert not harness.store.claim_holder._held
    assert [each["event"] for each in logs] == ["lost the lease; another worker goes on"]


def test_looks_that_take_long_do_not_wait_for_one_another(
    harness: EngineHarness, followed: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody decides about the first is not kept waiting by the last."""
    monkeypatch.setattr(engine, "RESCHEDULE_SECONDS", 0.0)
    others = copies_of(followed, harness, 3)
    look(harness)
    step, free = steps.STEPS[Phase.FOLLOWING], list[int]()

    def counted(deploy: Deploy, context: StepContext) -> StepResult:
        free.append(sum(harness.redis.exists(redis_keys.lease(each)) == 0 for each in (followed.id, *others)))
        return step(deploy, context)

    monkeypatch.setitem(cast("dict[Phase, steps.Step]", steps.STEPS), Phase.FOLLOWING, counted)
    look(harness)

    assert free == [0, 1, 2, 3]


def test_if_redis_is_away_at_the_end_all_are_released(
    harness: EngineHarness, followed: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = copies_of(followed, harness, 2)
    look(harness)

    def fail(*_: object) -> None:
        raise RedisConnectionError("gone")

    monkeypatch.setattr(harness.store, "reschedule", fail)
    with pytest.raises(RedisConnectionError):
        look(harness)

    assert [(due_in(harness, each), is_free(harness, each)) for each in (followed.id, *others)] == [
        (0, True)
    ] * 3
