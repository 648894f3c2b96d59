"""A way back to a revision that was deregistered meanwhile: a copy is set only where one is needed."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.scaled import begin
from tests.workers.flows.test_crashes import Killed, dying
from tests.workers.yard import ALICE, Yard


def deregistered(yard: Yard, service: str) -> str:
    arn: str = yard.service(service)["taskDefinition"]
    yard.console.deregister_task_definition(taskDefinition=arn)
    return arn


@pytest.mark.parametrize(("service", "tasks", "old"), [("web", 3, "web:17"), ("billing", 2, "billing:23")])
def test_a_service_that_never_moved_is_left_as_it_is(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, service: str, tasks: int, old: str
) -> None:
    """A worker dies right before the first change, and the deploy is cancelled."""
    deploy_id = begin(yard) if service == "billing" else yard.ask("web", "1.4.2")
    with dying(monkeypatch, at=1, after=False, among={"UpdateService"}) as made, pytest.raises(Killed):
        yard.until(lambda: made)
    yard.lease_runs_out(deploy_id)
    recorded = deregistered(yard, service)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert yard.ecs.calls("UpdateService") == [], "no downtime, no rollout"
    assert yard.service(service)["taskDefinition"] == recorded
    assert yard.service(service)["runningCount"] == tasks
    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        f"*Cancelled* by <@{ALICE}>: rolled back to `{old}`."
    )


def test_a_service_that_was_stopped_gets_a_copy(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.DRAINING)
    deregistered(yard, "billing")
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert yard.service("billing")["taskDefinition"].endswith("billing:25")
    assert yard.images_running("billing") == {"1.4.0"}


@pytest.mark.parametrize("moved", [False, True], ids=["at zero", "moved to the new version too"])
def test_what_a_late_call_undid_is_set_right_though_the_revision_was_deregistered(
    yard: Yard, moved: bool
) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.cancel(deploy_id)
    yard.until(lambda: yard.get(deploy_id).outcome)
    deregistered(yard, "billing")
    new = {"taskDefinition": yard.get(deploy_id).new_revision} if moved else {}
    yard.console.update_service(cluster="production", service="billing", desiredCount=0, **new)

    yard.until_over(deploy_id)
    yard.ecs.advance(120)

    assert yard.service("billing")["desiredCount"] == 2
    assert yard.images_running("billing") == {"1.4.0"}
