"""AWS's own throttling, as a client sees it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import CLUSTER


@pytest.fixture
def once(ecs: EcsSandbox) -> Any:
    """An ECS client that tries once."""
    return ecs.client("ecs", config=Config(retries={"total_max_attempts": 1}))


def accepted(once: Any, tries: int) -> int:
    """How many of so many calls of DescribeTaskDefinition are answered."""
    count = 0
    for _ in range(tries):
        with suppress(ClientError):
            once.describe_task_definition(taskDefinition="web")
            count += 1
    return count


def test_it_is_off_until_somebody_switches_it_on(ecs: EcsSandbox, once: Any) -> None:
    assert accepted(once, 60) == 60


def test_a_bucket_empties_and_fills_again_with_the_clock_of_the_sandbox(ecs: EcsSandbox, once: Any) -> None:
    ecs.throttling.is_on = True

    assert accepted(once, 60) == 50
    ecs.advance(0.5)
    assert accepted(once, 20) == 10, "20 a second"
    ecs.advance(600)
    assert accepted(once, 60) == 50


def test_operations_of_a_category_share_their_bucket_and_others_do_not(ecs: EcsSandbox, once: Any) -> None:
    ecs.throttling.is_on = True
    accepted(once, 50)

    with pytest.raises(ClientError) as throttled:
        once.list_task_definitions()
    assert throttled.value.response["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    assert throttled.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert once.describe_services(cluster=CLUSTER, services=["web"])["services"]


def test_a_throttled_change_is_not_applied(ecs: EcsSandbox, once: Any) -> None:
    ecs.throttling.is_on = True
    for count in range(50):
        once.update_service(cluster=CLUSTER, service="web", desiredCount=1 + count % 2)

    with pytest.raises(ClientError, match="Rate exceeded"):
        once.update_service(cluster=CLUSTER, service="web", desiredCount=7)
    answer = once.describe_services(cluster=CLUSTER, services=["web"])
    assert answer["services"][0]["desiredCount"] == 2
