"""A rollback to a deregistered revision: a copy is deployed only if it is needed."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.autoscaled_service import start_approved_deploy
from tests.workers.flows.console_actions import deregister_revision
from tests.workers.flows.worker_kills import WorkerKilled, kill_worker


def deregister_current_revision(harness: EngineHarness, service: str) -> str:
    """Deregisters the revision that the service is set to; its ARN."""
    return deregister_revision(harness, harness.describe_service(service)["taskDefinition"])


@pytest.mark.parametrize(("service", "tasks", "old"), [("web", 3, "web:17"), ("billing", 2, "billing:23")])
def test_a_service_that_never_moved_is_left_as_it_is(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, service: str, tasks: int, old: str
) -> None:
    """A worker dies right before the first change, and the deploy is cancelled."""
    deploy_id = (
        start_approved_deploy(harness) if service == "billing" else harness.request_deploy("web", "1.4.2")
    )
    with (
        kill_worker(monkeypatch, at_call=1, after=False, operations={"UpdateService"}) as made,
        pytest.raises(WorkerKilled),
    ):
        harness.until(lambda: made)
    harness.expire_heartbeat(deploy_id)
    recorded = deregister_current_revision(harness, service)
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert harness.ecs.calls("UpdateService") == [], "no downtime, no rollout"
    assert harness.describe_service(service)["taskDefinition"] == recorded
    assert harness.describe_service(service)["runningCount"] == tasks
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        f"*Cancelled* by <@{ALICE}>: rolled back to `{old}`."
    )


def test_a_stopped_service_that_still_has_it_is_scaled_up_again(harness: EngineHarness) -> None:
    """A service that has a deregistered revision may be scaled, but not set to it (ECS API reference,
    DeregisterTaskDefinition)."""
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.DRAINING)
    recorded = deregister_current_revision(harness, "billing")
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert harness.describe_service("billing")["taskDefinition"] == recorded
    assert (harness.describe_service("billing")["desiredCount"], harness.running_tags("billing")) == (
        2,
        {"1.4.0"},
    )
    assert len(harness.ecs.calls("RegisterTaskDefinition")) == 1, "the new version's alone"


def test_a_service_that_has_the_new_revision_gets_a_copy_which_is_named(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    deregister_revision(harness, "billing:23")
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert harness.describe_service("billing")["taskDefinition"].endswith("billing:25")
    assert (harness.describe_service("billing")["desiredCount"], harness.running_tags("billing")) == (
        2,
        {"1.4.0"},
    )
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        f"*Cancelled* by <@{ALICE}>: rolled back to `billing:25`. It is a copy of `billing:23`, which was "
        "deregistered. Downtime: "
    )


def test_where_ecs_itself_goes_back_to_it_no_copy_is_made_and_it_is_named(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_pending)
    recorded = deregister_revision(harness, "web:17")
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED

    assert harness.describe_service("web")["taskDefinition"] == recorded
    assert len(harness.ecs.calls("RegisterTaskDefinition")) == 1, "the new version's alone"
    assert (
        harness.thread_text(deploy_id, ThreadMessageKind.END)
        == f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`."
    )


def test_ecs_goes_back_to_it_though_a_copy_was_made_already(harness: EngineHarness) -> None:
    """The stop request is refused, the copy is registered, the update gets no answer, and ECS rolls back."""
    deploy_id = harness.request_deploy("web", "1.5.0-crash")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    recorded = deregister_revision(harness, "web:17")
    harness.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)
    update = harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=None)
    harness.cancel(deploy_id)
    harness.until(lambda: update.hits)
    assert harness.get(deploy_id).rollback.revision_copy
    harness.until(lambda: harness.describe_service("web")["taskDefinition"] == recorded)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert harness.describe_service("web")["taskDefinition"] == recorded
    assert (
        harness.thread_text(deploy_id, ThreadMessageKind.END)
        == f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`."
    )


@pytest.mark.parametrize("moved", [False, True], ids=["at zero", "moved to the new version too"])
def test_what_a_late_call_undid_is_set_right_though_the_revision_was_deregistered(
    harness: EngineHarness, moved: bool
) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)
    harness.until(lambda: harness.get(deploy_id).outcome)
    deregister_current_revision(harness, "billing")
    new = {"taskDefinition": harness.get(deploy_id).ecs.new_revision} if moved else {}
    harness.ecs_client.update_service(cluster="production", service="billing", desiredCount=0, **new)

    harness.until_over(deploy_id)
    harness.ecs.advance(120)

    assert harness.describe_service("billing")["desiredCount"] == 2
    assert harness.running_tags("billing") == {"1.4.0"}


def delete_revision(harness: EngineHarness, revision: str) -> None:
    """Deregisters and deletes the revision. ECS forgets it once nothing runs it any more."""
    deregister_revision(harness, revision)
    harness.ecs_client.delete_task_definitions(taskDefinitions=[revision])
    harness.ecs.faults.add(
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
    harness: EngineHarness, service: str, old: str, new: str, tasks: int
) -> None:
    harness.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)
    deploy_id = (
        start_approved_deploy(harness) if service == "billing" else harness.request_deploy("web", "1.4.2")
    )
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    delete_revision(harness, old)
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.FAILED

    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"*Failed*: `{old}`, which the service was set to before, was deleted in ECS, so it cannot be "
        f"brought back. The service keeps `{new}`, with its count. It was rolled back because: cancelled by "
        f"<@{ALICE}>."
    )
    harness.ecs.advance(120)
    assert (harness.describe_service(service)["desiredCount"], harness.running_tags(service)) == (
        tasks,
        {"1.4.2"},
    )


def test_one_that_was_deleted_while_the_service_is_at_zero_leaves_it_at_its_count(
    harness: EngineHarness,
) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)
    harness.until(lambda: harness.describe_service("billing")["desiredCount"] == 0)
    delete_revision(harness, "billing:23")

    assert harness.until_over(deploy_id).outcome is Outcome.FAILED

    harness.ecs.advance(120)
    assert (harness.describe_service("billing")["desiredCount"], harness.running_tags("billing")) == (
        2,
        {"1.4.2"},
    )


def test_one_that_was_deleted_before_a_late_call_is_reported_once(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)
    harness.until(lambda: harness.get(deploy_id).outcome)
    new = harness.get(deploy_id).ecs.new_revision
    delete_revision(harness, "billing:23")
    harness.ecs_client.update_service(cluster="production", service="billing", taskDefinition=new)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM) == (
        "*Needs attention*: `billing:23`, which the service was set to before, was deleted in ECS, so it "
        "cannot be brought back. The service keeps `billing:24`, with its count. It was rolled back because: "
        f"cancelled by <@{ALICE}>."
    )
