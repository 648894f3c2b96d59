"""Situations in which a simpler engine would roll back wrongly."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.stopped_service.stop_start_deploys import set_count, start_stop_start
from tests.workers.flows.strict_order import assert_strict_order, tasks_of


def test_a_count_raised_during_the_rollback_does_not_stop_the_service_again(harness: EngineHarness) -> None:
    deploy_id = start_stop_start(harness, "billing", Phase.DRAINING)
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    set_count(harness, "billing", 3)
    counts = set()

    def over() -> bool:
        counts.add(harness.describe_service("billing")["desiredCount"])
        return harness.get(deploy_id).phase is Phase.ENDED

    harness.until(over)

    assert counts == {3}
    assert harness.get(deploy_id).outcome is Outcome.CANCELLED


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_it_is_back_once_its_tasks_run_and_not_once_ecs_shows_no_rollout(
    harness: EngineHarness, phase: Phase
) -> None:
    """A changed count creates no deployment in ECS, so the old one stays COMPLETED, and a stale read may
    show the service before the deploy."""
    harness.ecs.advance(60)
    before = harness.ecs.now()
    deploy_id = start_stop_start(harness, "billing", phase)
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    if phase is Phase.FOLLOWING:
        harness.ecs.faults.add(
            operation="DescribeServices", kind="stale", seconds=harness.ecs.now() - before + 30
        )

    harness.until(lambda: harness.get(deploy_id).outcome)

    assert harness.get(deploy_id).outcome is Outcome.CANCELLED
    assert (harness.describe_service("billing")["runningCount"], harness.running_tags("billing")) == (
        2,
        {"1.4.0"},
    )


def test_a_late_stop_during_the_rollback_is_set_right_at_once(harness: EngineHarness) -> None:
    deploy_id = start_stop_start(harness, "billing", Phase.FOLLOWING)
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    set_count(harness, "billing", 0)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (harness.describe_service("billing")["desiredCount"], harness.running_tags("billing")) == (
        2,
        {"1.4.0"},
    )
    assert_strict_order(harness, "billing")


def test_a_recorded_revision_that_was_deregistered_comes_back_as_a_copy(harness: EngineHarness) -> None:
    recorded = harness.describe_service("billing")["taskDefinition"]
    deploy_id = start_stop_start(harness, "billing", Phase.FOLLOWING)
    harness.ecs.client("ecs").deregister_task_definition(taskDefinition=recorded)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.describe_service("billing")["taskDefinition"] not in (recorded, deploy.ecs.new_revision)
    assert harness.running_tags("billing") == {"1.4.0"}
    assert harness.describe_service("billing")["desiredCount"] == 2


def test_a_stopped_service_that_aws_does_not_let_start_is_loud_and_then_restored(
    harness: EngineHarness,
) -> None:
    deploy_id = start_stop_start(harness, "billing", Phase.DRAINING)
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=None)
    harness.until(lambda: harness.get(deploy_id).retries.channel_alerted_at is not None, seconds=600)
    assert any("*Needs attention*" in m.text and m.broadcast for m in harness.get(deploy_id).thread_messages)
    harness.until_phase(deploy_id, Phase.RESTORING)
    harness.ecs.faults.clear()

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.describe_service("billing")["desiredCount"] == 2


def test_cancel_works_while_service_deployments_cannot_be_read(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-slow")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="*ServiceDeployments", kind="throttle", times=None)
    harness.tick(5)
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_cancel_that_comes_too_late_is_answered(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_ended_in_ecs(deploy_id)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert f"The cancel of <@{ALICE}> came too late" in harness.thread_text(deploy_id, ThreadMessageKind.END)


def test_an_ecs_rollback_that_breaks_strict_order_is_told(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("billing", "1.5.0-crash")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    harness.until_over(deploy_id)

    tasks = tasks_of(harness, "billing")
    new = [t for t in tasks if "1.5.0-crash" in t["images"]["billing"]]
    back = [t for t in tasks if t not in new and t["createdAt"] > new[0]["createdAt"]]
    beside = min(t["startedAt"] for t in back) < max(t["stoppedAt"] for t in new)
    assert ("*Strict order was broken*" in harness.thread_text(deploy_id)) is beside
