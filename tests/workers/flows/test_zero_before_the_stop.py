"""A count that somebody sets to 0 before the service is stopped."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.test_stop_start import restore_tags
from tests.workers.yard import Yard


def to_zero(yard: Yard, service: str) -> None:
    yard.console.update_service(cluster="production", service=service, desiredCount=0)


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
