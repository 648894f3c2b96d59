"""A service of ECS Express Mode is deployed as any other canary, and the plan says who manages it."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import Strategy
from deploys.deploy import MilestoneKind, Outcome, Verb
from tests.sandbox.ecs.people import create_express_service
from tests.workers.flows.conftest import Twist
from tests.workers.flows.test_refusals import changing
from tests.workers.yard import Yard

SAID = (
    "• ECS Express Mode manages this service: its next update that sets an image, or a task definition, "
    "replaces what this deploy sets"
)


@pytest.fixture
def yard(yard: Yard) -> Yard:
    """With the service `storefront`, of two tasks."""
    create_express_service(yard.console)
    yard.ecs.advance(900)
    return yard


def ask(yard: Yard, tag: str, strategy: Strategy = Strategy.NATIVE) -> str:
    return yard.ask("web", tag, ecs_service="storefront", strategy=strategy)


def images(yard: Yard) -> set[str]:
    arns = yard.console.list_tasks(cluster="production", serviceName="storefront")["taskArns"]
    tasks = yard.console.describe_tasks(cluster="production", tasks=arns)["tasks"]
    return {container["image"].rpartition(":")[2] for task in tasks for container in task["containers"]}


def test_a_new_version_is_rolled_out_and_the_plan_says_who_manages_it(yard: Yard) -> None:
    deploy = yard.until_over(ask(yard, "1.4.2"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert SAID in yard.said(deploy.id, MilestoneKind.PLAN).splitlines()
    assert images(yard) == {"1.4.2"}
    assert yard.service("storefront")["desiredCount"] == 2


def test_a_version_that_fails_is_taken_back(yard: Yard) -> None:
    deploy = yard.until_over(ask(yard, "1.5.0-crash"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert images(yard) == {"1.4.0"}


@pytest.mark.parametrize("strategy", [Strategy.ROLLING, Strategy.STOP_START])
def test_its_strategy_is_canary_so_another_is_refused(yard: Yard, strategy: Strategy) -> None:
    before = len(yard.ecs.calls())

    deploy = yard.until_over(ask(yard, "1.4.2", strategy))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id, MilestoneKind.END) == (
        "*Refused*, nothing was changed: The ECS service `storefront` is CANARY: it shifts traffic in stages "
        f"of its own, but `services.yml` says `strategy: {strategy.value}` for `web`. Write `strategy: "
        "native` there, or change the ECS service's strategy to ROLLING."
    )
    assert changing(yard.ecs.calls()[before:]) == []


def managed_by_something_new(answer: dict[str, Any]) -> None:
    for service in answer.get("services", ()):
        service["resourceManagementType"] = "A_SERVICE_OF_TOMORROW"


def test_a_management_that_nobody_knows_is_refused_by_name(yard: Yard, twist: Twist) -> None:
    twist("DescribeServices", managed_by_something_new)
    before = len(yard.ecs.calls())

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id, MilestoneKind.END) == (
        "*Refused*, nothing was changed: The ECS service `web` is managed by A_SERVICE_OF_TOMORROW (its "
        "resourceManagementType), which this version of Slipway does not know, so it cannot tell what a "
        "deploy would do to it. Upgrade Slipway, or deploy the service where it is managed."
    )
    assert changing(yard.ecs.calls()[before:]) == []


def test_a_rollout_of_it_can_be_followed(yard: Yard, twist: Twist) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    twist("DescribeServices", managed_by_something_new)

    assert yard.until_over(yard.ask_to(Verb.FOLLOW, "web")).outcome is Outcome.SUCCEEDED
