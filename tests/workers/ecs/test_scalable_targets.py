"""The scalable target of a service, against moto's Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploys.records.restore_point import ALL_SUSPENDED, SuspendedState
from workers.ecs import scalable_targets
from workers.ecs.aws.aws_clients import AwsClients, RegionClients

TARGET: dict[str, Any] = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/production/ledger",
    "ScalableDimension": "ecs:service:DesiredCount",
}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegionClients]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "moto")
    with mock_aws():
        ecs = boto3.client("ecs", region_name="eu-west-1")
        ecs.create_cluster(clusterName="production")
        ecs.register_task_definition(
            family="ledger", containerDefinitions=[{"name": "ledger", "image": "ledger:1", "memory": 128}]
        )
        ecs.create_service(
            cluster="production", serviceName="ledger", taskDefinition="ledger", desiredCount=1
        )
        yield AwsClients().region("eu-west-1")


def register(here: RegionClients) -> None:
    here.scaling.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=6)


def test_a_service_that_nothing_scales_has_no_target(here: RegionClients) -> None:
    assert scalable_targets.read_target(here, "production", "ledger") is None


def test_a_target_of_which_nothing_was_ever_suspended(here: RegionClients) -> None:
    register(here)

    assert scalable_targets.read_target(here, "production", "ledger") == scalable_targets.ScalableTargetState(
        2, 6, SuspendedState()
    )


@pytest.mark.parametrize(
    "processes",
    [
        ALL_SUSPENDED,
        SuspendedState(scale_in=True),
        SuspendedState(scale_out=True),
        SuspendedState(scheduled=True),
    ],
)
def test_exactly_these_processes_are_suspended_and_the_counts_stay(
    here: RegionClients, processes: SuspendedState
) -> None:
    register(here)

    scalable_targets.set_suspension(here, "production", "ledger", processes)

    assert scalable_targets.read_target(here, "production", "ledger") == scalable_targets.ScalableTargetState(
        2, 6, processes
    )


def test_what_is_set_again_takes_the_place_of_all_that_was_suspended(here: RegionClients) -> None:
    register(here)
    scalable_targets.set_suspension(here, "production", "ledger", ALL_SUSPENDED)

    scalable_targets.set_suspension(here, "production", "ledger", SuspendedState())

    assert scalable_targets.read_target(here, "production", "ledger") == scalable_targets.ScalableTargetState(
        2, 6, SuspendedState()
    )
