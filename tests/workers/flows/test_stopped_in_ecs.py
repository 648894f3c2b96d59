"""Somebody stops the rollout in the console: ECS did not give up, and the thread does not say so."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from tests.workers.yard import Yard

STOPPED = "somebody, or some tool, stopped the rollout in ECS (Service deployment {} by user)."


def stop_in_the_console(yard: Yard, deploy_id: str, stop_type: str) -> None:
    yard.until(lambda: yard.get(deploy_id).service_deployment_arn)
    arn = yard.get(deploy_id).service_deployment_arn
    yard.console.stop_service_deployment(serviceDeploymentArn=arn, stopType=stop_type)


@pytest.mark.parametrize(("stop_type", "how"), [("ROLLBACK", "rolled back"), ("ABORT", "stopped")])
def test_a_rollout_that_somebody_stops_goes_back_and_is_told_as_that(
    yard: Yard, stop_type: str, how: str
) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    stop_in_the_console(yard, deploy_id, stop_type)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.reason == STOPPED.format(how)
    assert yard.said(deploy_id, MilestoneKind.TROUBLE) == f"Rolling back to `web:17`: {deploy.reason}"
    assert yard.said(deploy_id, MilestoneKind.END) == f"*Rolled back* to `web:17`: {deploy.reason}"
    assert yard.images_running("web") == {"1.4.0"}


def test_a_followed_rollout_that_somebody_stops_is_told_as_that(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    deploy_id = yard.ask_to(Verb.FOLLOW, "web")
    yard.until_phase(deploy_id, Phase.LOOKING_ON)
    stop_in_the_console(yard, deploy_id, "ROLLBACK")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.said(deploy_id, MilestoneKind.END) == (
        f"*Rolled back* to `web:17`, by ECS and not by me: {STOPPED.format('rolled back')}"
    )
