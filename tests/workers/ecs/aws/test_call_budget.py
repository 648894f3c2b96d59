"""A token before each call, for each caller."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from deploys.aws_limits import LIMITS_BY_NAME, LIMITS_BY_OPERATION
from deploys.catalogue.nested_keys import Role
from deploys.errors import AwsBudgetSpent
from deploys.stores.aws_budget import AwsBudget, BucketKey, CallNeed, Waiter
from sandbox.ecs import EcsSandbox
from sandbox.ecs.http.request_throttling import QUOTAS
from tests.builders import NOW, a_service
from workers.ecs import services, task_definitions
from workers.ecs.aws import call_budget
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.aws.call_budget import Caller, caller_for_query, calls_by, use_by_default

READS = BucketKey("own", "eu-west-1", LIMITS_BY_NAME["service-reads"])
CHANGES = BucketKey("own", "eu-west-1", LIMITS_BY_NAME["service-changes"])


@pytest.fixture
def budget(ecs: EcsSandbox, redis: Redis) -> AwsBudget:
    return AwsBudget(redis, now=ecs.now)


def caller(ecs: EcsSandbox, budget: AwsBudget, need: CallNeed = CallNeed.PROGRESS, **options: Any) -> Caller:
    return Caller(budget, "d", NOW, lambda changes: need, sleep=ecs.advance, **options)


def describe(times: int = 1, aws: AwsClients | None = None) -> None:
    region = (aws or AwsClients()).region("eu-west-1")
    for _ in range(times):
        services.describe(region, "production", ["web"])


def use_up(budget: AwsBudget, key: BucketKey = READS) -> None:
    while budget.take(key, Waiter("x", CallNeed.RESTORE, 0)).seconds == 0:
        pass
    budget.leave(key, "x")


def tokens(budget: AwsBudget) -> dict[str, float]:
    return {each.key.name: each.tokens for each in budget.states()}


def test_a_call_costs_one_token_and_one_redis_command(
    ecs: EcsSandbox, budget: AwsBudget, redis: Redis
) -> None:
    with calls_by(caller(ecs, budget)):
        describe()
        redis.config_resetstat()
        describe(3)

    stats: dict[str, Any] = redis.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] == 3
    assert tokens(budget) == {"own/eu-west-1/service-reads": 46}


def test_a_call_without_a_published_limit_costs_nothing(ecs: EcsSandbox, budget: AwsBudget) -> None:
    assert "ecr:DescribeImages" not in LIMITS_BY_OPERATION
    with calls_by(caller(ecs, budget)):
        AwsClients().region("eu-west-1").ecr.describe_images(repositoryName="web")

    assert tokens(budget) == {}


def test_calls_of_nobody_cost_nothing_unless_the_process_has_a_budget(
    ecs: EcsSandbox, budget: AwsBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_budget, "_default_budget", [])
    describe()
    assert tokens(budget) == {}

    use_by_default(budget)
    describe()
    assert tokens(budget) == {"own/eu-west-1/service-reads": 49}


def test_a_short_wait_is_waited_out_and_a_longer_one_makes_place_for_others(
    ecs: EcsSandbox, budget: AwsBudget
) -> None:
    use_up(budget, CHANGES)
    began = ecs.now()
    with calls_by(caller(ecs, budget, CallNeed.RESTORE)) as restoring:
        services.update(AwsClients().region("eu-west-1"), "production", "web", desired=4)
    assert restoring is not None
    assert restoring.waited_seconds == pytest.approx(0.4), "half of 5 a second"
    assert ecs.now() - began == pytest.approx(0.4)

    use_up(budget, CHANGES)
    with pytest.raises(AwsBudgetSpent) as spent, calls_by(caller(ecs, budget, CallNeed.CHANGE)):
        services.update(AwsClients().region("eu-west-1"), "production", "web", desired=5)
    assert len(ecs.calls("UpdateService")) == 1
    assert spent.value.message == (
        "AWS takes only so many changes of services a second from one account, and Slipway's share of them "
        "is used up for now."
    )
    assert spent.value.facts["seconds"] == pytest.approx(2.4), "five are kept for rollbacks"
    assert budget.states()[0].waiting == 1, "its place is kept"


def test_a_step_that_has_begun_waits_longer_so_that_it_ends(ecs: EcsSandbox, budget: AwsBudget) -> None:
    with calls_by(caller(ecs, budget)) as begun:
        describe()
        use_up(budget)
        describe(50)
    assert begun is not None
    assert begun.waited_seconds == pytest.approx(6, abs=0.2), "ten a second, with the need of an end"

    use_up(budget)
    with pytest.raises(AwsBudgetSpent), calls_by(caller(ecs, budget)):
        describe()


def test_a_query_that_has_begun_gives_up_like_one_that_has_not(ecs: EcsSandbox, budget: AwsBudget) -> None:
    """Otherwise it would hold a worker, and take what the looks at rollouts need."""
    asking = caller_for_query(budget, "q")
    assert asking is not None
    asking.sleep = ecs.advance
    with calls_by(asking):
        describe()
        use_up(budget)
        with pytest.raises(AwsBudgetSpent):
            describe(100)

    assert asking.waited_seconds <= 5
    assert len(ecs.calls("DescribeServices")) < 40


def test_a_query_waits_five_seconds_and_then_gives_up_its_place(ecs: EcsSandbox, budget: AwsBudget) -> None:
    use_up(budget)
    asking = caller_for_query(budget, "q")
    assert asking is not None
    asking.sleep = ecs.advance
    with calls_by(asking):
        describe()
    assert asking.waited_seconds == pytest.approx(1.6), "15 are kept for greater needs"

    budget.note_throttled(READS)
    asking.has_begun, asking.waited_seconds = False, 4
    with pytest.raises(AwsBudgetSpent), calls_by(asking):
        describe()
    assert budget.states()[0].waiting == 0


def test_a_token_taken_ahead_is_used_by_the_call_or_given_back(ecs: EcsSandbox, budget: AwsBudget) -> None:
    region = AwsClients().region("eu-west-1")
    with calls_by(caller(ecs, budget, CallNeed.CHANGE)) as changing:
        assert changing is not None
        changing.take_ahead("ecs:UpdateService", region.name, region.account)
        use_up(budget, CHANGES)
        services.update(region, "production", "web", desired=4)
    assert tokens(budget)["own/eu-west-1/service-changes"] < 1

    ecs.advance(60)
    with calls_by(caller(ecs, budget, CallNeed.CHANGE)) as unused:
        assert unused is not None
        unused.take_ahead("ecs:UpdateService", region.name, region.account)
        assert tokens(budget)["own/eu-west-1/service-changes"] == 24
    assert tokens(budget)["own/eu-west-1/service-changes"] == 25


def test_the_calls_with_a_role_count_for_its_account(ecs: EcsSandbox, budget: AwsBudget) -> None:
    role = Role(arn="arn:aws:iam::210987654321:role/slipway")
    ecs.add_role(role.arn)
    aws = AwsClients(now=ecs.now)
    with calls_by(caller(ecs, budget)):
        region = aws.for_service(a_service(role=role), "slipway-watch")
        services.describe(region, "production", ["web"])

    assert region.account == "210987654321"
    assert tokens(budget) == {
        "210987654321/eu-west-1/service-reads": 49,
        "own/eu-west-1/sts": 299,
    }


def test_a_throttled_call_slows_its_limit_alone(ecs: EcsSandbox, budget: AwsBudget) -> None:
    ecs.faults.add(kind="throttle", operation="DescribeTaskDefinition")
    region = AwsClients().region("eu-west-1")
    with calls_by(caller(ecs, budget)):
        describe()
        with pytest.raises(Exception, match="ThrottlingException"):
            task_definitions.describe(region, "web:17")

    assert {each.key.limit.name: each.slowed for each in budget.states()} == {
        "service-reads": False,
        "task-definition-reads": True,
    }


PLAYED = [(operation, quota.refill, quota.bucket) for quota in QUOTAS for operation in quota.operations]


@pytest.mark.parametrize(("operation", "per_second", "burst"), PLAYED)
def test_slipway_knows_the_limits_that_the_played_aws_has(
    operation: str, per_second: float, burst: int
) -> None:
    limit = LIMITS_BY_OPERATION[operation]

    assert limit.per_second <= per_second
    assert limit.burst <= burst
