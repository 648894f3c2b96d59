"""Somebody stops the rollout in the console: the thread does not claim that ECS gave up."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness

STOPPED = "a person or tool stopped the rollout in ECS (Service deployment {} by user)."


def stop_in_the_console(harness: EngineHarness, deploy_id: str, stop_type: str) -> None:
    service = harness.get(deploy_id).service.ecs_service
    arn = harness.describe_service(service)["currentServiceDeployment"]
    harness.ecs_client.stop_service_deployment(serviceDeploymentArn=arn, stopType=stop_type)


@pytest.mark.parametrize(("stop_type", "how"), [("ROLLBACK", "rolled back"), ("ABORT", "stopped")])
def test_a_rollout_that_somebody_stops_goes_back_and_is_told_as_that(
    harness: EngineHarness, stop_type: str, how: str
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    stop_in_the_console(harness, deploy_id, stop_type)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.outcome_reason == STOPPED.format(how)
    assert (
        harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)
        == f"Rolling back to `web:17`: {deploy.outcome_reason}"
    )
    assert (
        harness.thread_text(deploy_id, ThreadMessageKind.END)
        == f"*Rolled back* to `web:17`: {deploy.outcome_reason}"
    )
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_followed_rollout_that_somebody_stops_is_told_as_that(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    deploy_id = harness.request_verb(Verb.FOLLOW, "web")
    harness.until_phase(deploy_id, Phase.FOLLOWING_EXTERNAL)
    stop_in_the_console(harness, deploy_id, "ROLLBACK")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"*Rolled back* to `web:17`, by ECS, not by me: {STOPPED.format('rolled back')}"
    )
