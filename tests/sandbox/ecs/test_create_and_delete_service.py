"""CreateService and DeleteService, services with another controller, and daemons."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until,
    advance_until_steady,
    describe_service,
    newest_service_deployment,
    service_tasks,
)
from tests.sandbox.ecs.test_update_service import refusal


def test_a_deleted_service_drains_and_becomes_inactive(ecs: EcsSandbox, client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match="scaled above 0"):
        client.delete_service(cluster=CLUSTER, service="web")

    client.delete_service(cluster=CLUSTER, service="web", force=True)

    assert describe_service(client, "web")["status"] == "DRAINING"
    assert refusal(client, desiredCount=1) == ("ServiceNotActiveException", "Service was not ACTIVE.")
    advance_until(ecs, lambda: describe_service(client, "web")["status"] == "INACTIVE")
    assert all(task["lastStatus"] == "STOPPED" for task in service_tasks(client, "web", "STOPPED"))
    assert refusal(client, desiredCount=1)[0] == "ServiceNotActiveException"
    arns = client.list_services(cluster=CLUSTER)["serviceArns"]
    assert not any(arn.endswith("/web") for arn in arns)


def test_another_controller_refuses_a_revision(client: Any) -> None:
    created = {**creation(client), "deploymentController": {"type": "CODE_DEPLOY"}}
    client.create_service(**created)

    code, message = refusal(client, "other", taskDefinition="ledger")

    assert code == "InvalidParameterException"
    assert "CODE_DEPLOY deployment controller" in message


def test_a_daemon_has_no_desired_count(client: Any) -> None:
    created = {**creation(client), "schedulingStrategy": "DAEMON", "launchType": "EC2"}
    del created["desiredCount"]
    client.create_service(**created)

    code, message = refusal(client, "other", desiredCount=2)

    assert code == "InvalidParameterException"
    assert message.startswith("The daemon scheduling strategy does not support a desired count.")


def test_a_daemon_places_one_task_an_instance(client: Any) -> None:
    created = {**creation(client), "schedulingStrategy": "DAEMON", "launchType": "EC2"}
    del created["desiredCount"]
    made = client.create_service(**created)["service"]["deploymentConfiguration"]

    code, message = refusal(client, "other", deploymentConfiguration={"maximumPercent": 200})

    assert (made["minimumHealthyPercent"], made["maximumPercent"]) == (0, 100)
    assert code == "InvalidParameterException"
    assert message.startswith("The daemon scheduling strategy does not support values above 100")


def creation(client: Any) -> dict[str, Any]:
    """The parameters of CreateService for a service `other` like ledger."""
    return {
        "cluster": CLUSTER,
        "serviceName": "other",
        "taskDefinition": "ledger",
        "desiredCount": 1,
        "launchType": "FARGATE",
        "networkConfiguration": describe_service(client, "ledger")["networkConfiguration"],
    }


def test_a_service_cannot_be_created_twice(ecs: EcsSandbox, client: Any) -> None:
    client.create_service(**creation(client))
    with pytest.raises(client.exceptions.InvalidParameterException, match="not idempotent"):
        client.create_service(**creation(client))

    assert advance_until_steady(ecs, client, "other")["status"] == "SUCCESSFUL"
    assert newest_service_deployment(client, "other")["sourceServiceRevisions"] == []


def test_names_and_arns_are_the_same_to_ecs(client: Any) -> None:
    found = describe_service(client, "web")

    updated = client.update_service(
        cluster=found["clusterArn"], service=found["serviceArn"], taskDefinition=found["taskDefinition"]
    )["service"]

    assert updated["serviceName"] == "web"
