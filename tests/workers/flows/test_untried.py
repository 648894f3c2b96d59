"""A count of 0 while the new version is rolled out: ECS calls that a success, and no task has tried it."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import Yard

UNTRIED = (
    "somebody, or something, set the desired count to 0 during the rollout, so ECS calls it successful "
    "although no task has tried the new version."
)


def to_zero(yard: Yard, service: str) -> None:
    yard.console.update_service(cluster="production", service=service, desiredCount=0)


def test_a_rolling_service_goes_back_and_keeps_the_count_that_somebody_set(yard: Yard) -> None:
    before = yard.service("web")["taskDefinition"]
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    to_zero(yard, "web")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.said(deploy_id, MilestoneKind.END).startswith(f"*Rolled back* to `web:17`: {UNTRIED}")
    assert (yard.service("web")["taskDefinition"], yard.service("web")["desiredCount"]) == (before, 0)


def test_a_stopped_service_goes_back_with_its_count(yard: Yard) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    to_zero(yard, "billing")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert UNTRIED in yard.said(deploy_id, MilestoneKind.END)
    assert (yard.service("billing")["desiredCount"], yard.images_running("billing")) == (2, {"1.4.0"})
    assert restore_tags(yard, "billing") == []
    assert_strict_order(yard, "billing")


@pytest.mark.parametrize("phase", [Phase.RECORDING, Phase.STOPPING])
def test_a_count_that_somebody_sets_to_zero_before_the_stop_is_theirs(yard: Yard, phase: Phase) -> None:
    operation = {Phase.RECORDING: "TagResource", Phase.STOPPING: "DescribeScalableTargets"}[phase]
    deploy_id = yard.ask("billing", "1.4.2")
    yard.ecs.autoscale("billing", minimum=0, maximum=6)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    skip = 2 if phase is Phase.STOPPING else 0
    yard.ecs.faults.add(operation=operation, kind="throttle", skip=skip)
    yard.until(lambda: yard.get(deploy_id).phase is phase and yard.get(deploy_id).attempts)
    to_zero(yard, "billing")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert "`billing` wants 0 tasks" in yard.said(deploy_id, MilestoneKind.END)
    assert yard.service("billing")["desiredCount"] == 0
    assert restore_tags(yard, "billing") == []
    assert yard.leftovers() == []
