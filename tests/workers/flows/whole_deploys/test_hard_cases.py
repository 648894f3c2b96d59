"""Situations that a simpler engine would get wrong."""

from __future__ import annotations

import pytest

from deploys.errors import NotADeployer
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_deploy, a_service
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.stopped_service.stop_start_deploys import set_count, start_stop_start
from tests.workers.flows.strict_order import assert_strict_order, tasks_of


def test_old_tasks_that_something_starts_before_the_update_are_stopped_first(harness: EngineHarness) -> None:
    deploy_id = start_stop_start(harness, "billing", Phase.DRAINING)
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)
    harness.until(
        lambda: harness.get(deploy_id).phase is Phase.STARTING and harness.get(deploy_id).retries.attempts
    )
    harness.ecs.faults.clear()
    set_count(harness, "billing", 1)
    harness.ecs.advance(20)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK, "the count was changed by somebody else"
    assert_strict_order(harness, "billing")
    assert harness.running_tags("billing") == {"1.4.0"}


def test_an_old_task_that_something_started_and_that_goes_down_again_is_waited_for(
    harness: EngineHarness,
) -> None:
    """The count is 0 again before the new version starts, but not every old task is STOPPED."""
    deploy_id = start_stop_start(harness, "billing", Phase.DRAINING)
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=4)
    harness.until(
        lambda: harness.get(deploy_id).phase is Phase.STARTING and harness.get(deploy_id).retries.attempts
    )
    harness.ecs.faults.clear()
    set_count(harness, "billing", 1)
    harness.ecs.advance(30)
    set_count(harness, "billing", 0)

    harness.until(lambda: harness.get(deploy_id).phase is not Phase.STARTING)

    assert harness.get(deploy_id).phase is Phase.DRAINING
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(harness, "billing")


def test_an_old_task_that_ecs_leaves_out_of_its_lists_is_waited_for_all_the_same(
    harness: EngineHarness,
) -> None:
    """It was recorded before the stop, so it is read by its ARN."""
    harness.ecs.advance(100)
    before = harness.ecs.now()
    harness.until_over(start_stop_start(harness, "billing", Phase.SETTLING))
    deploy_id = harness.request_deploy("billing", "1.4.1", approvals=0)
    harness.until_phase(deploy_id, Phase.DRAINING)
    harness.ecs.faults.add(
        operation="ListTasks", kind="stale", times=None, seconds=harness.ecs.now() - before + 90
    )

    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.clear()

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(harness, "billing")


def test_a_waiting_deploy_that_is_cancelled_does_not_cut_the_settling_short(harness: EngineHarness) -> None:
    first = start_stop_start(harness, "ledger", Phase.SETTLING)
    second = harness.request_deploy("ledger", "1.5.0")
    harness.cancel(second)
    harness.until_over(second)

    assert harness.get(first).phase is Phase.SETTLING
    assert [due.deploy_id for due in harness.store.due(harness.ecs.now() + 30)] == []


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.UPDATING])
def test_one_stale_read_turns_nothing(harness: EngineHarness, phase: Phase) -> None:
    if phase is Phase.DRAINING:
        deploy_id = start_stop_start(harness, "billing", phase)
    else:
        harness.until_over(harness.request_deploy("web", "1.4.1"))
        deploy_id = harness.request_deploy("web", "1.4.2")
    harness.ecs.faults.add(operation="DescribeServices", kind="stale", times=1, seconds=30)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_one_read_of_a_revision_long_gone_does_not_hand_a_stopped_service_over(
    harness: EngineHarness, phase: Phase
) -> None:
    before = harness.ecs.now()
    first = start_stop_start(harness, "billing", Phase.SETTLING)
    harness.until_over(first)
    deploy_id = harness.request_deploy("billing", "1.4.1", approvals=0)
    harness.until_phase(deploy_id, phase)
    harness.ecs.faults.add(operation="DescribeServices", kind="stale", seconds=harness.ecs.now() - before)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("service", ["web", "billing"])
def test_a_missing_permission_to_update_is_refused_and_not_called_a_rollback(
    harness: EngineHarness, service: str
) -> None:
    harness.ecs.faults.add(operation="UpdateService", kind="access-denied", times=None)
    deploy_id = harness.request_deploy(service, "1.4.2")
    if service == "billing":
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert deploy.downtime_seconds is None
    ending = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert ending.startswith("*Refused*, the service was not touched: ")
    assert "ecs:UpdateService" in ending


def test_a_failed_look_is_forgotten_after_a_good_one(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="DescribeServices", kind="throttle", times=1)
    harness.until(lambda: harness.get(deploy_id).retries.attempts)

    harness.until(lambda: not harness.get(deploy_id).retries.attempts, seconds=20)

    assert harness.get(deploy_id).phase is Phase.FOLLOWING
    assert harness.get(deploy_id).retries.last_error == ""


def test_who_lost_access_while_approval_was_pending_is_refused(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.access.refusals[ALICE] = NotADeployer(service="ledger", deployers="nobody")
    harness.approve(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.REFUSED
    assert len(tasks_of(harness, "ledger")) == 1


def test_a_person_who_insists_on_zero_after_the_end_is_not_fought(harness: EngineHarness) -> None:
    deploy_id = start_stop_start(harness, "ledger", Phase.SETTLING)
    set_count(harness, "ledger", 0)
    harness.until(lambda: harness.describe_service("ledger")["desiredCount"] == 1)
    set_count(harness, "ledger", 0)

    deploy = harness.until_over(deploy_id)

    assert harness.describe_service("ledger")["desiredCount"] == 0
    assert "I leave it there" in deploy.thread_messages[-1].text


def test_more_deploys_than_one_watch_takes_are_all_looked_at(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.engine.WATCH_BATCH_SIZE", 2)
    ids = []
    for number in range(7):
        deploy = a_deploy(
            a_service(f"web{number}", ecs_service="web"),
            tag="1.4.2",
            request={"requested_at": harness.ecs.now()},
        )
        ids.append(harness.store.submit(deploy).deploy.id)
        claim = harness.store.claim(deploy.id, "test", 60)
        assert claim is not None
        watched = claim.deploy.in_phase(
            Phase.FOLLOWING,
            harness.ecs.now(),
            ecs={
                "deployment_id": "ecs-svc/1",
                "new_revision": "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:99",
                "rollout_started_at": harness.ecs.now(),
            },
        )
        harness.store.commit(claim, watched, due_at=harness.ecs.now(), job=f"watch:{deploy.cluster_key}")

    for _ in range(5):
        harness.engine.watch("eu-west-1/production")

    assert all(harness.get(deploy_id).version > 1 for deploy_id in ids)
