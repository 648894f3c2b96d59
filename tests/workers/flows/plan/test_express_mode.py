"""An ECS Express Mode service is deployed like any other canary, and the plan says what manages it."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import Strategy
from deploys.records.phases import Outcome
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.sandbox.ecs.ecs_actions import create_express_service
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.conftest import AlterResponse
from tests.workers.flows.console_actions import changing_operations

EXPRESS_MODE_LINE = (
    "• ECS Express Mode manages this service: its next update that sets an image, or a task definition, "
    "replaces what this deploy sets"
)


@pytest.fixture
def harness(harness: EngineHarness) -> EngineHarness:
    """A harness with the Express Mode service `storefront`, which has two tasks."""
    create_express_service(harness.ecs_client)
    harness.ecs.advance(900)
    return harness


def request_storefront(harness: EngineHarness, tag: str, strategy: Strategy = Strategy.NATIVE) -> str:
    return harness.request_deploy("web", tag, ecs_service="storefront", strategy=strategy)


def storefront_images(harness: EngineHarness) -> set[str]:
    arns = harness.ecs_client.list_tasks(cluster="production", serviceName="storefront")["taskArns"]
    tasks = harness.ecs_client.describe_tasks(cluster="production", tasks=arns)["tasks"]
    return {container["image"].rpartition(":")[2] for task in tasks for container in task["containers"]}


def test_a_new_version_is_rolled_out_and_the_plan_says_who_manages_it(harness: EngineHarness) -> None:
    deploy = harness.until_over(request_storefront(harness, "1.4.2"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert EXPRESS_MODE_LINE in harness.thread_text(deploy.id, ThreadMessageKind.PLAN).splitlines()
    assert storefront_images(harness) == {"1.4.2"}
    assert harness.describe_service("storefront")["desiredCount"] == 2


def test_a_version_that_fails_is_taken_back(harness: EngineHarness) -> None:
    deploy = harness.until_over(request_storefront(harness, "1.5.0-crash"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert storefront_images(harness) == {"1.4.0"}


@pytest.mark.parametrize("strategy", [Strategy.ROLLING, Strategy.STOP_START])
def test_its_strategy_is_canary_so_another_is_refused(harness: EngineHarness, strategy: Strategy) -> None:
    before = len(harness.ecs.calls())

    deploy = harness.until_over(request_storefront(harness, "1.4.2", strategy))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: The ECS service `storefront` is CANARY: it shifts traffic in stages "
        f"of its own, but `services.yml` says `strategy: {strategy.value}` for `web`. Write `strategy: "
        "native` there, or change the ECS service's strategy to ROLLING."
    )
    assert changing_operations(harness.ecs.calls()[before:]) == []


def report_unknown_management(answer: dict[str, Any]) -> None:
    for service in answer.get("services", ()):
        service["resourceManagementType"] = "A_SERVICE_OF_TOMORROW"


def test_a_management_that_nobody_knows_is_refused_by_name(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    alter_response("DescribeServices", report_unknown_management)
    before = len(harness.ecs.calls())

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: The ECS service `web` is managed by A_SERVICE_OF_TOMORROW (its "
        "resourceManagementType), which this version of Slipway does not know, so it cannot tell what a "
        "deploy would do to it. Upgrade Slipway, or deploy the service where it is managed."
    )
    assert changing_operations(harness.ecs.calls()[before:]) == []


def test_a_rollout_of_it_can_be_followed(harness: EngineHarness, alter_response: AlterResponse) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    alter_response("DescribeServices", report_unknown_management)

    assert harness.until_over(harness.request_verb(Verb.FOLLOW, "web")).outcome is Outcome.SUCCEEDED
