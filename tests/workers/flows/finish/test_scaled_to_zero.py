"""A rollout at desired count 0 is COMPLETED at once. It is no success, because no task ever ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploys.catalogue.nested_keys import PostCheck
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.fake_web_server import fake_web_server
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.ecs_state_builders import (
    FOLLOWED_ROLLOUT,
    a_deployment,
    a_service_deployment,
    service_with,
)
from workers.ecs.state import ServiceDeploymentState
from workers.flows.observe.rollout_status import RolloutStatus, judge_rollout


def set_count_to_zero(harness: EngineHarness, service: str) -> None:
    harness.ecs_client.update_service(cluster="production", service=service, desiredCount=0)


def test_a_service_that_is_set_to_zero_in_mid_rollout_did_not_succeed(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(5)
    set_count_to_zero(harness, "web")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        "*Superseded*: somebody or something set the desired count of `web` to 0. ECS then calls the rollout "
        "complete at once, but no task of `web:18` runs, so nothing is known about it. I leave revision and "
        "count as they are: set the count when the service should run again."
    )
    assert harness.describe_service("web")["desiredCount"] == 0


def test_a_service_that_served_before_it_was_set_to_zero_did_succeed(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)
    set_count_to_zero(harness, "web")

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_a_stopped_service_that_is_set_to_zero_in_mid_start_gets_its_count_back(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    set_count_to_zero(harness, "billing")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert (
        deploy.outcome_reason == "somebody or something set the desired count to 0 before the new tasks ran."
    )
    assert harness.describe_service("billing")["desiredCount"] == 2
    assert harness.running_tags("billing") == {"1.4.0"}


def test_a_followed_rollout_that_is_set_to_zero_did_not_succeed(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    deploy_id = harness.request_verb(Verb.FOLLOW, "web")
    harness.until_phase(deploy_id, Phase.FOLLOWING_EXTERNAL)
    set_count_to_zero(harness, "web")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert "set the desired count of `web` to 0" in harness.thread_text(deploy_id, ThreadMessageKind.END)


@pytest.mark.parametrize(
    ("service", "outcome"), [("web", Outcome.SUPERSEDED), ("billing", Outcome.ROLLED_BACK)]
)
def test_at_zero_there_is_nothing_to_check(harness: EngineHarness, service: str, outcome: Outcome) -> None:
    with fake_web_server() as web:
        deploy_id = harness.request_deploy(
            service, "1.4.2", after=PostCheck(http=f"{web.url}/health", duration=60)
        )
        if service == "billing":
            harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
            harness.approve(deploy_id)
        harness.until_phase(deploy_id, Phase.CHECKING)
        set_count_to_zero(harness, service)

        deploy = harness.until_over(deploy_id)

    assert deploy.outcome is outcome
    assert harness.describe_service(service)["desiredCount"] == (0 if service == "web" else 2)


@pytest.mark.parametrize("service_deployment", [a_service_deployment("SUCCESSFUL"), None])
@pytest.mark.parametrize(
    ("desired", "scheduling", "served", "expected"),
    [
        (0, "REPLICA", False, RolloutStatus.SCALED_TO_ZERO),
        (0, "REPLICA", True, RolloutStatus.SUCCEEDED),
        (0, "DAEMON", False, RolloutStatus.SUCCEEDED),
        (3, "REPLICA", False, RolloutStatus.SUCCEEDED),
    ],
)
def test_success_at_desired_count_zero_is_none_unless_it_served_before(
    service_deployment: ServiceDeploymentState | None,
    desired: int,
    scheduling: str,
    served: bool,
    expected: RolloutStatus,
) -> None:
    service = replace(service_with(a_deployment(state="COMPLETED")), desired=desired, scheduling=scheduling)

    assert (
        judge_rollout(replace(FOLLOWED_ROLLOUT, has_served=served), service, service_deployment) is expected
    )
