"""A pre-task that is stopped early, and its effects, which nothing undoes."""

from __future__ import annotations

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.pre_task_deploys import (
    assert_service_untouched,
    one_off_tasks,
    request_with_pre_task,
    without_ids_and_times,
)


def test_a_cancel_stops_it_waits_until_it_has_stopped_and_says_so(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, "migrate", "--long")
    harness.until(lambda: any(task["lastStatus"] == "RUNNING" for task in one_off_tasks(harness)))
    harness.tick(20)

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    (task,) = one_off_tasks(harness)
    assert task["lastStatus"] == "STOPPED"
    assert without_ids_and_times(harness.thread_text(deploy_id, ThreadMessageKind.END)).startswith(
        f"*Cancelled* by <@{ALICE}> before the rollout: `migrate --long` was stopped midway, "
        "after N s. The "
        "service was not touched: it runs `web:17`. What it did until then is not undone.\n"
    )
    assert_service_untouched(harness)


def test_a_cancel_that_comes_when_it_has_just_ended_says_how_it_ended(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.until(lambda: any(task["lastStatus"] == "DEPROVISIONING" for task in one_off_tasks(harness)))

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert "`python -m web migrate` had exited with 0 by then." in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )
    assert_service_untouched(harness)


def test_a_cancel_before_the_task_is_asked_for_withdraws(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="RunTask", kind="throttle", times=1)
    harness.until_phase(deploy_id, Phase.RUNNING_PRE_TASK)

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (
        harness.thread_text(deploy_id, ThreadMessageKind.END)
        == f"Cancelled by <@{ALICE}> before the service was touched."
    )
    assert one_off_tasks(harness) == []


def test_a_cancel_after_a_request_without_an_answer_waits_for_what_may_still_arrive(
    harness: EngineHarness,
) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="RunTask", kind="timeout-before", seconds=0.05)
    harness.until_phase(deploy_id, Phase.RUNNING_PRE_TASK)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert deploy.ended_at is not None
    assert deploy.ended_at - deploy.thread_messages[0].at >= 60
    assert one_off_tasks(harness) == []


def test_a_later_no_does_not_settle_what_an_earlier_request_may_have_started(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="RunTask", kind="timeout-before", seconds=0.05)
    harness.ecs.faults.add(operation="RunTask", kind="throttle", times=None)
    harness.until(lambda: len(harness.ecs.calls("RunTask")) >= 2)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (deploy.ended_at or 0.0) - harness.ecs.calls("RunTask")[0].at >= 60


def test_a_cancel_after_it_ended_well_says_that_it_is_not_undone(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)
    harness.until_phase(deploy_id, Phase.UPDATING)

    harness.cancel(deploy_id)
    harness.until_over(deploy_id)

    assert harness.thread_text(deploy_id, ThreadMessageKind.END).endswith(
        "`python -m web migrate` had run before the rollout; what it did is not undone."
    )
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_rollout_that_is_rolled_back_says_that_the_task_is_not_undone(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, tag="1.5.0-slow")
    harness.until_phase(deploy_id, Phase.FOLLOWING)

    harness.cancel(deploy_id)
    harness.until_over(deploy_id)

    end = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert end.startswith(f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`.")
    assert end.endswith("`python -m web migrate` had run before the rollout; what it did is not undone.")


def test_somebody_who_stops_the_task_by_hand_fails_it(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, "migrate", "--long")
    harness.until(lambda: any(task["lastStatus"] == "RUNNING" for task in one_off_tasks(harness)))
    harness.ecs.client("ecs").stop_task(
        cluster="production", task=one_off_tasks(harness)[0]["arn"], reason="by hand"
    )

    assert harness.until_over(deploy_id).outcome is Outcome.FAILED
    assert (
        "somebody, or a tool, stopped it. CloudTrail shows who called StopTask. ECS says: `by hand`. The "
        "service was not touched"
    ) in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert_service_untouched(harness)
