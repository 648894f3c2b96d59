"""A task before the rollout that is not let run to its end, and what it did, which nothing undoes."""

from __future__ import annotations

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.preparing import ask, assert_untouched, one_offs, told
from tests.workers.yard import ALICE, Yard


def test_a_cancel_stops_it_waits_until_it_has_stopped_and_says_so(yard: Yard) -> None:
    deploy_id = ask(yard, "migrate", "--long")
    yard.until(lambda: any(task["lastStatus"] == "RUNNING" for task in one_offs(yard)))
    yard.tick(20)

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    (task,) = one_offs(yard)
    assert task["lastStatus"] == "STOPPED"
    assert told(yard.said(deploy_id, MilestoneKind.END)).startswith(
        f"*Cancelled* by <@{ALICE}> before the rollout: I had `migrate --long` stopped midway, "
        "after N s. The "
        "service was not touched: it runs `web:17`. What it did until then is not undone.\n"
    )
    assert_untouched(yard)


def test_a_cancel_that_comes_when_it_has_just_ended_says_how_it_ended(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.until(lambda: any(task["lastStatus"] == "DEPROVISIONING" for task in one_offs(yard)))

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert "`python -m web migrate` had exited with 0 by then." in yard.said(deploy_id, MilestoneKind.END)
    assert_untouched(yard)


def test_a_cancel_before_the_task_is_asked_for_withdraws(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="throttle", times=1)
    yard.until_phase(deploy_id, Phase.PREPARING)

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (
        yard.said(deploy_id, MilestoneKind.END) == f"Cancelled by <@{ALICE}> before the service was touched."
    )
    assert one_offs(yard) == []


def test_a_cancel_after_a_request_without_an_answer_waits_for_what_may_still_arrive(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="timeout-before", seconds=0.05)
    yard.until_phase(deploy_id, Phase.PREPARING)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert deploy.ended_at is not None
    assert deploy.ended_at - deploy.milestones[0].at >= 60
    assert one_offs(yard) == []


def test_a_later_no_does_not_settle_what_an_earlier_request_may_have_started(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="timeout-before", seconds=0.05)
    yard.ecs.faults.add(operation="RunTask", kind="throttle", times=None)
    yard.until(lambda: len(yard.ecs.calls("RunTask")) >= 2)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (deploy.ended_at or 0.0) - yard.ecs.calls("RunTask")[0].at >= 60


def test_a_cancel_after_it_ended_well_says_that_it_is_not_undone(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)
    yard.until_phase(deploy_id, Phase.UPDATING)

    yard.cancel(deploy_id)
    yard.until_over(deploy_id)

    assert yard.said(deploy_id, MilestoneKind.END).endswith(
        "`python -m web migrate` had run before the rollout; what it did is not undone."
    )
    assert yard.images_running("web") == {"1.4.0"}


def test_a_rollout_that_is_rolled_back_says_that_the_task_is_not_undone(yard: Yard) -> None:
    deploy_id = ask(yard, tag="1.5.0-slow")
    yard.until_phase(deploy_id, Phase.FOLLOWING)

    yard.cancel(deploy_id)
    yard.until_over(deploy_id)

    end = yard.said(deploy_id, MilestoneKind.END)
    assert end.startswith(f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`.")
    assert end.endswith("`python -m web migrate` had run before the rollout; what it did is not undone.")


def test_somebody_who_stops_the_task_by_hand_fails_it(yard: Yard) -> None:
    deploy_id = ask(yard, "migrate", "--long")
    yard.until(lambda: any(task["lastStatus"] == "RUNNING" for task in one_offs(yard)))
    yard.ecs.client("ecs").stop_task(cluster="production", task=one_offs(yard)[0]["arn"], reason="by hand")

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED
    assert (
        "somebody, or some tool, stopped it. CloudTrail knows who called StopTask. ECS says: `by hand`. The "
        "service was not touched"
    ) in yard.said(deploy_id, MilestoneKind.END)
    assert_untouched(yard)
