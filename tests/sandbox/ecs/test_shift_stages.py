"""The stages of each strategy."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from sandbox.ecs.durations import Durations
from sandbox.ecs.operations.deployment_configuration import HOOK_STAGES
from sandbox.ecs.scheduler.shift_stages import forward_stages, rollback_stages

LIFETIMES = Durations(min_stage=1, traffic_shift_delay=5)


def shifts(configuration: dict[str, Any]) -> list[tuple[float, float]]:
    """Production weight and seconds of each traffic shift."""
    complete = {"bakeTimeInMinutes": 3, **configuration}
    stages = forward_stages(complete, LIFETIMES, 1)
    return [
        (s.production_percent, s.min_seconds) for s in stages if s.hook_point == "PRODUCTION_TRAFFIC_SHIFT"
    ]


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"strategy": "BLUE_GREEN"}, [(100, 5)]),
        ({"strategy": "CANARY"}, [(5, 605), (100, 5)]),
        (
            {
                "strategy": "CANARY",
                "canaryConfiguration": {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 1},
            },
            [(12.5, 65), (100, 5)],
        ),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 100.0}}, [(100, 5)]),
        (
            {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 40.0, "stepBakeTimeInMinutes": 2}},
            [(40, 125), (80, 125), (100, 5)],
        ),
        (
            {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 50.0, "stepBakeTimeInMinutes": 0}},
            [(50, 5), (100, 5)],
        ),
    ],
)
def test_traffic_shifts_in_steps(configuration: dict[str, Any], expected: list[tuple[float, float]]) -> None:
    assert shifts(configuration) == expected


def test_all_stages_in_order() -> None:
    configuration = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 3}

    stages = forward_stages(configuration, LIFETIMES, 2)

    assert list(dict.fromkeys(stage.name for stage in stages)) == [
        "RECONCILE_SERVICE",
        "PRE_SCALE_UP",
        "SCALE_UP",
        "POST_SCALE_UP",
        "TEST_TRAFFIC_SHIFT",
        "POST_TEST_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
        "BAKE_TIME",
        "CLEAN_UP",
    ]
    assert stages[-2].min_seconds == 180
    assert "RECONCILE_SERVICE" not in {stage.name for stage in forward_stages(configuration, LIFETIMES, 1)}


def test_nothing_is_shifted_where_there_was_nothing_nor_in_a_rolling_update() -> None:
    configuration = {"strategy": "CANARY", "bakeTimeInMinutes": 3}

    assert [stage.name for stage in forward_stages(configuration, LIFETIMES, 0)] == ["SCALE_UP", "CLEAN_UP"]
    assert forward_stages({"strategy": "ROLLING", "bakeTimeInMinutes": 3}, LIFETIMES, 1) == ()


def test_a_rollback_only_shifts_traffic_that_was_shifted() -> None:
    assert [stage.name for stage in rollback_stages(0, LIFETIMES)] == ["CLEAN_UP"]
    assert [(stage.name, stage.production_percent) for stage in rollback_stages(10, LIFETIMES)] == [
        ("PRODUCTION_TRAFFIC_SHIFT", 0),
        ("CLEAN_UP", 0),
    ]


def test_stages_and_hook_points_are_those_of_the_model() -> None:
    client = boto3.client("ecs", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    shape: Any = client.meta.service_model.shape_for
    stages = forward_stages({"strategy": "CANARY", "bakeTimeInMinutes": 1}, LIFETIMES, 2)

    assert {stage.name for stage in stages} == set(shape("ServiceDeploymentLifecycleStage").enum)
    assert {stage.hook_point for stage in stages} - {None} == set(HOOK_STAGES)
    assert set(HOOK_STAGES) == set(shape("DeploymentLifecycleHookStage").enum)
