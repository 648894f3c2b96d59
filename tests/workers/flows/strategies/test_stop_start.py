"""Stop-start deploys: requested, approved, stopped, proven, started; every other end restores."""

from __future__ import annotations

import pytest

from deploys.errors import MembershipUnknown, NotAnApprover, Refused
from deploys.records.approval import Verdict
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import BOB, EngineHarness
from tests.workers.flows.strict_order import assert_strict_order, restore_tags, tasks_of
from workers.thread.card_state import state_text

DAVE = "U04DAVE000"


@pytest.mark.parametrize(("service", "count"), [("ledger", 1), ("billing", 2)])
def test_after_approval_it_stops_proves_and_starts(harness: EngineHarness, service: str, count: int) -> None:
    deploy_id = harness.request_deploy(service, "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert harness.running_tags(service) == {"1.4.2"}
    assert harness.describe_service(service)["desiredCount"] == count
    assert_strict_order(harness, service)
    text = harness.thread_text(deploy_id)
    assert "proven STOPPED" in text
    assert deploy.downtime_seconds is not None
    assert deploy.downtime_seconds > 0
    assert "Downtime: " in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert restore_tags(harness, service) == []


def test_the_question_mentions_the_approvers_and_the_downtime(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")

    deploy = harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    question = harness.thread_text(deploy_id, ThreadMessageKind.QUESTION)
    assert f"<@{BOB}>" in question
    assert "This means downtime." in question
    assert "*downtime, about" in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    assert next(m for m in deploy.thread_messages if m.kind is ThreadMessageKind.QUESTION).broadcast


def test_nothing_happens_before_approval(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    for _ in range(60):
        harness.tick(10)

    assert harness.get(deploy_id).phase is Phase.AWAITING_APPROVAL
    assert harness.get(deploy_id).ecs.new_revision is None
    assert harness.running_tags("ledger") == {"1.4.0"}


def test_rejected_it_ends_and_nothing_was_changed(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id, verdict=Verdict.REJECTED)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REJECTED
    assert f"Rejected by <@{BOB}>" in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert harness.running_tags("ledger") == {"1.4.0"}


def test_an_unanswered_question_expires(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2", approval_expiry=600)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.mark_question_shown(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.EXPIRED
    assert "Nobody decided within 10 min" in harness.thread_text(deploy_id, ThreadMessageKind.END)


def test_the_time_of_a_question_begins_when_it_is_shown(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2", approval_expiry=60)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    for _ in range(63):  # Slack is unreachable
        harness.tick()
    assert harness.get(deploy_id).question_not_shown
    shown = harness.mark_question_shown(deploy_id)
    assert shown.approval.expires_at == harness.ecs.now() + 60

    for _ in range(59):
        harness.tick()
    harness.approve(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_a_question_that_can_never_be_shown_ends_and_says_so(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2", approval_expiry=60)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    asked_at = harness.ecs.now()
    behind = harness.request_deploy("ledger", "1.5.0")

    harness.until(lambda: harness.get(deploy_id).phase is Phase.ENDED, seconds=3700)

    assert harness.ecs.now() - asked_at >= 3600
    deploy = harness.get(deploy_id)
    assert deploy.outcome is Outcome.EXPIRED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        "I could not show the question in Slack for 1 h, so nobody could decide, and other deploys of "
        "the service no longer wait for it. Nothing was changed. Invite me to the channel if I am not in it, "
        "and ask again."
    )
    assert state_text(deploy) == "expired: its question could not be shown, nothing was changed"
    assert harness.until_phase(behind, Phase.AWAITING_APPROVAL)


def test_an_approver_who_lost_access_meanwhile_does_not_count(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.access.refusals[BOB] = NotAnApprover(service="ledger", approvers="nobody")

    harness.tick()
    harness.tick()

    assert harness.get(deploy_id).phase is Phase.AWAITING_APPROVAL
    assert harness.get(deploy_id).approval.decisions == ()


def test_a_plan_that_changed_voids_the_approval_and_asks_anew(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.ecs.client("ecs").update_service(cluster="production", service="ledger", desiredCount=2)
    harness.ecs.advance(60)

    harness.approve(deploy_id)
    harness.tick()

    deploy = harness.get(deploy_id)
    assert (deploy.phase, deploy.approval.question, deploy.approval.decisions) == (
        Phase.AWAITING_APPROVAL,
        2,
        (),
    )
    assert "changed after the plan was shown" in harness.thread_text(deploy_id)

    harness.approve(deploy_id)
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert harness.describe_service("ledger")["desiredCount"] == 2


def test_the_original_is_recorded_and_marked_on_the_service_before_it_is_stopped(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    deploy = harness.until_phase(deploy_id, Phase.DRAINING)

    assert deploy.stop.restore_point is not None
    assert deploy.stop.restore_point.desired_count == 2
    assert len(deploy.stop.restore_point.task_arns) == 2
    assert restore_tags(harness, "billing") == [f"{deploy_id}/2"]


@pytest.mark.usefixtures("short_watch_interval")
def test_old_tasks_that_still_stop_are_shown_by_id_and_status(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    harness.until(lambda: harness.get(deploy_id).stop.old_tasks)

    alive = harness.get(deploy_id).stop.old_tasks[0]
    assert alive.last_status != "STOPPED"
    assert any(task["arn"].endswith(alive.task_id) for task in tasks_of(harness, "ledger"))


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_cancelled_after_the_stop_the_old_version_and_count_come_back(
    harness: EngineHarness, phase: Phase
) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, phase)

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.describe_service("billing")["desiredCount"] == 2
    assert harness.running_tags("billing") == {"1.4.0"}
    assert_strict_order(harness, "billing")
    assert "Downtime: " in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert restore_tags(harness, "billing") == []


def test_cancelled_before_the_stop_it_is_withdrawn(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert len(tasks_of(harness, "ledger")) == 1


def test_a_crashing_version_ends_with_the_old_version_and_count(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("billing", "1.5.0-crash")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.describe_service("billing")["desiredCount"] == 2
    assert harness.running_tags("billing") == {"1.4.0"}
    assert "exited with code 1" in harness.thread_text(deploy_id, ThreadMessageKind.END)
    [first, *more] = [each for each in deploy.thread_messages if each.kind is ThreadMessageKind.PROBLEM]
    assert first.broadcast, "nothing works until this is over"
    assert "exited with code 1" in first.text
    assert not any(each.broadcast for each in more)


def test_trouble_of_a_service_that_still_serves_stays_in_the_thread(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-crash")

    deploy = harness.until_over(deploy_id)

    trouble = [each for each in deploy.thread_messages if each.kind is ThreadMessageKind.PROBLEM]
    assert trouble
    assert not any(each.broadcast for each in trouble)


def test_a_service_found_at_zero_after_the_end_is_restored_loudly(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.SETTLING)
    harness.ecs.client("ecs").update_service(cluster="production", service="ledger", desiredCount=0)

    deploy = harness.until_over(deploy_id)

    assert harness.describe_service("ledger")["desiredCount"] == 1
    assert deploy.outcome is Outcome.SUCCEEDED
    late = deploy.thread_messages[-1]
    assert late.broadcast
    assert "desired count was 0 after the deploy ended" in late.text


def test_a_count_that_something_raises_during_the_stop_ends_it_safely(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    harness.ecs.client("ecs").update_service(cluster="production", service="billing", desiredCount=4)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "set the desired count to 4" in deploy.outcome_reason
    assert harness.describe_service("billing")["desiredCount"] == 2
    assert harness.running_tags("billing") == {"1.4.0"}


@pytest.mark.parametrize("unsure", [False, True])
def test_a_cancel_of_somebody_who_may_not_any_more_is_dropped_and_said(
    harness: EngineHarness, unsure: bool
) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.cancel(deploy_id, DAVE)
    error: Refused = (
        MembershipUnknown(service="ledger", groups="x")
        if unsure
        else NotAnApprover(service="ledger", approvers="nobody")
    )
    harness.access.refusals[DAVE] = error

    harness.tick()
    harness.tick()

    deploy = harness.get(deploy_id)
    assert deploy.cancel is None
    assert deploy.phase is Phase.AWAITING_APPROVAL
    why = "Slack does not say now whether they may" if unsure else "they may not cancel it now"
    assert f"<@{DAVE}> asked to cancel this, which does not count: {why}." in (
        deploy.thread_messages[-1].text
    )


def test_a_cancel_that_counts_is_not_dropped_midway(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    harness.cancel(deploy_id, DAVE)
    harness.until(lambda: (found := harness.get(deploy_id).cancel) is not None and found.checked)
    harness.access.refusals[DAVE] = NotAnApprover(service="ledger", approvers="nobody")

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
