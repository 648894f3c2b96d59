"""A rollout is ours by its identity, also where ECS is slow to show it."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import Outcome, Phase
from tests.workers.flows.conftest import Twist
from tests.workers.yard import Yard

Json = dict[str, Any]


def answers_late(yard: Yard, twist: Twist, service: str) -> list[str]:
    """UpdateService answers once with the service's deployments as they were before, and notes that."""
    before = yard.service(service)["deployments"]
    struck: list[str] = []

    def stale(parsed: Json) -> None:
        if not struck:
            struck.append(service)
            parsed["service"]["deployments"] = before

    twist("UpdateService", stale)
    return struck


@pytest.mark.parametrize("describes_late", [False, True])
def test_an_update_whose_answer_has_the_primary_of_before_is_not_followed_by_that_one(
    yard: Yard, twist: Twist, describes_late: bool
) -> None:
    before = yard.service("web")["deployments"][0]["id"]
    struck = answers_late(yard, twist, "web")
    if describes_late:
        yard.ecs.faults.add(operation="DescribeServices", kind="stale", times=6, seconds=8)

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert struck
    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.deployment_id != before
    assert deploy.deployment_id == yard.service("web")["deployments"][0]["id"]


def test_a_stopped_service_is_started_once_though_the_answer_has_the_primary_of_before(
    yard: Yard, twist: Twist
) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.DRAINING)
    struck = answers_late(yard, twist, "billing")

    deploy = yard.until_over(deploy_id)

    assert struck
    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.deployment_id == yard.service("billing")["deployments"][0]["id"]


def never_shows(yard: Yard, twist: Twist, service: str) -> None:
    """ECS takes every update and shows the deployments that were before."""
    before = yard.service(service)["deployments"]

    def stale(parsed: Json) -> None:
        if parsed["services"][0]["taskDefinition"] != before[0]["taskDefinition"]:
            parsed["services"][0]["deployments"] = before

    twist("UpdateService", lambda parsed: parsed["service"].update(deployments=before))
    twist("DescribeServices", stale)


def test_a_deployment_that_never_shows_is_taken_back_at_the_deadline(yard: Yard, twist: Twist) -> None:
    never_shows(yard, twist, "web")

    deploy = yard.until_over(yard.ask("web", "1.4.2", deadline=60))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert (
        deploy.reason == "ECS took the update to `web:18`, and showed no deployment for it within 1 min 00 s."
    )
    assert yard.images_running("web") == {"1.4.0"}


def test_cancelled_while_its_deployment_does_not_show_it_is_taken_back(yard: Yard, twist: Twist) -> None:
    never_shows(yard, twist, "web")
    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.service("web")["taskDefinition"].endswith("web:18"))
    yard.tick(5)

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.images_running("web") == {"1.4.0"}


@pytest.mark.parametrize(("tag", "outcome"), [("1.4.2", "SUCCEEDED"), ("1.5.0-crash", "ROLLED_BACK")])
def test_a_service_deployment_that_never_shows_in_the_list_leaves_the_deployments_to_tell(
    yard: Yard, twist: Twist, tag: str, outcome: str
) -> None:
    """Its history ends after three months, and a new one can be absent for some seconds."""

    twist("ListServiceDeployments", lambda parsed: parsed.update(serviceDeployments=[]))

    deploy = yard.until_over(yard.ask("web", tag))

    assert deploy.outcome is Outcome[outcome]
    assert deploy.service_deployment_arn is None


def test_a_service_deployment_that_is_absent_for_some_seconds_is_joined_once_it_shows(
    yard: Yard, twist: Twist
) -> None:
    looks: list[bool] = []

    def late(parsed: Json) -> None:
        looks.append(bool(parsed["serviceDeployments"]) and len(looks) > 4)
        if not looks[-1]:
            parsed["serviceDeployments"] = []

    twist("ListServiceDeployments", late)
    deploy_id = yard.ask("web", "1.4.2")

    yard.until(lambda: yard.get(deploy_id).service_deployment_arn)

    assert looks == [False] * 5 + [True]
    number = (yard.get(deploy_id).deployment_id or "").removeprefix("ecs-svc/")
    (found,) = yard.console.describe_service_deployments(
        serviceDeploymentArns=[yard.get(deploy_id).service_deployment_arn]
    )["serviceDeployments"]
    assert found["targetServiceRevision"]["arn"].endswith(number)
    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_a_count_that_is_changed_in_mid_rollout_is_no_other_deployment(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.tick(10)
    yard.console.update_service(cluster="production", service="web", desiredCount=5)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "5 tasks running" in yard.said(deploy_id)


def test_a_count_that_somebody_sets_after_a_start_without_an_answer_does_not_hide_our_deployment(
    yard: Yard,
) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.DRAINING)
    lost = yard.ecs.faults.add(operation="ecs:UpdateService", kind="timeout-after")
    yard.until(lambda: lost.struck)
    yard.console.update_service(cluster="production", service="billing", desiredCount=3)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert (yard.service("billing")["desiredCount"], yard.images_running("billing")) == (2, {"1.4.2"})
