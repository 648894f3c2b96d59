"""`/deploy scale`: from the plan to the count, and back if its tasks do not start."""

from __future__ import annotations

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.stores import audit
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.console_actions import configure_breaker, delete_running_image
from tests.workers.flows.worker_kills import WorkerKilled, kill_worker

UNSCALED = "nothing scales this service automatically, so the count stays until somebody changes it"


def texts(deploy: Deploy) -> list[str]:
    return [message.text for message in deploy.thread_messages]


def desired_count(harness: EngineHarness, service: str = "web") -> int:
    return int(harness.describe_service(service)["desiredCount"])


def scale_by_hand(harness: EngineHarness, count: int) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", desiredCount=count)


def test_up(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_count("web", 5))

    assert (deploy.outcome, desired_count(harness)) == (Outcome.SUCCEEDED, 5)
    plan, begun, end = texts(deploy)
    assert (
        plan
        == f"*Plan* for `web`: from 3 tasks to 5 tasks.\n• revision `web:17` runs, and stays\n• {UNSCALED}"
    )
    assert begun == "Set the desired count from 3 to 5 tasks. ECS starts 2 tasks."
    assert end.startswith("*Scaled.* `web` runs 5 tasks, after ")
    assert harness.describe_service("web")["runningCount"] == 5
    [call] = [each for each in harness.ecs.calls("UpdateService") if each.operation == "UpdateService"]
    assert {key: call.params[key] for key in call.params if key != "cluster"} == {
        "service": "web",
        "desiredCount": 5,
    }


def test_down_and_the_next_deploy_keeps_the_count(harness: EngineHarness) -> None:
    harness.until_over(harness.request_count("web", 2))
    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert desired_count(harness) == harness.describe_service("web")["runningCount"] == 2


def test_success_waits_until_ecs_calls_the_service_steady(harness: EngineHarness) -> None:
    scaling = harness.request_count("web", 4)
    harness.until(lambda: harness.describe_service("web")["runningCount"] == 4)
    steady_before = _steady_events(harness)
    deploy = harness.until_outcome(scaling)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert _steady_events(harness) == steady_before + 1


def _steady_events(harness: EngineHarness) -> int:
    return sum("steady state" in each["message"] for each in harness.describe_service("web")["events"])


def test_to_zero_and_the_next_deploy_says_who_did_it(harness: EngineHarness) -> None:
    scaled = harness.until_over(harness.request_count("web", 0))
    refused = harness.until_over(harness.request_deploy("web", "1.4.2"))
    harness.until_over(harness.request_count("web", 1))

    assert (scaled.outcome, refused.outcome) == (Outcome.SUCCEEDED, Outcome.REFUSED)
    assert "• *no task runs then*, until somebody scales it up again" in texts(scaled)[0]
    assert texts(scaled)[-1].startswith("*Scaled to 0.* No task of `web` runs any more, after ")
    assert refused.end_reason.startswith(f"`web` is set to 0 tasks, as <@{ALICE}> asked <!date^")
    assert desired_count(harness) == 1


def test_a_count_that_is_there_already_is_only_looked_at(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_count("web", 3, approvals=1, approvers=(BOB,)))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert texts(deploy)[0].startswith("*Plan* for `web`: nothing to set, its desired count is 3 already.")
    assert harness.ecs.calls("UpdateService") == []


def test_tasks_that_do_not_start_are_given_up_and_the_count_comes_back(harness: EngineHarness) -> None:
    configure_breaker(harness, "web", enable=False, rollback=False)
    delete_running_image(harness, "web")

    deploy = harness.until_over(harness.request_count("web", 5))

    assert (deploy.outcome, desired_count(harness)) == (Outcome.ROLLED_BACK, 3)
    assert deploy.rollback.cause is not None
    assert deploy.rollback.cause.sentence.startswith("4 tasks of `web:17` failed in a row, ")
    problems = "\n".join(texts(deploy))
    assert (
        "New tasks are failing; ECS keeps trying:\n• 2 tasks: the image could not be pulled: it is not there."
        in problems
    )
    assert "Scaling back to 3 tasks: 4 tasks of `web:17` failed in a row" in problems
    assert texts(deploy)[-1].startswith("*Scaled back* to 3 tasks: 4 tasks of `web:17` failed in a row")


def test_at_the_deadline_the_count_comes_back(harness: EngineHarness) -> None:
    delete_running_image(harness, "web")

    deploy = harness.until_over(harness.request_count("web", 5, deadline=60, give_up_after=0))

    assert (deploy.outcome, desired_count(harness)) == (Outcome.ROLLED_BACK, 3)
    assert texts(deploy)[-1] == "*Scaled back* to 3 tasks: 3 of 5 tasks ran at the deadline of 1 min."


