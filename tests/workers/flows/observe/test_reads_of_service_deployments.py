"""When ECS's own record of a rollout is read: while a rolling update goes on, the service says enough."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from deploys.records.approval import Cancel
from deploys.records.confirmations import Observation, PendingConfirmation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.builders import a_deploy
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.ecs_state_builders import (
    OTHER_DEPLOYMENT,
    OUR_DEPLOYMENT,
    a_deployment,
    ecs_enum_values,
    service_with,
)
from tests.workers.flows.native_deployments import configure_native_service
from workers.ecs.state import ServiceState
from workers.flows.observe.rollout_status import RECORD_READ_SECONDS, needs_service_deployment

NOW = 1_700_000_000.0
GOES_ON = service_with(a_deployment())


def followed(**changes: Any) -> Deploy:
    ecs = {"deployment_id": OUR_DEPLOYMENT, "rollout_started_at": NOW - 10, **changes.pop("ecs", {})}
    return a_deploy(phase=Phase.FOLLOWING, ecs=ecs, **changes)


@pytest.mark.parametrize("state", ["", *sorted(ecs_enum_values("DeploymentRolloutState"))])
def test_only_a_rollout_that_is_in_progress_says_enough(state: str) -> None:
    service = service_with(a_deployment(state=state))

    assert needs_service_deployment(followed(), service, NOW) is (state != "IN_PROGRESS")


@pytest.mark.parametrize(
    "service",
    [
        pytest.param(None, id="not in ECS"),
        pytest.param(replace(GOES_ON, status="DRAINING"), id="being deleted"),
        pytest.param(replace(GOES_ON, deployments=()), id="without deployments"),
        pytest.param(service_with(a_deployment(OTHER_DEPLOYMENT)), id="not ours"),
        pytest.param(service_with(replace(a_deployment(), failed=1)), id="a failed task"),
        *(
            pytest.param(replace(GOES_ON, strategy=each), id=each)
            for each in sorted(ecs_enum_values("DeploymentStrategy") - {"ROLLING"})
        ),
    ],
)
def test_a_service_that_shows_anything_else_does_not(service: ServiceState | None) -> None:
    assert needs_service_deployment(followed(), service, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"cancel": Cancel(user="U01ALICE00", at=NOW)}, id="cancelled"),
        pytest.param(
            {"pending_confirmation": PendingConfirmation(observation=Observation.ROLLOUT_SUCCEEDED)},
            id="a second read has to agree",
        ),
        pytest.param({"rollout": {"counts": {"failed_tasks": 1}}}, id="a task has failed"),
        pytest.param({"ecs": {"rollout_started_at": NOW - RECORD_READ_SECONDS}}, id="not read for long"),
    ],
)
def test_a_deploy_to_which_something_happened_needs_the_record(changes: dict[str, Any]) -> None:
    assert not needs_service_deployment(followed(), GOES_ON, NOW)
    assert needs_service_deployment(followed(**changes), GOES_ON, NOW)


def test_a_record_that_was_read_is_read_again_later() -> None:
    long_ago = {"rollout_started_at": NOW - 600.0}
    lately = followed(ecs={**long_ago, "service_deployment_read_at": NOW - 1.0})

    assert not needs_service_deployment(lately, GOES_ON, NOW)
    assert needs_service_deployment(lately, GOES_ON, NOW - 1.0 + RECORD_READ_SECONDS)


def calls_of(harness: EngineHarness, service: str) -> Counter[str]:
    before = len(harness.ecs.calls())
    deploy = harness.until_over(harness.request_deploy(service, "1.4.2"))
    assert deploy.outcome is Outcome.SUCCEEDED
    return Counter(call.operation for call in harness.ecs.calls()[before:])


def test_a_rolling_deploy_asks_aws_little(harness: EngineHarness) -> None:
    calls = calls_of(harness, "web")

    assert calls["DescribeServiceDeployments"] <= 4
    assert calls["DescribeTaskDefinition"] <= 2
    assert calls.total() <= 36


def test_a_native_deploy_reads_the_record_with_every_look(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop")

    calls = calls_of(harness, "shop")

    assert calls["DescribeServiceDeployments"] >= calls["DescribeServices"] - 5
