"""Application Auto Scaling raises counts below the minimum, unless it is suspended."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import CLUSTER, describe_service

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/production/billing",
    "ScalableDimension": "ecs:service:DesiredCount",
}
PROCESSES = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def scale_to_none(client: Any) -> None:
    client.update_service(cluster=CLUSTER, service="billing", desiredCount=0)


def suspend(scaling: Any, *processes: str) -> None:
    state = {process: process in processes for process in PROCESSES}
    scaling.register_scalable_target(**TARGET, SuspendedState=state)


def desired(client: Any) -> int:
    count: int = describe_service(client, "billing")["desiredCount"]
    return count


def test_nothing_is_scaled_unless_somebody_asks(ecs: EcsSandbox, client: Any) -> None:
    scale_to_none(client)
    ecs.advance(300)

    assert desired(client) == 0
    assert (
        ecs.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
            "ScalableTargets"
        ]
        == []
    )


def test_a_count_below_the_minimum_is_raised(ecs: EcsSandbox, client: Any) -> None:
    ecs.autoscale("billing", minimum=2, maximum=6)
    scale_to_none(client)
    assert desired(client) == 0

    ecs.advance(11)
    assert desired(client) == 2
    ecs.advance(120)
    assert describe_service(client, "billing")["runningCount"] == 2
    assert len(describe_service(client, "billing")["deployments"]) == 1


def test_a_count_within_the_bounds_is_not_changed(ecs: EcsSandbox, client: Any) -> None:
    ecs.autoscale("billing", minimum=1, maximum=6)
    client.update_service(cluster=CLUSTER, service="billing", desiredCount=1)
    ecs.advance(60)

    assert desired(client) == 1


def test_suspended_it_waits_and_resumed_it_acts(ecs: EcsSandbox, client: Any) -> None:
    scaling = ecs.client("application-autoscaling")
    ecs.autoscale("billing")
    suspend(scaling, *PROCESSES)
    scale_to_none(client)
    ecs.advance(120)
    assert desired(client) == 0

    suspend(scaling)
    ecs.advance(11)

    assert desired(client) == 2
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6), "what is not given keeps its value"
    assert target["SuspendedState"] == dict.fromkeys(PROCESSES, False)


def test_only_scaling_out_raises(ecs: EcsSandbox, client: Any) -> None:
    ecs.autoscale("billing")
    suspend(ecs.client("application-autoscaling"), "DynamicScalingInSuspended", "ScheduledScalingSuspended")
    scale_to_none(client)
    ecs.advance(11)

    assert desired(client) == 2


def test_targets_registered_by_a_client_count_and_deregistered_ones_do_not(
    ecs: EcsSandbox, client: Any
) -> None:
    scaling = ecs.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=4, MaxCapacity=6)
    ecs.advance(11)
    assert desired(client) == 4
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["SuspendedState"] == dict.fromkeys(PROCESSES, False)

    scaling.deregister_scalable_target(**TARGET)
    scale_to_none(client)
    ecs.advance(60)
    assert desired(client) == 0


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "MinCapacity"), ({"MinCapacity": 2}, "MaxCapacity"), ({"MaxCapacity": 6}, "MinCapacity")],
)
def test_a_new_target_needs_both_counts(ecs: EcsSandbox, given: dict[str, int], missing: str) -> None:
    scaling = ecs.client("application-autoscaling")

    with pytest.raises(ClientError, match=f"ValidationException.*{missing} is required"):
        scaling.register_scalable_target(**TARGET, **given)

    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


def test_it_can_be_asked_for_from_another_process(ecs: EcsSandbox, client: Any) -> None:
    def post(body: dict[str, Any]) -> Any:
        request = urllib.request.Request(f"{ecs.url}/sandbox/autoscale", json.dumps(body).encode())
        return json.load(urllib.request.urlopen(request))

    assert post({"service": "billing", "minimum": 3, "maximum": 5}) == {"autoscaled": "billing"}
    ecs.advance(11)
    assert desired(client) == 3
    for nonsense in ({"service": "nothing"}, {"service": "billing", "minimum": 7}, {"name": "billing"}):
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(nonsense)
        assert refused.value.code == 400
