"""A stop-start deploy: asked for, approved, stopped, proven, started; and every way out restores."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase, Verdict
from deploys.errors import NotAnApprover
from tests.workers.yard import BOB, Yard
from workers.flows.marks import RESTORE_TAG
from workers.thread.states import state


def tasks_of(yard: Yard, service: str) -> list[dict[str, Any]]:
    """All tasks of the service, over all time."""
    return [task for task in yard.ecs.state()["tasks"] if task["service"] == service]


def assert_strict_order(yard: Yard, service: str) -> None:
    """No task of one revision was started while a task of another had not stopped."""
    tasks = tasks_of(yard, service)
    for one in tasks:
        for other in tasks:
            if one["taskDefinition"] == other["taskDefinition"] or one["createdAt"] < other["createdAt"]:
                continue
            assert other["stoppedAt"] is not None, f"{one} was created while {other} lived"
            assert one["createdAt"] >= other["stoppedAt"]


def restore_tags(yard: Yard, service: str) -> list[str]:
    arn = yard.service(service)["serviceArn"]
    tags = yard.ecs.client("ecs").list_tags_for_resource(resourceArn=arn)["tags"]
    return [tag["value"] for tag in tags if tag["key"] == RESTORE_TAG]


@pytest.mark.parametrize(("service", "count"), [("ledger", 1), ("billing", 2)])
def test_after_approval_it_stops_proves_and_starts(yard: Yard, service: str, count: int) -> None:
    deploy_id = yard.ask(service, "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert yard.images_running(service) == {"1.4.2"}
    assert yard.service(service)["desiredCount"] == count
    assert_strict_order(yard, service)
    said = yard.said(deploy_id)
    assert "proven STOPPED" in said
    assert deploy.downtime is not None
    assert deploy.downtime > 0
    assert "Downtime: " in yard.said(deploy_id, MilestoneKind.END)
    assert restore_tags(yard, service) == []


def test_the_question_mentions_the_approvers_and_the_downtime(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")

    deploy = yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    question = yard.said(deploy_id, MilestoneKind.QUESTION)
    assert f"<@{BOB}>" in question
    assert "This means downtime." in question
    assert "*downtime, about" in yard.said(deploy_id, MilestoneKind.PLAN)
    assert next(m for m in deploy.milestones if m.kind is MilestoneKind.QUESTION).broadcast


def test_nothing_happens_before_approval(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    for _ in range(60):
        yard.tick(10)

    assert yard.get(deploy_id).phase is Phase.AWAITING_APPROVAL
    assert yard.get(deploy_id).new_revision is None
    assert yard.images_running("ledger") == {"1.4.0"}


def test_rejected_it_ends_and_nothing_was_changed(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id, verdict=Verdict.REJECTED)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REJECTED
    assert f"Rejected by <@{BOB}>" in yard.said(deploy_id, MilestoneKind.END)
    assert yard.images_running("ledger") == {"1.4.0"}


def test_an_unanswered_question_expires(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2", approval_expiry=600)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.show(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.EXPIRED
    assert "Nobody decided within 10 min 00 s" in yard.said(deploy_id, MilestoneKind.END)


def test_the_time_of_a_question_begins_when_it_is_shown(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2", approval_expiry=60)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    for _ in range(63):  # Slack is away
        yard.tick()
    assert yard.get(deploy_id).question_unseen
    shown = yard.show(deploy_id)
    assert shown.question_expires_at == yard.ecs.now() + 60

    for _ in range(59):
        yard.tick()
    yard.approve(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_a_question_that_can_never_be_shown_ends_and_says_so(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2", approval_expiry=60)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    asked_at = yard.ecs.now()
    behind = yard.ask("ledger", "1.5.0")

    yard.until(lambda: yard.get(deploy_id).phase is Phase.ENDED, seconds=3700)

    assert yard.ecs.now() - asked_at >= 3600
    deploy = yard.get(deploy_id)
    assert deploy.outcome is Outcome.EXPIRED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "I could not show the question in Slack for 1 h 00 min, so nobody could decide, and other deploys "
        "of the service do not wait for it any longer. Nothing was changed. Invite me to the channel if I am "
        "not in it, and ask again."
    )
    assert state(deploy) == "expired: its question could not be shown, nothing was changed"
    assert yard.until_phase(behind, Phase.AWAITING_APPROVAL)


def test_an_approver_who_lost_access_meanwhile_does_not_count(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.gate.refusals[BOB] = NotAnApprover(service="ledger", approvers="nobody")

    yard.tick()
    yard.tick()

    assert yard.get(deploy_id).phase is Phase.AWAITING_APPROVAL
    assert yard.get(deploy_id).decisions == ()


def test_a_plan_that_changed_voids_the_approval_and_asks_anew(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.ecs.client("ecs").update_service(cluster="production", service="ledger", desiredCount=2)
    yard.ecs.advance(60)

    yard.approve(deploy_id)
    yard.tick()

    deploy = yard.get(deploy_id)
    assert (deploy.phase, deploy.question, deploy.decisions) == (Phase.AWAITING_APPROVAL, 2, ())
    assert "changed after the plan was shown" in yard.said(deploy_id)

    yard.approve(deploy_id)
    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert yard.service("ledger")["desiredCount"] == 2


def test_the_original_is_recorded_and_marked_on_the_service_before_it_is_stopped(yard: Yard) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    deploy = yard.until_phase(deploy_id, Phase.DRAINING)

    assert deploy.original is not None
    assert deploy.original.desired_count == 2
    assert len(deploy.original.task_arns) == 2
    assert restore_tags(yard, "billing") == [f"{deploy_id}/2"]


def test_old_tasks_that_still_stop_are_shown_by_id_and_status(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    yard.until(lambda: yard.get(deploy_id).alive)

    alive = yard.get(deploy_id).alive[0]
    assert alive.last_status != "STOPPED"
    assert any(task["arn"].endswith(alive.task_id) for task in tasks_of(yard, "ledger"))


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_cancelled_after_the_stop_the_old_version_and_count_come_back(yard: Yard, phase: Phase) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, phase)

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.service("billing")["desiredCount"] == 2
    assert yard.images_running("billing") == {"1.4.0"}
    assert_strict_order(yard, "billing")
    assert "Downtime: " in yard.said(deploy_id, MilestoneKind.END)
    assert restore_tags(yard, "billing") == []


def test_cancelled_before_the_stop_it_is_withdrawn(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert len(tasks_of(yard, "ledger")) == 1


def test_a_crashing_version_ends_with_the_old_version_and_count(yard: Yard) -> None:
    deploy_id = yard.ask("billing", "1.5.0-crash")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.service("billing")["desiredCount"] == 2
    assert yard.images_running("billing") == {"1.4.0"}
    assert "exited with code 1" in yard.said(deploy_id, MilestoneKind.END)
    [first, *more] = [each for each in deploy.milestones if each.kind is MilestoneKind.TROUBLE]
    assert first.broadcast, "nothing works until this is over"
    assert "exited with code 1" in first.text
    assert not any(each.broadcast for each in more)


def test_trouble_of_a_service_that_still_serves_stays_in_the_thread(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.5.0-crash")

    deploy = yard.until_over(deploy_id)

    trouble = [each for each in deploy.milestones if each.kind is MilestoneKind.TROUBLE]
    assert trouble
    assert not any(each.broadcast for each in trouble)


def test_a_service_found_at_zero_after_the_end_is_restored_loudly(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.SETTLING)
    yard.ecs.client("ecs").update_service(cluster="production", service="ledger", desiredCount=0)

    deploy = yard.until_over(deploy_id)

    assert yard.service("ledger")["desiredCount"] == 1
    assert deploy.outcome is Outcome.SUCCEEDED
    late = deploy.milestones[-1]
    assert late.broadcast
    assert "desired count 0 after the end" in late.text


def test_a_count_that_something_raises_during_the_stop_ends_it_safely(yard: Yard) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.DRAINING)
    yard.ecs.client("ecs").update_service(cluster="production", service="billing", desiredCount=4)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "set the desired count to 4" in deploy.reason
    assert yard.service("billing")["desiredCount"] == 2
    assert yard.images_running("billing") == {"1.4.0"}
