"""The other AWS services, as moto plays them."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import CLUSTER


def test_sts_tells_the_account(ecs: EcsSandbox) -> None:
    assert ecs.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_logs_are_filtered_and_read(ecs: EcsSandbox) -> None:
    logs = ecs.client("logs")

    events = logs.filter_log_events(logGroupName="/ecs/web", filterPattern="starting")["events"]

    assert [event["message"] for event in events] == ["INFO web 1.4.0 starting"] * 3
    (stream, *_) = logs.describe_log_streams(logGroupName="/ecs/web")["logStreams"]
    first, second = logs.get_log_events(
        logGroupName="/ecs/web", logStreamName=stream["logStreamName"], startFromHead=True
    )["events"]
    assert second["message"] == "INFO listening on port 8080"
    assert first["timestamp"] <= second["timestamp"]


def test_a_stream_that_is_not_there(ecs: EcsSandbox) -> None:
    with pytest.raises(ClientError) as missing:
        ecs.client("logs").get_log_events(logGroupName="/ecs/web", logStreamName="web/web/none")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_service_is_scaled_by_application_auto_scaling(ecs: EcsSandbox) -> None:
    scaling = ecs.client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/production/ledger",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    suspended = {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": True,
        "ScheduledScalingSuspended": False,
    }

    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4, SuspendedState=suspended)

    (found,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert found["SuspendedState"] == suspended
    with pytest.raises(ClientError):
        scaling.register_scalable_target(
            **{**target, "ResourceId": "service/production/nothing"}, MinCapacity=1, MaxCapacity=4
        )


def test_cloudwatch_and_load_balancers_answer(ecs: EcsSandbox) -> None:
    (alarm,) = ecs.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["StateValue"]) == ("site-5xx", "OK")
    assert ecs.client("elbv2").describe_load_balancers()["LoadBalancers"] == []


def test_another_region_is_empty(ecs: EcsSandbox) -> None:
    elsewhere = ecs.client("ecs", region_name="us-east-1")

    assert elsewhere.list_clusters()["clusterArns"] == []
    with pytest.raises(elsewhere.exceptions.ClusterNotFoundException):
        elsewhere.describe_services(cluster=CLUSTER, services=["web"])


def test_a_created_cluster_is_listed(client: Any) -> None:
    client.create_cluster(clusterName="staging")

    names = {arn.rpartition("/")[2] for arn in client.list_clusters()["clusterArns"]}
    assert names == {CLUSTER, "staging"}


@pytest.mark.parametrize(
    "operation", ["list_gateways", "list_account_settings", "list_task_definition_families"]
)
def test_an_operation_that_is_not_played_says_so(client: Any, operation: str) -> None:
    with pytest.raises(client.exceptions.UnsupportedFeatureException, match="does not play List"):
        getattr(client, operation)()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b"[]", "SerializationException"),
        (b"{}", "InvalidParameterException"),
        (b'{"service": 5}', "InvalidParameterException"),
    ],
)
def test_a_request_that_is_not_valid_gets_an_error(ecs: EcsSandbox, body: bytes, code: str) -> None:
    headers = {
        "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.UpdateService",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/ecs/aws4_request, Signature=x",
    }
    request = urllib.request.Request(ecs.url, data=body, headers=headers, method="POST")

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)

    assert refused.value.code == 400
    assert code in refused.value.read().decode()
