"""A rollout is recognized by its deployment id, even if ECS is slow to show it."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.phases import Outcome, Phase
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.conftest import AlterResponse

Json = dict[str, Any]


def answer_once_with_old_deployments(
    harness: EngineHarness, alter_response: AlterResponse, service: str
) -> list[str]:
    """Lets UpdateService answer once with the old deployments; the list shows whether it did."""
    before = harness.describe_service(service)["deployments"]
    struck: list[str] = []

    def stale(parsed: Json) -> None:
        if not struck:
            struck.append(service)
            parsed["service"]["deployments"] = before

    alter_response("UpdateService", stale)
    return struck


@pytest.mark.parametrize("describes_late", [False, True])
def test_an_update_whose_answer_has_the_primary_of_before_is_not_followed_by_that_one(
    harness: EngineHarness, alter_response: AlterResponse, describes_late: bool
) -> None:
    before = harness.describe_service("web")["deployments"][0]["id"]
    struck = answer_once_with_old_deployments(harness, alter_response, "web")
    if describes_late:
        harness.ecs.faults.add(operation="DescribeServices", kind="stale", times=6, seconds=8)

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert struck
    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ecs.deployment_id != before
    assert deploy.ecs.deployment_id == harness.describe_service("web")["deployments"][0]["id"]


def test_a_stopped_service_is_started_once_though_the_answer_has_the_primary_of_before(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    struck = answer_once_with_old_deployments(harness, alter_response, "billing")

    deploy = harness.until_over(deploy_id)

    assert struck
    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ecs.deployment_id == harness.describe_service("billing")["deployments"][0]["id"]


def hide_new_deployment(harness: EngineHarness, alter_response: AlterResponse, service: str) -> None:
    """Lets ECS accept every update but keep showing the old deployments."""
    before = harness.describe_service(service)["deployments"]

    def stale(parsed: Json) -> None:
        if parsed["services"][0]["taskDefinition"] != before[0]["taskDefinition"]:
            parsed["services"][0]["deployments"] = before

    alter_response("UpdateService", lambda parsed: parsed["service"].update(deployments=before))
    alter_response("DescribeServices", stale)


def test_a_deployment_that_never_shows_is_taken_back_at_the_deadline(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    hide_new_deployment(harness, alter_response, "web")

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2", deadline=60))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert (
        deploy.outcome_reason
        == "ECS accepted the update to `web:18` but showed no deployment for it within 1 min."
    )
    assert harness.running_tags("web") == {"1.4.0"}


def test_cancelled_while_its_deployment_does_not_show_it_is_taken_back(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    hide_new_deployment(harness, alter_response, "web")
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.describe_service("web")["taskDefinition"].endswith("web:18"))
    harness.tick(5)

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.running_tags("web") == {"1.4.0"}


@pytest.mark.parametrize(("tag", "outcome"), [("1.4.2", "SUCCEEDED"), ("1.5.0-crash", "ROLLED_BACK")])
def test_a_service_deployment_that_never_shows_in_the_list_leaves_the_deployments_to_tell(
    harness: EngineHarness, alter_response: AlterResponse, tag: str, outcome: str
) -> None:
    """ECS lists service deployments of three months, and a new one can be missing for some seconds."""
    hide_current_service_deployment(alter_response)
    alter_response("ListServiceDeployments", lambda parsed: parsed.update(serviceDeployments=[]))

    deploy = harness.until_over(harness.request_deploy("web", tag))

    assert deploy.outcome is Outcome[outcome]
    assert deploy.ecs.service_deployment_arn is None


def hide_current_service_deployment(alter_response: AlterResponse) -> None:
    """Services do not say which service deployment they are in."""

    def hide(parsed: Json) -> None:
        for service in parsed["services"]:
            service.pop("currentServiceDeployment", None)

    alter_response("DescribeServices", hide)


def test_what_the_service_is_in_is_not_taken_for_ours_by_that_alone(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    """A read of the service may still show the service deployment before ours."""
    [before] = harness.ecs_client.list_service_deployments(cluster="production", service="web")[
        "serviceDeployments"
    ][:1]

    def stale(parsed: Json) -> None:
        parsed["services"][0]["currentServiceDeployment"] = before["serviceDeploymentArn"]

    alter_response("DescribeServices", stale)

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ecs.service_deployment_arn not in (None, before["serviceDeploymentArn"])


@pytest.mark.usefixtures("short_watch_interval")
def test_a_service_deployment_that_is_absent_for_some_seconds_is_joined_once_it_shows(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    looks: list[bool] = []

    def late(parsed: Json) -> None:
        looks.append(bool(parsed["serviceDeployments"]) and len(looks) > 4)
        if not looks[-1]:
            parsed["serviceDeployments"] = []

    hide_current_service_deployment(alter_response)
    alter_response("ListServiceDeployments", late)
    deploy_id = harness.request_deploy("shop", "1.4.2")

    harness.until(lambda: harness.get(deploy_id).ecs.service_deployment_arn)

    assert looks[:5] == [False] * 5
    searched = len(looks)
    number = (harness.get(deploy_id).ecs.deployment_id or "").removeprefix("ecs-svc/")
    (found,) = harness.ecs_client.describe_service_deployments(
        serviceDeploymentArns=[harness.get(deploy_id).ecs.service_deployment_arn]
    )["serviceDeployments"]
    assert found["targetServiceRevision"]["arn"].endswith(number)
    harness.until_paused(deploy_id)
    assert len(looks) == searched


def test_a_count_that_is_changed_in_mid_rollout_is_no_other_deployment(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(10)
    harness.ecs_client.update_service(cluster="production", service="web", desiredCount=5)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "5 tasks running" in harness.thread_text(deploy_id)


def test_a_count_that_somebody_sets_after_a_start_without_an_answer_does_not_hide_our_deployment(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    lost = harness.ecs.faults.add(operation="ecs:UpdateService", kind="timeout-after")
    harness.until(lambda: lost.hits)
    harness.ecs_client.update_service(cluster="production", service="billing", desiredCount=3)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert (harness.describe_service("billing")["desiredCount"], harness.running_tags("billing")) == (
        2,
        {"1.4.2"},
    )
