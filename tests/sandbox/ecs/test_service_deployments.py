"""The operations on service deployments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

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


def briefs(client: Any, name: str = "web", **filters: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.list_service_deployments(cluster=CLUSTER, service=name, **filters)[
        "serviceDeployments"
    ]
    return listed


def number(deployment: dict[str, Any]) -> str:
    return str(deployment["id"]).removeprefix("ecs-svc/")


def test_the_deployment_is_found_by_its_number_in_the_target_revision(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "web", "1.4.2")
    ecs.advance(2)

    (found,) = [b for b in briefs(client) if number(new) in b["targetServiceRevisionArn"]]

    place = "arn:aws:ecs:eu-west-1:123456789012"
    assert found["serviceDeploymentArn"].startswith(f"{place}:service-deployment/production/web/")
    assert found["targetServiceRevisionArn"] == f"{place}:service-revision/production/web/{number(new)}"
    assert len(number(new)) == 19


def test_it_appears_some_time_after_the_update(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.4.2")
    coming = describe_service(client, "web")["currentServiceDeployment"]

    assert len(briefs(client)) == 1
    assert client.describe_service_deployments(serviceDeploymentArns=[coming])["failures"] == [
        {"arn": coming, "reason": "MISSING"}
    ]

    ecs.advance(1)
    assert briefs(client)[0]["serviceDeploymentArn"] == coming


def test_counts_of_source_and_target_follow_the_tasks(ecs: EcsSandbox, client: Any) -> None:
    old, new = primary_deployment(client, "web"), deploy_tag(client, "web", "1.4.2")
    ecs.advance(3)

    service_deployment = newest_service_deployment(client, "web")
    (source,) = service_deployment["sourceServiceRevisions"]
    target = service_deployment["targetServiceRevision"]
    assert source["arn"].endswith(number(old))
    assert (source["requestedTaskCount"], source["runningTaskCount"], source["pendingTaskCount"]) == (3, 3, 0)
    assert target["arn"].endswith(number(new))
    assert (target["requestedTaskCount"], target["runningTaskCount"], target["pendingTaskCount"]) == (3, 0, 3)

    service_deployment = advance_until_steady(ecs, client, "web")
    (source,) = service_deployment["sourceServiceRevisions"]
    target = service_deployment["targetServiceRevision"]
    assert (source["requestedTaskCount"], source["runningTaskCount"]) == (0, 0)
    assert (target["requestedTaskCount"], target["runningTaskCount"]) == (3, 3)


def test_its_states_and_times_in_order(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.4.2")
    seen: dict[tuple[str, str | None], None] = {}
    for _ in range(160):
        ecs.advance(0.5)
        service_deployment = newest_service_deployment(client, "web")
        if number(primary_deployment(client, "web")) in service_deployment["targetServiceRevision"]["arn"]:
            seen[service_deployment["status"], service_deployment.get("lifecycleStage")] = None

    assert list(seen) == [
        ("IN_PROGRESS", "SCALE_UP"),
        ("IN_PROGRESS", "CLEAN_UP"),
        ("SUCCESSFUL", "CLEAN_UP"),
    ]
    assert (
        service_deployment["createdAt"]
        <= service_deployment["startedAt"]
        < service_deployment["finishedAt"]
        == service_deployment["updatedAt"]
    )
    assert "stoppedAt" not in service_deployment
    assert service_deployment["deploymentCircuitBreaker"]["status"] == "MONITORING_COMPLETE"


def test_lists_are_filtered_by_status_and_time_and_come_newest_first(ecs: EcsSandbox, client: Any) -> None:
    began = datetime.fromtimestamp(ecs.now(), UTC)
    deploy_tag(client, "web", "1.4.2")
    advance_until_steady(ecs, client, "web")
    deploy_tag(client, "web", "1.5.0-crash")
    advance_until_steady(ecs, client, "web")
    deploy_tag(client, "web", "1.5.0")
    ecs.advance(5)

    assert [b["status"] for b in briefs(client)] == [
        "IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
        "SUCCESSFUL",
        "SUCCESSFUL",
    ]
    assert [b["status"] for b in briefs(client, status=["ROLLBACK_SUCCESSFUL"])] == ["ROLLBACK_SUCCESSFUL"]
    assert len(briefs(client, createdAt={"after": began})) == 3
    assert len(briefs(client, createdAt={"before": began - timedelta(hours=1)})) == 1
    assert briefs(client, createdAt={"after": began + timedelta(hours=1)}) == []


def test_lists_come_in_pages(ecs: EcsSandbox, client: Any) -> None:
    for tag in ("1.4.1", "1.4.2", "1.5.0", "1.4.1"):
        deploy_tag(client, "web", tag)
        ecs.advance(2)
    first = client.list_service_deployments(cluster=CLUSTER, service="web", maxResults=3)
    second = client.list_service_deployments(
        cluster=CLUSTER, service="web", maxResults=3, nextToken=first["nextToken"]
    )

    assert (len(first["serviceDeployments"]), len(second["serviceDeployments"])) == (3, 2)
    assert "nextToken" not in second
    with pytest.raises(client.exceptions.InvalidParameterException, match=r"Invalid token\."):
        client.list_service_deployments(cluster=CLUSTER, service="web", nextToken="?")


def test_a_rollback_can_be_asked_for(ecs: EcsSandbox, client: Any) -> None:
    old, new = primary_deployment(client, "web"), deploy_tag(client, "web", "1.5.0-slow")
    ecs.advance(20)
    arn = newest_service_deployment(client, "web")["serviceDeploymentArn"]

    answer = client.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")

    assert answer["serviceDeploymentArn"] == arn
    assert newest_service_deployment(client, "web")["status"] == "ROLLBACK_REQUESTED"
    client.stop_service_deployment(serviceDeploymentArn=arn)
    ecs.advance(1)
    assert newest_service_deployment(client, "web")["status"] == "ROLLBACK_IN_PROGRESS"
    shown = {
        d["id"]: (d["status"], d["rolloutState"]) for d in describe_service(client, "web")["deployments"]
    }
    assert shown[new["id"]] == ("ACTIVE", "FAILED")

    service_deployment = advance_until_steady(ecs, client, "web")
    assert service_deployment["status"] == "ROLLBACK_SUCCESSFUL"
    assert service_deployment["rollback"]["serviceRevisionArn"].endswith(number(old))
    assert describe_service(client, "web")["taskDefinition"] == old["taskDefinition"]
    with pytest.raises(client.exceptions.ConflictException):
        client.stop_service_deployment(serviceDeploymentArn=arn)


def test_a_rollback_can_be_asked_for_before_anything_has_begun(ecs: EcsSandbox, client: Any) -> None:
    ecs.advance(0.5)
    deploy_tag(client, "web", "1.4.2")
    arn = describe_service(client, "web")["currentServiceDeployment"]
    with pytest.raises(client.exceptions.ServiceDeploymentNotFoundException):
        client.stop_service_deployment(serviceDeploymentArn=arn)
    ecs.advance(1)

    client.stop_service_deployment(serviceDeploymentArn=arn)

    assert advance_until_steady(ecs, client, "web")["status"] == "ROLLBACK_SUCCESSFUL"


def test_an_aborted_deployment_leaves_things_as_they_are(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "web", "1.5.0-slow")
    ecs.advance(20)
    arn = newest_service_deployment(client, "web")["serviceDeploymentArn"]

    client.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")
    assert newest_service_deployment(client, "web")["status"] == "STOP_REQUESTED"
    ecs.advance(400)

    service_deployment = newest_service_deployment(client, "web")
    assert service_deployment["status"] == "STOPPED"
    assert "rollback" not in service_deployment
    assert primary_deployment(client, "web")["id"] == new["id"]
    assert primary_deployment(client, "web")["rolloutState"] == "FAILED"
    assert len(service_tasks(client, "web")) == 6


def test_there_is_no_hook_to_continue(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.4.2")
    ecs.advance(2)
    arn = newest_service_deployment(client, "web")["serviceDeploymentArn"]

    with pytest.raises(client.exceptions.ClientException, match="hook-1"):
        client.continue_service_deployment(serviceDeploymentArn=arn, hookId="hook-1", action="CONTINUE")
    with pytest.raises(client.exceptions.ServiceDeploymentNotFoundException):
        client.continue_service_deployment(serviceDeploymentArn=f"{arn}x", hookId="hook-1")


def test_limits(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match="more than 20"):
        client.describe_service_deployments(serviceDeploymentArns=["arn:aws:ecs:x"] * 21)
    with pytest.raises(client.exceptions.ServiceNotFoundException):
        client.list_service_deployments(cluster=CLUSTER, service="nothing")
    with pytest.raises(client.exceptions.InvalidParameterException, match="Unknown status"):
        client.list_service_deployments(cluster=CLUSTER, service="web", status=["DONE"])


def test_a_new_revision_alone_makes_no_deployment(client: Any) -> None:
    register_revision(client, "web", "1.4.2")

    assert len(briefs(client)) == 1


def test_a_rolled_back_service_can_be_deployed_again(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.5.0-crash")
    advance_until(ecs, lambda: newest_service_deployment(client, "web")["status"] == "ROLLBACK_IN_PROGRESS")

    deploy_tag(client, "web", "1.5.0")

    assert advance_until_steady(ecs, client, "web")["status"] == "SUCCESSFUL"
    assert [b["status"] for b in briefs(client)][:2] == ["SUCCESSFUL", "STOPPED"]
