"""Faults, as a client sees them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import CLUSTER, advance_until_steady, deploy_tag, describe_service

ONE_TRY = Config(retries={"total_max_attempts": 1}, read_timeout=0.6, connect_timeout=2)


@pytest.fixture
def once(ecs: EcsSandbox) -> Any:
    """An ECS client that tries once and waits 0.6 s."""
    return ecs.client("ecs", config=ONE_TRY)


def scale(client: Any, count: int, name: str = "web") -> None:
    client.update_service(cluster=CLUSTER, service=name, desiredCount=count)


def count_now(client: Any, name: str = "web") -> int:
    return int(describe_service(client, name)["desiredCount"])


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "ThrottlingException", 400),
        ("error", "InternalFailure", 500),
        ("access-denied", "AccessDeniedException", 400),
    ],
)
def test_a_refusal_applies_nothing(
    ecs: EcsSandbox, client: Any, once: Any, kind: str, code: str, status: int
) -> None:
    ecs.faults.add(operation="UpdateService", kind=kind)

    with pytest.raises(ClientError) as refused:
        scale(once, 7)

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert count_now(client) == 3
    scale(once, 7)
    assert count_now(client) == 7, "once only"


def test_a_denial_names_the_action_and_the_resource(ecs: EcsSandbox, once: Any) -> None:
    ecs.faults.add(operation="ecs:UpdateService", kind="access-denied", times=None)

    with pytest.raises(ClientError) as denied:
        scale(once, 7)

    message = denied.value.response["Error"]["Message"]
    assert "is not authorized to perform: ecs:UpdateService on resource: " in message
    assert "arn:aws:ecs:eu-west-1:123456789012:service/production/web" in message


def test_boto3_retries_throttling_and_errors(ecs: EcsSandbox, client: Any) -> None:
    ecs.faults.add(operation="DescribeServices", kind="throttle", times=1)
    ecs.faults.add(operation="DescribeServices", kind="error", times=1, status=503)

    assert count_now(client) == 3
    assert len(ecs.calls("DescribeServices")) == 2


@pytest.mark.parametrize(("kind", "expected"), [("timeout-before", 3), ("timeout-after", 7)])
@pytest.mark.parametrize(("seconds", "error"), [(0, ConnectionClosedError), (20, ReadTimeoutError)])
def test_an_answer_that_never_comes(
    ecs: EcsSandbox, client: Any, once: Any, kind: str, expected: int, seconds: float, error: type
) -> None:
    ecs.faults.add(operation="UpdateService", kind=kind, seconds=seconds)

    with pytest.raises(error):
        scale(once, 7)

    assert count_now(client) == expected


def test_a_hanging_request_does_not_hold_up_the_others_nor_the_end(ecs: EcsSandbox, once: Any) -> None:
    ecs.faults.add(operation="UpdateService", kind="timeout-after", seconds=60)
    with pytest.raises(ReadTimeoutError):
        scale(once, 7)

    began = time.monotonic()
    assert count_now(once) == 7
    ecs.stop()

    assert time.monotonic() - began < 5


def test_a_fault_strikes_only_the_service_it_names(ecs: EcsSandbox, once: Any) -> None:
    ecs.faults.add(operation="*", kind="throttle", times=None, service="web")

    scale(once, 3, "ledger")
    assert once.list_tasks(cluster=CLUSTER, serviceName="api")["taskArns"]
    for call in (
        lambda: scale(once, 3),
        lambda: once.describe_services(cluster=CLUSTER, services=["api", "web"]),
        lambda: once.list_tasks(cluster=CLUSTER, serviceName="web"),
        lambda: once.list_service_deployments(cluster=CLUSTER, service="web"),
    ):
        with pytest.raises(ClientError, match="ThrottlingException"):
            call()


def test_a_fault_can_let_some_calls_pass_and_strike_several(ecs: EcsSandbox, once: Any) -> None:
    ecs.faults.add(operation="DescribeServices", kind="throttle", skip=2, times=2)
    outcomes = []
    for _ in range(6):
        try:
            count_now(once)
            outcomes.append("ok")
        except ClientError:
            outcomes.append("throttled")

    assert outcomes == ["ok", "ok", "throttled", "throttled", "ok", "ok"]
    assert [note.outcome for note in ecs.calls("DescribeServices")] == [
        "ok",
        "ok",
        "ThrottlingException",
        "ThrottlingException",
        "ok",
        "ok",
    ]


def test_stale_reads_answer_as_things_were(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.4.2")
    advance_until_steady(ecs, client, "web")
    now = describe_service(client, "web")
    new_tasks = client.list_tasks(cluster=CLUSTER, serviceName="web")["taskArns"]
    ecs.faults.add(kind="stale", seconds=90, times=None)

    before = describe_service(client, "web")

    assert before["taskDefinition"] != now["taskDefinition"]
    assert [d["rolloutState"] for d in before["deployments"]] == ["COMPLETED"]
    assert len(before["events"]) < len(now["events"])
    assert not set(client.list_tasks(cluster=CLUSTER, serviceName="web")["taskArns"]) & set(new_tasks)
    assert len(client.list_service_deployments(cluster=CLUSTER, service="web")["serviceDeployments"]) == 1
    with pytest.raises(client.exceptions.ClientException):
        client.describe_task_definition(taskDefinition=now["taskDefinition"])
    scale(client, 5)
    assert count_now(client) == 3, "a write is applied, and not seen yet"

    ecs.faults.clear()
    assert count_now(client) == 5
    assert describe_service(client, "web")["taskDefinition"] == now["taskDefinition"]


def test_latency_delays_the_answer(ecs: EcsSandbox, client: Any) -> None:
    ecs.faults.add(operation="DescribeServices", kind="latency", seconds=0.2)

    began = time.monotonic()
    count_now(client)

    assert time.monotonic() - began >= 0.2


def test_other_aws_services_have_faults_too(ecs: EcsSandbox) -> None:
    ecs.faults.add(operation="ecr:DescribeImages", kind="throttle", times=None)
    ecs.faults.add(operation="GetCallerIdentity", kind="access-denied")
    ecs.faults.add(operation="logs:*", kind="error", code="ServiceUnavailableException", status=503)

    with pytest.raises(ClientError, match="ThrottlingException"):
        ecs.client("ecr", config=ONE_TRY).describe_images(repositoryName="web")
    with pytest.raises(ClientError, match="sts:GetCallerIdentity"):
        ecs.client("sts", config=ONE_TRY).get_caller_identity()
    with pytest.raises(ClientError, match="ServiceUnavailableException"):
        ecs.client("logs", config=ONE_TRY).describe_log_groups()
    assert count_now(ecs.client("ecs")) == 3


def test_errors_have_the_requested_code_and_message(ecs: EcsSandbox, once: Any) -> None:
    message = "Too many concurrent attempts to create a new revision of the specified family."
    ecs.faults.add(
        kind="error", operation="UpdateService", code="ClientException", status=400, message=message
    )

    with pytest.raises(once.exceptions.ClientException, match=message):
        scale(once, 7)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "nonsense"}, "unknown kind of fault 'nonsense'; there are: throttle, error"),
        ({"kind": "stale"}, "needs seconds"),
        ({"kind": "throttle", "times": 0}, "times must be at least 1"),
        ({"kind": "throttle", "seconds": -1}, "must not be negative"),
        ({"kind": "throttle", "after": 3}, "a fault has no after; it has"),
    ],
)
def test_faults_that_cannot_be(ecs: EcsSandbox, fault: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ecs.faults.add(**fault)
