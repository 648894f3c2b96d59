"""What UpdateService changes, what starts a deployment, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until,
    advance_until_steady,
    deploy_tag,
    describe_service,
    newest_service_deployment,
    primary_deployment,
    register_revision,
    service_tasks,
)

NETWORK = {
    "awsvpcConfiguration": {
        "subnets": ["subnet-1"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }
}


def update(client: Any, name: str = "web", **members: Any) -> dict[str, Any]:
    updated: dict[str, Any] = client.update_service(cluster=CLUSTER, service=name, **members)["service"]
    return updated


def refusal(client: Any, name: str = "web", **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        update(client, name, **members)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_what_is_not_given_keeps_its_value(client: Any) -> None:
    before = describe_service(client, "web")

    after = update(client, desiredCount=4)

    unchanged = set(before) - {"desiredCount", "deployments", "tags", "currentServiceRevisions"}
    assert {key: after[key] for key in unchanged} == {key: before[key] for key in unchanged}
    assert after["desiredCount"] == 4


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"desiredCount": 5},
        {"taskDefinition": "web"},
        {"forceNewDeployment": False},
        {"healthCheckGracePeriodSeconds": 60},
        {"deploymentConfiguration": {"maximumPercent": 150, "minimumHealthyPercent": 50}},
        {"platformVersion": "LATEST"},
    ],
    ids=str,
)
def test_no_deployment_is_made_without_a_change_of_what_runs(
    ecs: EcsSandbox, client: Any, members: dict[str, Any]
) -> None:
    before = primary_deployment(client, "web")["id"]

    update(client, **members)
    ecs.advance(90)

    assert [d["id"] for d in describe_service(client, "web")["deployments"]] == [before]
    assert len(client.list_service_deployments(cluster=CLUSTER, service="web")["serviceDeployments"]) == 1


@pytest.mark.parametrize(
    "members", [{"forceNewDeployment": True}, {"networkConfiguration": NETWORK}], ids=str
)
def test_a_deployment_is_made_by_force_and_by_another_network(
    ecs: EcsSandbox, client: Any, members: dict[str, Any]
) -> None:
    before = primary_deployment(client, "web")["id"]

    update(client, **members)
    service_deployment = advance_until_steady(ecs, client, "web")

    assert primary_deployment(client, "web")["id"] != before
    assert service_deployment["status"] == "SUCCESSFUL"


def test_a_changed_configuration_is_merged_with_what_was_there(client: Any) -> None:
    update(client, deploymentConfiguration={"maximumPercent": 150})

    configuration = describe_service(client, "web")["deploymentConfiguration"]
    assert configuration["maximumPercent"] == 150
    assert configuration["minimumHealthyPercent"] == 100
    assert configuration["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}


@pytest.mark.parametrize("count", [1, 6])
def test_the_count_changes_without_a_deployment(ecs: EcsSandbox, client: Any, count: int) -> None:
    update(client, desiredCount=count)
    assert primary_deployment(client, "web")["desiredCount"] == count
    assert primary_deployment(client, "web")["rolloutState"] == "COMPLETED"

    advance_until(ecs, lambda: describe_service(client, "web")["runningCount"] == count)

    advance_until_steady(ecs, client, "web")
    assert len(service_tasks(client, "web")) == count


def test_revision_and_count_change_in_one_update(ecs: EcsSandbox, client: Any) -> None:
    update(client, "ledger", desiredCount=0)
    advance_until(
        ecs, lambda: all(t["lastStatus"] == "STOPPED" for t in service_tasks(client, "ledger", "STOPPED"))
    )

    deploy_tag(client, "ledger", "1.4.2", desiredCount=1)
    service_deployment = advance_until_steady(ecs, client, "ledger")

    assert service_deployment["status"] == "SUCCESSFUL"
    assert describe_service(client, "ledger")["runningCount"] == 1


def test_a_deployment_at_count_zero_completes_at_once(ecs: EcsSandbox, client: Any) -> None:
    update(client, "ledger", desiredCount=0)
    ecs.advance(60)

    deploy_tag(client, "ledger", "1.4.2")
    ecs.advance(3)

    assert primary_deployment(client, "ledger")["rolloutState"] == "COMPLETED"
    assert newest_service_deployment(client, "ledger")["status"] == "SUCCESSFUL"
    assert not service_tasks(client, "ledger")


def test_a_service_at_zero_still_has_tasks_that_are_alive(ecs: EcsSandbox, client: Any) -> None:
    update(client, "billing", desiredCount=0)
    seen: dict[str, None] = {}
    for _ in range(120):
        ecs.advance(0.1)
        assert describe_service(client, "billing")["desiredCount"] == 0
        if describe_service(client, "billing")["runningCount"] == 0:
            seen.update((task["lastStatus"], None) for task in service_tasks(client, "billing", "STOPPED"))

    assert list(seen) == ["DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"]
    assert not service_tasks(client, "billing", "RUNNING")


def test_a_newer_deployment_supersedes_one_under_way(ecs: EcsSandbox, client: Any) -> None:
    first = deploy_tag(client, "web", "1.4.1")
    ecs.advance(20)
    first_story = newest_service_deployment(client, "web")["serviceDeploymentArn"]

    second = deploy_tag(client, "web", "1.4.2")
    shown = {d["id"]: d["status"] for d in describe_service(client, "web")["deployments"]}
    assert shown[second["id"]] == "PRIMARY"
    assert shown[first["id"]] == "ACTIVE"
    assert len(shown) == 3

    assert advance_until_steady(ecs, client, "web")["status"] == "SUCCESSFUL"
    (superseded,) = client.describe_service_deployments(serviceDeploymentArns=[first_story])[
        "serviceDeployments"
    ]
    assert superseded["status"] == "STOPPED"
    assert "newer service deployment" in superseded["statusReason"]
    assert {t["startedBy"] for t in service_tasks(client, "web")} == {second["id"]}


def test_a_rollback_goes_to_what_completed_last_and_not_to_what_was_superseded(
    ecs: EcsSandbox, client: Any
) -> None:
    good = primary_deployment(client, "web")
    deploy_tag(client, "web", "1.4.1")
    ecs.advance(20)
    deploy_tag(client, "web", "1.5.0-crash")

    assert advance_until_steady(ecs, client, "web")["status"] == "ROLLBACK_SUCCESSFUL"

    assert primary_deployment(client, "web")["taskDefinition"] == good["taskDefinition"]


def test_a_service_recovers_from_a_failed_deployment_by_the_next_one(ecs: EcsSandbox, client: Any) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    deploy_tag(client, "web", "1.5.0-crash", deploymentConfiguration=breaker)
    ecs.advance(100)

    deploy_tag(client, "web", "1.5.0")

    assert advance_until_steady(ecs, client, "web")["status"] == "SUCCESSFUL"


def test_an_inactive_revision_is_refused(client: Any) -> None:
    arn = register_revision(client, "web", "1.4.2")
    client.deregister_task_definition(taskDefinition=arn)

    assert refusal(client, taskDefinition=arn) == ("ClientException", "TaskDefinition is inactive")


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"taskDefinition": "web:999"}, "ClientException", "TaskDefinition not found."),
        ({"taskDefinition": "nothing"}, "ClientException", "TaskDefinition not found."),
        ({"desiredCount": -1}, "InvalidParameterException", "desiredCount must not be negative."),
        (
            {"taskDefinition": "ledger"},
            "InvalidParameterException",
            "The container web does not exist in the task definition.",
        ),
        (
            {"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}},
            "InvalidParameterException",
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
        ),
    ],
)
def test_refusals(client: Any, members: dict[str, Any], code: str, message: str) -> None:
    before = describe_service(client, "web")

    assert refusal(client, **members) == (code, message)

    assert describe_service(client, "web") == before, "nothing has changed"


def test_an_unknown_service_and_an_unknown_cluster(client: Any) -> None:
    assert refusal(client, "nothing", desiredCount=1) == ("ServiceNotFoundException", "Service not found.")
    with pytest.raises(client.exceptions.ClusterNotFoundException, match=r"Cluster not found\."):
        client.update_service(cluster="elsewhere", service="web", desiredCount=1)
