from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploys.errors import (
    AwsCredentials,
    AwsRefused,
    AwsResultUnknown,
    AwsUnavailable,
    ServiceDeploymentsUnavailable,
)
from tests.workers.ecs.fake_aws import Body, FakeAws
from workers.ecs import service_deployments
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import ServiceDeploymentState

ARN = "arn:aws:ecs:eu-west-1:123456789012"
AT = 1_790_000_000.0


def deployment_arn(name: str) -> str:
    return f"{ARN}:service-deployment/production/web/{name}"


def revision_arn(number: str) -> str:
    return f"{ARN}:service-revision/production/web/{number}"


def a_brief(name: str, number: str) -> Body:
    return {
        "serviceDeploymentArn": deployment_arn(name),
        "targetServiceRevisionArn": revision_arn(number),
        "status": "IN_PROGRESS",
        "createdAt": AT,
    }


def described(asked: Body) -> Body:
    return {
        "serviceDeployments": [
            {"serviceDeploymentArn": arn, "status": "IN_PROGRESS"} for arn in asked["serviceDeploymentArns"]
        ],
        "failures": [],
    }


def found(
    region: RegionClients, deployment_id: str = "ecs-svc/1234567890123456789"
) -> ServiceDeploymentState | None:
    return service_deployments.find_by_deployment_id(region, "production", "web", deployment_id, AT)


def test_ours_is_the_one_whose_target_revision_has_our_deployments_number(
    aws: FakeAws, region: RegionClients
) -> None:
    briefs = [
        a_brief("newer", "9934567890123456789"),
        a_brief("longer", "11234567890123456789"),
        a_brief("ours", "1234567890123456789"),
    ]
    aws.respond_with("ListServiceDeployments", {"serviceDeployments": briefs})
    aws.respond_with("DescribeServiceDeployments", described)

    service_deployment = found(region)

    assert service_deployment is not None
    assert service_deployment.arn == deployment_arn("ours")
    (asked,) = aws.request_bodies("ListServiceDeployments")
    assert (asked["cluster"], asked["service"]) == ("production", "web")