@pytest.mark.parametrize("begun", [False, True])
def test_cancelled(harness: EngineHarness, begun: bool) -> None:
    scaling = harness.request_count("web", 5)
    if begun:
        harness.until_phase(scaling, Phase.FOLLOWING_COUNT)
    harness.cancel(scaling)
    deploy = harness.until_over(scaling)

    assert (deploy.outcome, desired_count(harness)) == (Outcome.CANCELLED, 3)
    how = f"*Cancelled* by <@{ALICE}>: 3 tasks of `web` again."
    assert texts(deploy)[-1] == (how if begun else f"Cancelled by <@{ALICE}> before anything was changed.")


def test_a_count_that_somebody_else_sets_is_left(harness: EngineHarness) -> None:
    scaling = harness.request_count("web", 5)
    harness.until_phase(scaling, Phase.FOLLOWING_COUNT)
    scale_by_hand(harness, 4)
    deploy = harness.until_over(scaling)

    assert (deploy.outcome, desired_count(harness)) == (Outcome.SUPERSEDED, 4)
    assert (deploy.ended_at or 0.0) - deploy.request.requested_at < 60, "not at the deadline only"
    assert texts(deploy)[-1] == "*Superseded*: somebody set the desired count to 4 meanwhile. I leave it."


def test_what_application_auto_scaling_will_do_is_said_and_happens(harness: EngineHarness) -> None:
    harness.ecs.autoscale("web", minimum=3, maximum=6)
    deploy = harness.until_over(harness.request_count("web", 1))

    plan, *_, end = texts(deploy)
    assert plan.startswith("*Plan* for `web`: from 3 tasks (autoscaled, 3 to 6) to 1 task.")
    assert (deploy.outcome, desired_count(harness)) == (Outcome.SUCCEEDED, 1)
    assert end.endswith(
        "Application Auto Scaling (3 to 6 tasks) will not keep this: the next time it scales out, it sets at "
        "least 3."
    )
    harness.ecs.advance(300)
    assert desired_count(harness) == 3


def test_it_is_approved_as_a_deploy_is_and_asked_again_if_the_plan_changed(harness: EngineHarness) -> None:
    scaling = harness.request_count("billing", 4)
    harness.until_phase(scaling, Phase.AWAITING_APPROVAL)
    question = texts(harness.get(scaling))[-1]
    harness.ecs_client.update_service(cluster="production", service="billing", desiredCount=3)
    harness.approve(scaling)
    harness.until(lambda: harness.get(scaling).approval.question == 2)
    harness.approve(scaling)
    deploy = harness.until_over(scaling)

    assert question.startswith(
        f"<@{BOB}>: <@{ALICE}> asks to scale `billing` from 2 to 4 tasks. It needs 1 approval"
    )
    assert "The count went from 2 to 3 tasks, and nothing scales this service automatically." in "\n".join(
        texts(deploy)
    )
    assert (deploy.outcome, desired_count(harness, "billing")) == (Outcome.SUCCEEDED, 4)


def test_a_lock_and_a_stop_hold_it_and_a_deploy_waits_its_turn(harness: EngineHarness) -> None:
    harness.lock("web", BOB)
    scaling, later = harness.request_count("web", 5), harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.get(scaling).hold)
    assert harness.ecs.calls("UpdateService") == []

    harness.redis.delete("{slipway}:locks")
    stop = harness.stop_all()
    for _ in range(30):
        harness.tick()
    assert harness.ecs.calls("UpdateService") == []

    harness.resume_all(stop)
    harness.until_phase(scaling, Phase.FOLLOWING_COUNT)
    assert harness.get(later).phase is Phase.WAITING
    assert harness.until_over(later).outcome is Outcome.SUCCEEDED
    assert desired_count(harness) == 5


def test_a_stop_holds_it_until_the_very_change(harness: EngineHarness) -> None:
    scaling = harness.request_count("web", 5)
    claim = harness.store.claim(scaling, "test", 60)
    assert claim is not None
    about_to = claim.deploy.in_phase(Phase.SCALING, harness.ecs.now())
    harness.store.commit(claim, about_to, due_at=harness.ecs.now())
    harness.stop_all()
    for _ in range(30):
        harness.tick()

    assert harness.get(scaling).hold is not None
    assert harness.ecs.calls("UpdateService") == []


