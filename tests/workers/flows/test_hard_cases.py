"""Situations in which a simpler engine would be wrong: each was seen to go wrong once."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from deploys.errors import NotADeployer
from tests.builders import a_deploy, a_service
from tests.workers.flows.test_stop_start import assert_strict_order, tasks_of
from tests.workers.yard import ALICE, Yard


def stopped(yard: Yard, service: str, phase: Phase) -> str:
    """An approved stop-start deploy that is there."""
    deploy_id = yard.ask(service, "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, phase)
    return deploy_id


def set_count(yard: Yard, service: str, count: int) -> None:
    yard.ecs.client("ecs").update_service(cluster="production", service=service, desiredCount=count)


def test_a_count_raised_on_the_way_back_does_not_stop_the_service_again(yard: Yard) -> None:
    deploy_id = stopped(yard, "billing", Phase.DRAINING)
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING_BACK)
    set_count(yard, "billing", 3)
    counts = set()

    def over() -> bool:
        counts.add(yard.service("billing")["desiredCount"])
        return yard.get(deploy_id).phase is Phase.ENDED

    yard.until(over)

    assert counts == {3}
    assert yard.get(deploy_id).outcome is Outcome.CANCELLED


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_it_is_back_once_its_tasks_run_and_not_once_ecs_shows_no_rollout(yard: Yard, phase: Phase) -> None:
    """A count alone makes no deployment in ECS, so the old one is COMPLETED all the while; and one read may
    show the service as it was before the deploy."""
    yard.ecs.advance(60)
    before = yard.ecs.now()
    deploy_id = stopped(yard, "billing", phase)
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING_BACK)
    if phase is Phase.FOLLOWING:
        yard.ecs.faults.add(operation="DescribeServices", kind="stale", seconds=yard.ecs.now() - before + 30)

    yard.until(lambda: yard.get(deploy_id).outcome)

    assert yard.get(deploy_id).outcome is Outcome.CANCELLED
    assert (yard.service("billing")["runningCount"], yard.images_running("billing")) == (2, {"1.4.0"})


def test_a_late_stop_on_the_way_back_is_set_right_at_once(yard: Yard) -> None:
    deploy_id = stopped(yard, "billing", Phase.FOLLOWING)
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING_BACK)
    set_count(yard, "billing", 0)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (yard.service("billing")["desiredCount"], yard.images_running("billing")) == (2, {"1.4.0"})
    assert_strict_order(yard, "billing")


def test_old_tasks_that_something_starts_before_the_update_are_stopped_first(yard: Yard) -> None:
    deploy_id = stopped(yard, "billing", Phase.DRAINING)
    yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)
    yard.until(lambda: yard.get(deploy_id).phase is Phase.STARTING and yard.get(deploy_id).attempts)
    yard.ecs.faults.clear()
    set_count(yard, "billing", 1)
    yard.ecs.advance(20)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK, "the count was changed by somebody else"
    assert_strict_order(yard, "billing")
    assert yard.images_running("billing") == {"1.4.0"}


def test_an_old_task_that_something_started_and_that_goes_down_again_is_waited_for(yard: Yard) -> None:
    """The count is 0 again when the new version is about to start, and still not every old task STOPPED."""
    deploy_id = stopped(yard, "billing", Phase.DRAINING)
    yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=4)
    yard.until(lambda: yard.get(deploy_id).phase is Phase.STARTING and yard.get(deploy_id).attempts)
    yard.ecs.faults.clear()
    set_count(yard, "billing", 1)
    yard.ecs.advance(30)
    set_count(yard, "billing", 0)

    yard.until(lambda: yard.get(deploy_id).phase is not Phase.STARTING)

    assert yard.get(deploy_id).phase is Phase.DRAINING
    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(yard, "billing")


def test_an_old_task_that_ecs_leaves_out_of_its_lists_is_waited_for_all_the_same(yard: Yard) -> None:
    """It was recorded before the stop, so it is asked for by its ARN."""
    yard.ecs.advance(100)
    before = yard.ecs.now()
    yard.until_over(stopped(yard, "billing", Phase.SETTLING))
    deploy_id = yard.ask("billing", "1.4.1", approvals=0)
    yard.until_phase(deploy_id, Phase.DRAINING)
    yard.ecs.faults.add(operation="ListTasks", kind="stale", times=None, seconds=yard.ecs.now() - before + 90)

    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.clear()

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(yard, "billing")


def test_a_recorded_revision_that_was_deregistered_comes_back_as_a_copy(yard: Yard) -> None:
    recorded = yard.service("billing")["taskDefinition"]
    deploy_id = stopped(yard, "billing", Phase.FOLLOWING)
    yard.ecs.client("ecs").deregister_task_definition(taskDefinition=recorded)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.service("billing")["taskDefinition"] not in (recorded, deploy.new_revision)
    assert yard.images_running("billing") == {"1.4.0"}
    assert yard.service("billing")["desiredCount"] == 2


def test_a_stopped_service_that_aws_does_not_let_start_is_loud_and_then_restored(yard: Yard) -> None:
    deploy_id = stopped(yard, "billing", Phase.DRAINING)
    yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=None)
    yard.until(lambda: yard.get(deploy_id).loud_at is not None, seconds=600)
    assert any("*Needs a look*" in m.text and m.broadcast for m in yard.get(deploy_id).milestones)
    yard.until_phase(deploy_id, Phase.RESTORING)
    yard.ecs.faults.clear()

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.service("billing")["desiredCount"] == 2


def test_a_waiting_deploy_that_is_cancelled_does_not_cut_the_settling_short(yard: Yard) -> None:
    first = stopped(yard, "ledger", Phase.SETTLING)
    second = yard.ask("ledger", "1.5.0")
    yard.cancel(second)
    yard.until_over(second)

    assert yard.get(first).phase is Phase.SETTLING
    assert [due.deploy_id for due in yard.store.due(yard.ecs.now() + 30)] == []


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.UPDATING])
def test_one_stale_read_turns_nothing(yard: Yard, phase: Phase) -> None:
    if phase is Phase.DRAINING:
        deploy_id = stopped(yard, "billing", phase)
    else:
        yard.until_over(yard.ask("web", "1.4.1"))
        deploy_id = yard.ask("web", "1.4.2")
    yard.ecs.faults.add(operation="DescribeServices", kind="stale", times=1, seconds=30)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_one_read_of_a_revision_long_gone_does_not_hand_a_stopped_service_over(
    yard: Yard, phase: Phase
) -> None:
    before = yard.ecs.now()
    first = stopped(yard, "billing", Phase.SETTLING)
    yard.until_over(first)
    deploy_id = yard.ask("billing", "1.4.1", approvals=0)
    yard.until_phase(deploy_id, phase)
    yard.ecs.faults.add(operation="DescribeServices", kind="stale", seconds=yard.ecs.now() - before)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("service", ["web", "billing"])
def test_a_missing_permission_to_update_is_refused_and_not_called_a_rollback(
    yard: Yard, service: str
) -> None:
    yard.ecs.faults.add(operation="UpdateService", kind="access-denied", times=None)
    deploy_id = yard.ask(service, "1.4.2")
    if service == "billing":
        yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        yard.approve(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert deploy.downtime is None
    ending = yard.said(deploy_id, MilestoneKind.END)
    assert ending.startswith("*Refused*, the service was not touched: ")
    assert "ecs:UpdateService" in ending


def test_a_failed_look_is_forgotten_after_a_good_one(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="DescribeServices", kind="throttle", times=1)
    yard.until(lambda: yard.get(deploy_id).attempts)

    yard.until(lambda: not yard.get(deploy_id).attempts, seconds=20)

    assert yard.get(deploy_id).phase is Phase.FOLLOWING
    assert yard.get(deploy_id).last_error == ""


def test_cancel_works_while_service_deployments_cannot_be_read(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.5.0-slow")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="*ServiceDeployments", kind="throttle", times=None)
    yard.tick(5)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert yard.images_running("web") == {"1.4.0"}


def test_a_cancel_that_comes_too_late_is_answered(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).seen_end == "succeeded")
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert f"The cancel of <@{ALICE}> came too late" in yard.said(deploy_id, MilestoneKind.END)


def test_who_lost_access_while_approval_was_pending_is_refused(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.gate.refusals[ALICE] = NotADeployer(service="ledger", deployers="nobody")
    yard.approve(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.REFUSED
    assert len(tasks_of(yard, "ledger")) == 1


def test_a_person_who_insists_on_zero_after_the_end_is_not_fought(yard: Yard) -> None:
    deploy_id = stopped(yard, "ledger", Phase.SETTLING)
    set_count(yard, "ledger", 0)
    yard.until(lambda: yard.service("ledger")["desiredCount"] == 1)
    set_count(yard, "ledger", 0)

    deploy = yard.until_over(deploy_id)

    assert yard.service("ledger")["desiredCount"] == 0
    assert "I leave it there" in deploy.milestones[-1].text


def test_an_ecs_rollback_that_breaks_strict_order_is_told(yard: Yard) -> None:
    deploy_id = yard.ask("billing", "1.5.0-crash")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    yard.until_over(deploy_id)

    tasks = tasks_of(yard, "billing")
    new = [t for t in tasks if "1.5.0-crash" in t["images"]["billing"]]
    back = [t for t in tasks if t not in new and t["createdAt"] > new[0]["createdAt"]]
    beside = min(t["startedAt"] for t in back) < max(t["stoppedAt"] for t in new)
    assert ("*Strict order was broken*" in yard.said(deploy_id)) is beside


def test_more_deploys_than_one_watch_takes_are_all_looked_at(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.engine.WATCHED_TOGETHER", 2)
    ids = []
    for number in range(7):
        deploy = a_deploy(
            a_service(f"web{number}", ecs_service="web"),
            tag="1.4.2",
            requested_at=yard.ecs.now(),
        )
        ids.append(yard.store.request(deploy).deploy.id)
        claim = yard.store.claim(deploy.id, "test", 60)
        assert claim is not None
        watched = claim.deploy.at(
            Phase.FOLLOWING,
            yard.ecs.now(),
            deployment_id="ecs-svc/1",
            new_revision="arn:aws:ecs:eu-west-1:123456789012:task-definition/web:99",
            started_at=yard.ecs.now(),
        )
        yard.store.commit(claim, watched, due_at=yard.ecs.now(), bell=f"watch:{deploy.cluster_key}")

    for _ in range(5):
        yard.engine.watch("eu-west-1/production")

    assert all(yard.get(deploy_id).version > 1 for deploy_id in ids)
