"""Whole deploys within the budget of calls to AWS, against an ECS that throttles as AWS does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from deploys.aws_limits import LIMITS, LIMITS_BY_NAME
from deploys.records.phases import Outcome, Phase
from deploys.records.retries import AwsWait
from deploys.records.rollout import ImageMatch
from deploys.stores.aws_budget import AwsBudget, BucketKey, BucketState, CallNeed, Turn, Waiter
from sandbox.ecs import EcsSandbox
from sandbox.ecs.http.dispatcher import AwsCallNote
from tests.workers.engine_harness import EngineHarness
from workers.call_need import STOPPED_PHASES

OWN = "own"
REGION = "eu-west-1"
REGISTERING = BucketKey(OWN, REGION, LIMITS_BY_NAME["task-definition-changes"])


@pytest.fixture
def harness(ecs: EcsSandbox, redis: Redis) -> EngineHarness:
    """An engine with a budget, and an ECS that throttles."""
    ecs.throttling.is_on = True
    return EngineHarness(ecs, redis, budget=AwsBudget(redis, now=ecs.now))


def use_up(harness: EngineHarness, limit: str, *, leave: int = 0) -> None:
    """Takes all tokens of a limit for calls that are never made."""
    assert harness.budget is not None
    key = BucketKey(OWN, REGION, LIMITS_BY_NAME[limit])
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
    names = many_services(harness, 12)
    began = len(harness.ecs.calls())
    deploy_ids = []
    for name in names:
        deploy_ids.append(harness.request_deploy(name, "1.4.2", containers=("web",)))
        harness.ecs.advance(0.05)

    run_with_six_workers(harness, deploy_ids)

    made = harness.ecs.calls()[began:]
    assert {note.outcome for note in made} == {"ok"}
    assert [harness.get(each).outcome for each in deploy_ids] == [Outcome.SUCCEEDED] * 12
    for limit in LIMITS:
        most = most_in_any_window(made, limit.operations, limit.per_second / 2)
        assert most <= max(1, limit.burst // 2) + 0.01, limit.name
    registered = [note for note in made if note.operation == "RegisterTaskDefinition"]
    tags = [{tag["key"]: tag["value"] for tag in note.params["tags"]} for note in registered]
    assert [each["slipway:deploy"] for each in tags] == deploy_ids
    assert registered[-1].at - registered[0].at == pytest.approx(8, abs=3), "8 at once, then one in 2 s"


def test_a_deploy_that_gets_no_token_waits_for_its_turn_and_has_failed_nothing(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.step_into(deploy_id, Phase.REGISTERING)
    use_up(harness, "task-definition-changes")
    assert harness.budget is not None
    harness.budget.note_throttled(REGISTERING)  # so that the turn comes late enough to be shown
    began = len(harness.ecs.calls())

    harness.tick()

    waits = harness.get(deploy_id)
    wait = waits.retries.aws_wait
    assert wait == AwsWait(limit="task-definition-changes", until=wait.until if wait else 0)
    assert (waits.phase, waits.retries.attempts) == (Phase.REGISTERING, 0)
    assert waits.retries.failing_since is None
    assert harness.ecs.calls()[began:] == [], "it was not even read: that would be repeated"
    [due] = harness.store.due(harness.ecs.now() + 60)
    assert due.at == pytest.approx(wait.until), "asked again when its turn comes, and not before"

    harness.until_phase(deploy_id, Phase.FOLLOWING)
    assert harness.get(deploy_id).retries.aws_wait is None
    assert harness.until_outcome(deploy_id).outcome is Outcome.SUCCEEDED
    assert [note.outcome for note in harness.ecs.calls("RegisterTaskDefinition")] == ["ok"]


def test_a_cancel_does_not_wait_for_a_turn(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.step_into(deploy_id, Phase.REGISTERING)
    use_up(harness, "task-definition-changes")
    harness.tick()

    harness.cancel(deploy_id)
    harness.tick()

    assert harness.get(deploy_id).outcome is Outcome.CANCELLED
    assert harness.ecs.calls("RegisterTaskDefinition") == []


def test_the_token_of_a_change_that_is_not_made_goes_back(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.step_into(deploy_id, Phase.REGISTERING)
    harness.lock("web", "U02BOB0000")
    harness.tick()

    assert harness.get(deploy_id).hold is not None
    [bucket] = [each for each in budget_states(harness) if each.key.limit.name == "task-definition-changes"]
    assert bucket.tokens == 10


def budget_states(harness: EngineHarness) -> list[BucketState]:
    assert harness.budget is not None
    return harness.budget.states()


def test_a_stopped_service_goes_on_while_the_reads_of_others_have_to_wait(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = harness.request_deploy("ledger", "1.5.0")
    harness.until_phase(stopped, Phase.AWAITING_APPROVAL)
    harness.approve(stopped)
    harness.until_phase(stopped, Phase.DRAINING)
    other = harness.request_deploy("web", "1.4.2")
    harness.until_phase(other, Phase.FOLLOWING)
    take, asked = AwsBudget.take, list[tuple[Phase, CallNeed]]()

    def spy(budget: AwsBudget, key: BucketKey, waiter: Waiter) -> Turn:
        if waiter.holder.startswith((stopped, "watch")):
            asked.append((harness.get(stopped).phase, waiter.need))
        return take(budget, key, waiter)

    monkeypatch.setattr(AwsBudget, "take", spy)
    while harness.get(stopped).phase is not Phase.SETTLING:
        use_up_to_reserve(harness, "service-reads")
        use_up_to_reserve(harness, "task-reads")
        harness.tick()

    assert harness.get(stopped).outcome is Outcome.SUCCEEDED
    while_down = {(phase, need) for phase, need in asked if phase in STOPPED_PHASES}
    assert while_down == {(Phase.DRAINING, CallNeed.RESTORE), (Phase.STARTING, CallNeed.RESTORE)}


def use_up_to_reserve(harness: EngineHarness, limit: str) -> None:
    """Others take all that calls of their need may take."""
    assert harness.budget is not None
    key = BucketKey(OWN, REGION, LIMITS_BY_NAME[limit])
    while harness.budget.take(key, Waiter("x", CallNeed.PROGRESS, 0)).seconds == 0:
        pass
    harness.budget.leave(key, "x")


def test_a_rollout_whose_look_has_to_wait_is_looked_at_later_and_has_failed_nothing(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    while harness.store.due(harness.ecs.now()) == []:
        harness.ecs.advance(1)
    assert harness.budget is not None
    use_up(harness, "service-reads", leave=max(0, 50 - int(budget_of(harness, "service-reads"))))
    began = len(harness.ecs.calls())

    harness.tick()

    assert harness.ecs.calls()[began:] == []
    assert harness.get(deploy_id).retries.attempts == 0
    assert harness.until_outcome(deploy_id).outcome is Outcome.SUCCEEDED


def budget_of(harness: EngineHarness, limit: str) -> float:
    return next(each.tokens for each in budget_states(harness) if each.key.limit.name == limit)


def test_if_aws_throttles_a_call_the_bucket_is_emptied_and_the_deploy_goes_on(harness: EngineHarness) -> None:
    harness.ecs.faults.add(kind="throttle", operation="RegisterTaskDefinition")
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.ecs.calls("RegisterTaskDefinition"))

    [bucket] = [each for each in budget_states(harness) if each.key.limit.name == "task-definition-changes"]
    assert (bucket.slowed, bucket.tokens < 2) == (True, True)
    assert harness.until_outcome(deploy_id).outcome is Outcome.SUCCEEDED


def test_without_redis_no_call_is_made(harness: EngineHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")

    def lost(*_: object) -> None:
        raise ConnectionError("Redis is gone")

    monkeypatch.setattr(AwsBudget, "take", lost)
    with pytest.raises(ConnectionError):
        harness.engine.advance(deploy_id)

    assert harness.ecs.calls() == []
    monkeypatch.undo()


def test_an_end_whose_tasks_have_to_wait_is_no_failed_read_and_goes_before_progress(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_ended_in_ecs(deploy_id)
    take, needs, busy_until = AwsBudget.take, list[CallNeed](), harness.ecs.now() + 30

    def busy(budget: AwsBudget, key: BucketKey, waiter: Waiter) -> Turn:
        if key.limit.name != "task-reads" or harness.ecs.now() >= busy_until:
            return take(budget, key, waiter)
        needs.append(waiter.need)
        return Turn(20.0, before=7)

    monkeypatch.setattr(AwsBudget, "take", busy)
    harness.until(lambda: needs)

    waits = harness.get(deploy_id)
    assert set(needs) == {CallNeed.END}
    assert waits.outcome is None
    assert waits.rollout.running_images is None
    assert waits.retries.attempts == 0
    assert waits.retries.aws_wait is not None
    ended = harness.until_outcome(deploy_id)
    assert ended.outcome is Outcome.SUCCEEDED
    assert ended.rollout.running_images is not None
    assert ended.rollout.running_images.match is ImageMatch.SAME