def test_a_rollout_that_is_not_ours_refuses_it_and_a_daemon_has_no_count(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    refused = harness.until_over(harness.request_count("web", 5))

    assert refused.outcome is Outcome.REFUSED
    assert refused.end_reason.startswith("Another deployment of `web` is in progress")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_another_worker_goes_on_where_one_died(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    scaling = harness.request_count("web", 5)
    with kill_worker(monkeypatch, at_call=1, after=after):
        with pytest.raises(WorkerKilled):
            harness.until_phase(scaling, Phase.FOLLOWING_COUNT)
        harness.expire_heartbeat(scaling)
        harness.engine = harness.new_engine()
        deploy = harness.until_over(scaling)

    assert (deploy.outcome, desired_count(harness)) == (Outcome.SUCCEEDED, 5)
    assert deploy.count_change is not None
    assert deploy.count_change.before == 3
    assert deploy.ecs.update_uncertain is not after, "the first call may still arrive"
    assert len(harness.ecs.calls("UpdateService")) == 1


def test_an_answer_that_is_lost_is_made_up_for_and_looked_at_once_more(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="ecs:UpdateService", kind="timeout-after", seconds=0.05)
    deploy = harness.until_over(harness.request_count("web", 5))

    assert (deploy.outcome, desired_count(harness)) == (Outcome.SUCCEEDED, 5)
    assert deploy.ecs.update_uncertain
    assert harness.leftover_keys() == []


def test_a_late_call_after_the_end_is_undone_once(harness: EngineHarness) -> None:
    scaling = harness.request_count("web", 5)
    harness.ecs.faults.add(operation="ecs:UpdateService", kind="timeout-after", seconds=0.05)
    harness.until_phase(scaling, Phase.FOLLOWING_COUNT)
    harness.cancel(scaling)
    harness.until_phase(scaling, Phase.SETTLING)
    scale_by_hand(harness, 5)
    deploy = harness.until_over(scaling)

    assert desired_count(harness) == 3
    assert texts(deploy)[-1].startswith(
        "*Needs attention*: the desired count was 5 again after I had set it back"
    )


def test_a_call_that_aws_denies_refuses_it(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="ecs:UpdateService", kind="access-denied", times=None)
    deploy = harness.until_over(harness.request_count("web", 5))

    assert (deploy.outcome, desired_count(harness)) == (Outcome.REFUSED, 3)
    assert "ecs:UpdateService" in deploy.end_reason


@pytest.mark.parametrize("kind", ["throttle", "access-denied"])
def test_reads_that_fail_for_a_while_do_not_end_it(harness: EngineHarness, kind: str) -> None:
    scaling = harness.request_count("web", 5)
    harness.until_phase(scaling, Phase.FOLLOWING_COUNT)
    harness.ecs.faults.add(operation="ecs:DescribeServices", kind=kind, times=4)
    deploy = harness.until_over(scaling)

    assert (deploy.outcome, desired_count(harness)) == (Outcome.SUCCEEDED, 5)


def test_what_cannot_be_read_at_the_deadline_is_put_back_as_soon_as_it_can(harness: EngineHarness) -> None:
    scaling = harness.request_count("web", 5, deadline=30)
    harness.until_phase(scaling, Phase.FOLLOWING_COUNT)
    harness.ecs.faults.add(operation="ecs:DescribeServices", kind="access-denied", times=None)
    harness.until_phase(scaling, Phase.RESTORING_COUNT)
    for _ in range(120):
        harness.tick()
    assert "*Needs attention*" in "\n".join(texts(harness.get(scaling)))

    harness.ecs.faults.clear()
    deploy = harness.until_over(scaling)
    assert (deploy.outcome, desired_count(harness)) == (Outcome.ROLLED_BACK, 3)


def test_neither_a_rollback_nor_a_forecast_takes_it_for_a_version(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    scaling = harness.request_count("web", 4)
    harness.until_over(scaling)
    refused = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web", scaling))
    deploy = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert f"`{scaling}`" in refused.end_reason, "no version goes by its id"
    assert (deploy.outcome, deploy.tag) == (Outcome.SUCCEEDED, "1.4.0")
    assert harness.running_tags("web") == {"1.4.0"}


def test_the_audit_says_from_which_count_to_which(harness: EngineHarness) -> None:
    scaling = harness.request_count("web", 4)
    harness.until_over(scaling)

    entries = audit.trail(harness.redis, scaling)
    assert {each["verb"] for each in entries} == {"scale"}
    assert [each["target"] for each in entries][0 :: len(entries) - 1] == ["4", "3 to 4"]
    assert any(each["aws_requests"] for each in entries)