def test_the_list_begins_early_enough_for_a_clock_that_is_ahead(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("ListServiceDeployments", {"serviceDeployments": []})

    found(region)

    after = aws.request_bodies("ListServiceDeployments")[0]["createdAt"]["after"]
    assert AT - 600 <= float(after) <= AT - 60


def test_it_is_looked_for_on_every_page(aws: FakeAws, region: RegionClients) -> None:
    pages: list[Body] = [
        {"serviceDeployments": [a_brief("other", "1")], "nextToken": "more"},
        {"serviceDeployments": [a_brief("ours", "1234567890123456789")]},
    ]
    aws.respond_with("ListServiceDeployments", lambda asked: pages[1 if asked.get("nextToken") else 0])
    aws.respond_with("DescribeServiceDeployments", described)

    assert found(region) is not None


def test_a_list_without_end_is_left_in_the_end(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with(
        "ListServiceDeployments", {"serviceDeployments": [a_brief("other", "1")], "nextToken": "more"}
    )

    assert found(region) is None
    assert len(aws.requests) == 10


def test_before_ecs_has_made_it_there_is_none(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("ListServiceDeployments", {"serviceDeployments": [a_brief("other", "1")]})

    assert found(region) is None


def test_a_service_deployment_is_seen_as_ecs_describes_it(aws: FakeAws, region: RegionClients) -> None:
    full: dict[str, Any] = {
        "serviceDeploymentArn": deployment_arn("ours"),
        "status": "ROLLBACK_IN_PROGRESS",
        "statusReason": "Circuit breaker triggered.",
        "lifecycleStage": "SCALE_UP",
        "createdAt": AT + 0.5,
        "targetServiceRevision": {
            "arn": revision_arn("12"),
            "requestedTaskCount": 3,
            "runningTaskCount": 1,
            "pendingTaskCount": 2,
        },
        "deploymentCircuitBreaker": {"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
        "rollback": {"reason": "tasks failed to start", "startedAt": AT + 60},
    }
    aws.respond_with("DescribeServiceDeployments", {"serviceDeployments": [full], "failures": []})

    assert service_deployments.describe(region, [deployment_arn("ours")]) == {
        deployment_arn("ours"): ServiceDeploymentState(
            arn=deployment_arn("ours"),
            status="ROLLBACK_IN_PROGRESS",
            number="12",
            reason="Circuit breaker triggered.",
            stage="SCALE_UP",
            created_at=AT + 0.5,
            breaker_status="TRIGGERED",
            breaker_failures=3,
            breaker_threshold=3,
            rollback_reason="tasks failed to start",
        )
    }


def test_many_are_described_twenty_a_call(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("DescribeServiceDeployments", described)
    arns = [deployment_arn(str(number)) for number in range(45)]

    assert sorted(service_deployments.describe(region, arns)) == sorted(arns)
    assert [
        len(body["serviceDeploymentArns"]) for body in aws.request_bodies("DescribeServiceDeployments")
    ] == [
        20,
        20,
        5,
    ]


def test_one_that_is_gone_is_absent(aws: FakeAws, region: RegionClients) -> None:
    failures = [{"arn": deployment_arn("gone"), "reason": "MISSING"}]
    aws.respond_with("DescribeServiceDeployments", {"serviceDeployments": [], "failures": failures})

    assert service_deployments.describe(region, [deployment_arn("gone")]) == {}


def test_stopping_asks_for_a_rollback(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("StopServiceDeployment", {"serviceDeploymentArn": deployment_arn("ours")})

    service_deployments.stop(region, deployment_arn("ours"))

    assert aws.request_bodies("StopServiceDeployment") == [
        {"serviceDeploymentArn": deployment_arn("ours"), "stopType": "ROLLBACK"}
    ]


def test_one_that_can_no_longer_be_stopped_is_refused(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_error("StopServiceDeployment", "ConflictException", "It is already SUCCESSFUL.")

    with pytest.raises(AwsRefused) as raised:
        service_deployments.stop(region, deployment_arn("ours"))

    assert raised.value.facts["code"] == "ConflictException"


OPERATIONS: dict[str, Callable[[RegionClients], object]] = {
    "ListServiceDeployments": found,
    "DescribeServiceDeployments": lambda region: service_deployments.describe(
        region, [deployment_arn("ours")]
    ),
    "StopServiceDeployment": lambda region: service_deployments.stop(region, deployment_arn("ours")),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "code", ["UnknownOperationException", "AccessDeniedException", "UnsupportedFeatureException"]
)
def test_where_the_api_is_missing_or_not_allowed_the_caller_can_fall_back(
    aws: FakeAws, region: RegionClients, operation: str, code: str
) -> None:
    aws.respond_error(operation, code, "no")

    with pytest.raises(ServiceDeploymentsUnavailable) as raised:
        OPERATIONS[operation](region)

    assert raised.value.message.startswith(f"ECS service deployments cannot be used here (ecs:{operation}: ")
    assert raised.value.facts["code"] == code


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", AwsUnavailable),
        ("ServerException", AwsUnavailable),
        ("ExpiredTokenException", AwsCredentials),
        ("InvalidParameterException", AwsRefused),
    ],
)
def test_other_errors_are_no_reason_to_fall_back(
    aws: FakeAws, region: RegionClients, operation: str, code: str, error: type[Exception]
) -> None:
    aws.respond_error(operation, code, "no")

    with pytest.raises(error):
        OPERATIONS[operation](region)


def test_only_the_stop_can_be_uncertain(aws: FakeAws, region: RegionClients) -> None:
    for operation in OPERATIONS:
        aws.respond_error(operation, "ServerException", "oops", 500)

    with pytest.raises(AwsResultUnknown):
        service_deployments.stop(region, deployment_arn("ours"))
    with pytest.raises(AwsUnavailable) as raised:
        found(region)
    assert not isinstance(raised.value, AwsResultUnknown)
