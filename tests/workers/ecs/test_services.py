from __future__ import annotations

from typing import Any

import pytest

from deploys.errors import AwsRefused, AwsUnavailable
from tests.workers.ecs.fake_aws import Body, FakeAws
from workers.ecs import services
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import DeploymentState, Endpoints, ServiceEventState

ARN = "arn:aws:ecs:eu-west-1:123456789012"


def a_service(name: str = "web", **more: Any) -> Body:
    """As DescribeServices answers."""
    return {
        "serviceArn": f"{ARN}:service/production/{name}",
        "serviceName": name,
        "status": "ACTIVE",
        "taskDefinition": f"{ARN}:task-definition/{name}:7",
        "desiredCount": 3,
        "pendingCount": 1,
        "runningCount": 2,
        **more,
    }


def test_a_service_is_seen_as_ecs_describes_it(aws: FakeAws, region: RegionClients) -> None:
    body = a_service(
        launchType="FARGATE",
        schedulingStrategy="DAEMON",
        deploymentController={"type": "CODE_DEPLOY"},
        deploymentConfiguration={
            "strategy": "CANARY",
            "minimumHealthyPercent": 50,
            "maximumPercent": 150,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        deployments=[
            {
                "id": "ecs-svc/2",
                "status": "PRIMARY",
                "taskDefinition": f"{ARN}:task-definition/web:8",
                "desiredCount": 3,
                "pendingCount": 2,
                "runningCount": 1,
                "failedTasks": 4,
                "rolloutState": "IN_PROGRESS",
                "rolloutStateReason": "ECS deployment ecs-svc/2 in progress.",
                "createdAt": 1_790_000_000.25,
            },
            {
                "id": "ecs-svc/1",
                "status": "ACTIVE",
                "taskDefinition": f"{ARN}:task-definition/web:7",
                "desiredCount": 3,
                "pendingCount": 0,
                "runningCount": 3,
            },
        ],
        events=[{"id": "e1", "createdAt": 1_790_000_001.5, "message": "(service web) has started 1 tasks."}],
        tags=[{"key": "team", "value": "shop"}, {"key": "empty"}],
    )
    aws.respond_with("DescribeServices", {"services": [body], "failures": []})

    service = services.describe(region, "production", ["web"])["web"]

    assert (service.arn, service.name, service.status) == (
        f"{ARN}:service/production/web",
        "web",
        "ACTIVE",
    )
    assert service.revision == f"{ARN}:task-definition/web:7"
    assert (service.desired, service.pending, service.running) == (3, 1, 2)
    assert (service.controller, service.scheduling, service.strategy) == (
        "CODE_DEPLOY",
        "DAEMON",
        "CANARY",
    )
    assert (service.minimum_healthy_percent, service.maximum_percent) == (50, 150)
    assert service.launch_type == "FARGATE"
    assert service.tags == {"team": "shop", "empty": ""}
    assert service.events == (ServiceEventState("e1", 1_790_000_001.5, "(service web) has started 1 tasks."),)
    assert service.deployments == (
        DeploymentState(
            id="ecs-svc/2",
            status="PRIMARY",
            revision=f"{ARN}:task-definition/web:8",
            desired=3,
            pending=2,
            running=1,
            failed=4,
            rollout_state="IN_PROGRESS",
            rollout_reason="ECS deployment ecs-svc/2 in progress.",
            created_at=1_790_000_000.25,
        ),
        DeploymentState(
            id="ecs-svc/1",
            status="ACTIVE",
            revision=f"{ARN}:task-definition/web:7",
            desired=3,
            pending=0,
            running=3,
            rollout_state="",
        ),
    )
    assert service.primary is not None
    assert service.primary.id == "ecs-svc/2"


def test_what_ecs_leaves_out_has_its_default(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("DescribeServices", {"services": [a_service()], "failures": []})

    service = services.describe(region, "production", ["web"])["web"]

    assert (service.controller, service.scheduling, service.strategy) == ("ECS", "REPLICA", "ROLLING")
    assert (service.minimum_healthy_percent, service.maximum_percent) == (None, None)
    assert (service.deployments, service.events, service.tags, service.primary) == ((), (), {}, None)


def answering_those_asked_for(asked: Body) -> Body:
    return {"services": [a_service(name) for name in asked["services"]], "failures": []}


def test_many_services_are_described_ten_a_call_each_once(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("DescribeServices", answering_those_asked_for)
    names = [f"s{number}" for number in range(23)]

    states = services.describe(region, "production", [*names, *names])

    assert sorted(states) == sorted(names)
    asked = aws.request_bodies("DescribeServices")
    assert [len(body["services"]) for body in asked] == [10, 10, 3]
    assert all(body["include"] == ["TAGS"] and body["cluster"] == "production" for body in asked)


def test_no_services_need_no_call(aws: FakeAws, region: RegionClients) -> None:
    assert services.describe(region, "production", []) == {}
    assert aws.requests == []


def test_a_missing_service_is_absent_and_an_inactive_one_is_not(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with(
        "DescribeServices",
        {
            "services": [a_service("old", status="INACTIVE"), a_service("going", status="DRAINING")],
            "failures": [{"arn": f"{ARN}:service/production/none", "reason": "MISSING"}],
        },
    )

    states = services.describe(region, "production", ["old", "going", "none"])

    assert {name: found.status for name, found in states.items()} == {
        "old": "INACTIVE",
        "going": "DRAINING",
    }


def test_a_failure_that_is_not_missing_is_not_taken_for_it(aws: FakeAws, region: RegionClients) -> None:
    failures = [{"arn": f"{ARN}:service/production/web", "reason": "ACCESS", "detail": "not yours"}]
    aws.respond_with("DescribeServices", {"services": [], "failures": failures})

    with pytest.raises(AwsRefused, match=r"service/production/web: ACCESS\. not yours"):
        services.describe(region, "production", ["web"])


def test_a_missing_cluster_has_no_services(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_error("DescribeServices", "ClusterNotFoundException", "Cluster not found.")

    assert services.describe(region, "nowhere", ["web"]) == {}


@pytest.mark.parametrize(
    ("code", "error"), [("ThrottlingException", AwsUnavailable), ("InvalidParameterException", AwsRefused)]
)
def test_a_describe_that_failed_is_not_an_absent_service(
    aws: FakeAws, region: RegionClients, code: str, error: type[Exception]
) -> None:
    aws.respond_error("DescribeServices", code, "no")

    with pytest.raises(error):
        services.describe(region, "production", ["web"])


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({"revision": "web:8"}, {"taskDefinition": "web:8"}),
        ({"desired": 0}, {"desiredCount": 0}),
        ({"revision": "web:8", "desired": 3}, {"taskDefinition": "web:8", "desiredCount": 3}),
    ],
)
def test_an_update_sends_what_is_set_and_nothing_else(
    aws: FakeAws, region: RegionClients, change: dict[str, Any], sent: Body
) -> None:
    primary = {"id": "ecs-svc/9", "status": "PRIMARY"}
    aws.respond_with("UpdateService", {"service": a_service(deployments=[primary])})

    service = services.update(region, "production", "web", **change)

    assert aws.request_bodies("UpdateService") == [{"cluster": "production", "service": "web", **sent}]
    assert service.primary is not None
    assert service.primary.id == "ecs-svc/9"


def test_an_update_of_nothing_is_a_mistake_of_the_caller(aws: FakeAws, region: RegionClients) -> None:
    with pytest.raises(ValueError, match="nothing to change"):
        services.update(region, "production", "web")
    assert aws.requests == []


def test_tags_are_set_read_and_removed(moto_region: RegionClients) -> None:
    moto_region.ecs.create_cluster(clusterName="production")
    moto_region.ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "web:1", "memory": 64}]
    )
    arn = moto_region.ecs.create_service(
        cluster="production",
        serviceName="web",
        taskDefinition="web",
        desiredCount=2,
        tags=[{"key": "team", "value": "shop"}],
    )["service"]["serviceArn"]

    services.tag(moto_region, arn, {"slipway:restore": "2", "slipway:deploy": "abcd2345"})
    tagged = services.describe(moto_region, "production", ["web"])["web"].tags
    services.untag(moto_region, arn, ["slipway:restore", "slipway:deploy", "never-there"])
    untagged = services.describe(moto_region, "production", ["web"])["web"].tags

    assert tagged == {"team": "shop", "slipway:restore": "2", "slipway:deploy": "abcd2345"}
    assert untagged == {"team": "shop"}


def test_what_gets_traffic_is_read_from_the_service_and_its_primary_deployment(
    aws: FakeAws, region: RegionClients
) -> None:
    def a_deployment(status: str, port: str) -> Body:
        return {
            "id": f"ecs-svc/{status}",
            "status": status,
            "serviceConnectConfiguration": {"enabled": True, "services": [{"portName": port}]},
            "vpcLatticeConfigurations": [{"portName": f"{port}-lattice"}],
        }

    body = a_service(
        loadBalancers=[
            {"targetGroupArn": "blue", "containerName": "web", "containerPort": 80},
            {"targetGroupArn": "ops", "containerName": "web", "containerPort": 81},
        ],
        serviceRegistries=[{"registryArn": "a"}, {"registryArn": "b", "containerName": "admin"}],
        deployments=[a_deployment("PRIMARY", "http"), a_deployment("ACTIVE", "old")],
    )
    aws.respond_with("DescribeServices", {"services": [body], "failures": []})

    service = services.describe(region, "production", ["web"])["web"]

    assert service.endpoints == Endpoints(
        containers=("web", "admin"), ports=("http", "http-lattice"), load_balancers=2
    )
