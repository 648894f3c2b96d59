"""A rollout at desired count 0 is COMPLETED at once, which is no success: nothing of it ever ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploys.catalogue.service import CheckAfter
from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from tests.web_answers import web_answers
from tests.workers.flows.test_rollout import FOLLOWED, a_deployment, own, service_with
from tests.workers.yard import Yard
from workers.ecs.seen import ServiceDeploymentSeen
from workers.flows.rollout import Stand, stand


def set_to_zero(yard: Yard, service: str) -> None:
    yard.console.update_service(cluster="production", service=service, desiredCount=0)


def test_a_service_that_is_set_to_zero_in_mid_rollout_did_not_succeed(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.tick(5)
    set_to_zero(yard, "web")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "*Superseded*: somebody, or something, set the desired count of `web` to 0. ECS then calls the "
        "rollout complete at once, but no task of `web:18` runs, so nothing is known of it. I leave "
        "revision and count as they are: set the count again when the service is to run."
    )
    assert yard.service("web")["desiredCount"] == 0


def test_a_service_that_served_before_it_was_set_to_zero_did_succeed(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).serving_at)
    set_to_zero(yard, "web")

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_a_stopped_service_that_is_set_to_zero_in_mid_start_gets_its_count_back(yard: Yard) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    set_to_zero(yard, "billing")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.reason == "somebody, or something, set the desired count to 0 before the new tasks ran."
    assert yard.service("billing")["desiredCount"] == 2
    assert yard.images_running("billing") == {"1.4.0"}


def test_a_followed_rollout_that_is_set_to_zero_did_not_succeed(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    deploy_id = yard.ask_to(Verb.FOLLOW, "web")
    yard.until_phase(deploy_id, Phase.LOOKING_ON)
    set_to_zero(yard, "web")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert "set the desired count of `web` to 0" in yard.said(deploy_id, MilestoneKind.END)


@pytest.mark.parametrize(
    ("service", "outcome"), [("web", Outcome.SUPERSEDED), ("billing", Outcome.ROLLED_BACK)]
)
def test_at_zero_there_is_nothing_to_check(yard: Yard, service: str, outcome: Outcome) -> None:
    with web_answers() as web:
        deploy_id = yard.ask(service, "1.4.2", after=CheckAfter(http=f"{web.url}/health", lasts=60))
        if service == "billing":
            yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
            yard.approve(deploy_id)
        yard.until_phase(deploy_id, Phase.CHECKING)
        set_to_zero(yard, service)

        deploy = yard.until_over(deploy_id)

    assert deploy.outcome is outcome
    assert yard.service(service)["desiredCount"] == (0 if service == "web" else 2)


@pytest.mark.parametrize("told", [own("SUCCESSFUL"), None])
@pytest.mark.parametrize(
    ("desired", "scheduling", "served", "expected"),
    [
        (0, "REPLICA", False, Stand.EMPTIED),
        (0, "REPLICA", True, Stand.SUCCEEDED),
        (0, "DAEMON", False, Stand.SUCCEEDED),
        (3, "REPLICA", False, Stand.SUCCEEDED),
    ],
)
def test_success_at_desired_count_zero_is_none_unless_it_served_before(
    told: ServiceDeploymentSeen | None, desired: int, scheduling: str, served: bool, expected: Stand
) -> None:
    service = replace(service_with(a_deployment(state="COMPLETED")), desired=desired, scheduling=scheduling)

    assert stand(replace(FOLLOWED, served=served), service, told) is expected
