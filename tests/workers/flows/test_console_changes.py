"""Somebody else changes the service in the middle of a deploy: it is said, and not fought."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.yard import Yard

COPIED = (
    "containerDefinitions",
    "networkMode",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "executionRoleArn",
    "taskRoleArn",
)


def change_in_console(yard: Yard, service: str) -> str:
    """Deploys a revision that is not ours; its ARN."""
    ecs = yard.ecs.client("ecs")
    running = yard.service(service)["taskDefinition"]
    before = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    made = ecs.register_task_definition(family=service, **{key: before[key] for key in COPIED})
    arn: str = made["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="production", service=service, taskDefinition=arn)
    return arn


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_a_stop_start_deploy_is_superseded_and_nothing_is_left_at_zero(yard: Yard, phase: Phase) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    count = yard.service("billing")["desiredCount"]
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, phase)
    theirs = change_in_console(yard, "billing")

    yard.until(lambda: yard.get(deploy_id).outcome)
    assert yard.service("billing")["desiredCount"] == count, "not only once it has settled"
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert yard.service("billing")["taskDefinition"] == theirs
    assert yard.service("billing")["desiredCount"] == count
    assert "somebody else's newer deployment" in yard.said(deploy_id, MilestoneKind.END)


@pytest.mark.parametrize("service", ["web", "billing"])
def test_on_the_way_back_too(yard: Yard, service: str) -> None:
    deploy_id = yard.ask(service, "1.4.2")
    count = yard.service(service)["desiredCount"]
    if service == "billing":
        yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING_BACK)
    theirs = change_in_console(yard, service)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert yard.service(service)["taskDefinition"] == theirs
    assert yard.service(service)["desiredCount"] == count


def test_a_plan_that_waited_for_approval_is_asked_anew(yard: Yard) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    theirs = change_in_console(yard, "billing")
    yard.until(lambda: len(yard.service("billing")["deployments"]) == 1)

    yard.approve(deploy_id)
    yard.until(lambda: yard.get(deploy_id).question == 2)

    assert yard.service("billing")["taskDefinition"] == theirs
    assert "earlier answers do not count" in yard.said(deploy_id)
