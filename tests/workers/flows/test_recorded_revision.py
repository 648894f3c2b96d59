"""A way back to a revision that was deregistered meanwhile: a copy is set only where one is needed."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.scaled import begin
from tests.workers.flows.test_crashes import Killed, dying
from tests.workers.yard import ALICE, Yard


def deregister(yard: Yard, revision: str) -> str:
    answer = yard.console.deregister_task_definition(taskDefinition=revision)
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def deregistered(yard: Yard, service: str) -> str:
    """What the service is set to."""
    return deregister(yard, yard.service(service)["taskDefinition"])


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


def test_a_stopped_service_that_still_has_it_is_scaled_up_again(yard: Yard) -> None:
    """ECS API reference, DeregisterTaskDefinition: such a service may be scaled, not set to it."""
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.DRAINING)
    recorded = deregistered(yard, "billing")
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert yard.service("billing")["taskDefinition"] == recorded
    assert (yard.service("billing")["desiredCount"], yard.images_running("billing")) == (2, {"1.4.0"})
    assert len(yard.ecs.calls("RegisterTaskDefinition")) == 1, "the new version's alone"


def test_a_service_that_has_the_new_revision_gets_a_copy_which_is_named(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    deregister(yard, "billing:23")
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert yard.service("billing")["taskDefinition"].endswith("billing:25")
    assert (yard.service("billing")["desiredCount"], yard.images_running("billing")) == (2, {"1.4.0"})
    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        f"*Cancelled* by <@{ALICE}>: rolled back to `billing:25`. It is a copy of `billing:23`, which was "
        "deregistered meanwhile. Downtime: "
    )


def test_where_ecs_itself_goes_back_to_it_no_copy_is_made_and_it_is_named(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).rollout.new_pending)
    recorded = deregister(yard, "web:17")
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert yard.service("web")["taskDefinition"] == recorded
    assert len(yard.ecs.calls("RegisterTaskDefinition")) == 1, "the new version's alone"
    assert yard.said(deploy_id, MilestoneKind.END) == f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`."


def test_ecs_goes_back_to_it_though_a_copy_was_made_already(yard: Yard) -> None:
    """The request to stop is refused, the copy is registered, the update gets no answer; ECS goes back."""
    deploy_id = yard.ask("web", "1.5.0-crash")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    recorded = deregister(yard, "web:17")
    yard.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)
    update = yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=None)
    yard.cancel(deploy_id)
    yard.until(lambda: update.struck)
    assert yard.get(deploy_id).restore_revision
    yard.until(lambda: yard.service("web")["taskDefinition"] == recorded)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert yard.service("web")["taskDefinition"] == recorded
    assert yard.said(deploy_id, MilestoneKind.END) == f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`."


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


def delete(yard: Yard, revision: str) -> None:
    """Deregistered, deleted, and gone from ECS, which takes until nothing runs it any more."""
    deregister(yard, revision)
    yard.console.delete_task_definitions(taskDefinitions=[revision])
    yard.ecs.faults.add(
        operation="DescribeTaskDefinition",
        kind="error",
        code="ClientException",
        status=400,
        message="Unable to describe task definition.",
        times=None,
    )


@pytest.mark.parametrize(
    ("service", "old", "new", "tasks"),
    [("web", "web:17", "web:18", 3), ("billing", "billing:23", "billing:24", 2)],
)
def test_one_that_was_deleted_cannot_come_back_and_the_service_keeps_running(
    yard: Yard, service: str, old: str, new: str, tasks: int
) -> None:
    yard.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)
    deploy_id = begin(yard) if service == "billing" else yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    delete(yard, old)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED

    assert yard.said(deploy_id, MilestoneKind.END) == (
        f"*Failed*: `{old}`, which the service was set to before, was deleted in ECS, so it cannot be "
        f"brought back. The service keeps `{new}`, with its count. I was going back because: cancelled by "
        f"<@{ALICE}>."
    )
    yard.ecs.advance(120)
    assert (yard.service(service)["desiredCount"], yard.images_running(service)) == (tasks, {"1.4.2"})


def test_one_that_was_deleted_while_the_service_is_at_zero_leaves_it_at_its_count(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.cancel(deploy_id)
    yard.until(lambda: yard.service("billing")["desiredCount"] == 0)
    delete(yard, "billing:23")

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED

    yard.ecs.advance(120)
    assert (yard.service("billing")["desiredCount"], yard.images_running("billing")) == (2, {"1.4.2"})


def test_one_that_was_deleted_before_a_late_call_is_told_once(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.cancel(deploy_id)
    yard.until(lambda: yard.get(deploy_id).outcome)
    new = yard.get(deploy_id).new_revision
    delete(yard, "billing:23")
    yard.console.update_service(cluster="production", service="billing", taskDefinition=new)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert yard.said(deploy_id, MilestoneKind.TROUBLE) == (
        "*Needs a look*: `billing:23`, which the service was set to before, was deleted in ECS, so it cannot "
        "be brought back. The service keeps `billing:24`, with its count. I was going back because: "
        f"cancelled by <@{ALICE}>."
    )
