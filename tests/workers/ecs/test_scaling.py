"""The scalable target of a service, against moto's Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploys.scaling import EVERYTHING, Suspension
from workers.ecs import scaling
from workers.ecs.session import Aws, Region

TARGET: dict[str, Any] = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/production/ledger",
    "ScalableDimension": "ecs:service:DesiredCount",
}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
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
        yield Aws().region("eu-west-1")


def register(here: Region) -> None:
    here.scaling.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=6)


def test_a_service_that_nothing_scales_has_no_target(here: Region) -> None:
    assert scaling.target(here, "production", "ledger") is None


def test_a_target_of_which_nothing_was_ever_suspended(here: Region) -> None:
    register(here)

    assert scaling.target(here, "production", "ledger") == scaling.TargetSeen(2, 6, Suspension())


@pytest.mark.parametrize(
    "processes",
    [EVERYTHING, Suspension(scale_in=True), Suspension(scale_out=True), Suspension(scheduled=True)],
)
def test_exactly_these_processes_are_suspended_and_the_counts_stay(
    here: Region, processes: Suspension
) -> None:
    register(here)

    scaling.suspend(here, "production", "ledger", processes)

    assert scaling.target(here, "production", "ledger") == scaling.TargetSeen(2, 6, processes)


def test_what_is_set_again_takes_the_place_of_all_that_was_suspended(here: Region) -> None:
    register(here)
    scaling.suspend(here, "production", "ledger", EVERYTHING)

    scaling.suspend(here, "production", "ledger", Suspension())

    assert scaling.target(here, "production", "ledger") == scaling.TargetSeen(2, 6, Suspension())
