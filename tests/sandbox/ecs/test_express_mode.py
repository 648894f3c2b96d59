"""A service of ECS Express Mode: both its own calls and UpdateService change it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from tests.builders import REGISTRY
from tests.sandbox.ecs.ecs_actions import advance_until, create_express_service


@pytest.fixture
def express(ecs: EcsSandbox) -> Any:
    """The client, with the service `storefront`."""
    client = ecs.client("ecs")
    create_express_service(client)
    advance_until(ecs, lambda: storefront(client)["runningCount"] == 2)
    return client


def storefront(client: Any) -> Any:
    (service,) = client.describe_services(cluster="production", services=["storefront"])["services"]
    return service


def image(client: Any) -> str:
    revision = storefront(client)["taskDefinition"]
    definition = client.describe_task_definition(taskDefinition=revision)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    assert container["name"] == "Main"
    return str(container["image"])


def test_it_is_canary_and_says_who_manages_it(express: Any) -> None:
    service = storefront(express)

    assert service["resourceManagementType"] == "ECS"
    assert service["deploymentConfiguration"]["strategy"] == "CANARY"
    assert image(express) == f"{REGISTRY}/web:1.4.0"
    (web,) = express.describe_services(cluster="production", services=["web"])["services"]
    assert web["resourceManagementType"] == "CUSTOMER"


def test_what_update_service_sets_stays_until_an_express_update_sets_the_same(
    ecs: EcsSandbox, express: Any
) -> None:
    arn = storefront(express)["serviceArn"]
    revision = storefront(express)["taskDefinition"]
    described = express.describe_task_definition(taskDefinition=revision)["taskDefinition"]
    containers = [{**each, "image": f"{REGISTRY}/web:1.4.1"} for each in described["containerDefinitions"]]
    known = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    copy = {name: described[name] for name in known}
    new = express.register_task_definition(containerDefinitions=containers, **copy)["taskDefinition"]

    express.update_service(
        cluster="production", service="storefront", taskDefinition=new["taskDefinitionArn"]
    )
    ecs.advance(900)
    express.update_express_gateway_service(serviceArn=arn)
    assert image(express) == f"{REGISTRY}/web:1.4.1"
    ecs.advance(900)
    express.update_express_gateway_service(
        serviceArn=arn, primaryContainer={"image": f"{REGISTRY}/web:1.4.2"}
    )

    assert image(express) == f"{REGISTRY}/web:1.4.2"


def test_another_service_is_refused_an_express_update(express: Any) -> None:
    (web,) = express.describe_services(cluster="production", services=["web"])["services"]

    with pytest.raises(ClientError, match="not an Express service"):
        express.update_express_gateway_service(serviceArn=web["serviceArn"])
