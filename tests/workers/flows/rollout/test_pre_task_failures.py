"""The pre-task runs once, whatever ECS answers and whichever worker dies."""

from __future__ import annotations

import re

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_deploy
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.pre_task_deploys import (
    assert_service_untouched,
    make_container_optional,
    one_off_tasks,
    request_with_pre_task,
)
from tests.workers.flows.worker_kills import WorkerKilled, kill_worker
from workers.flows.rollout import running_pre_task
from workers.messages import pre_task as words


def test_an_update_that_is_refused_afterwards_does_not_claim_that_nothing_changed(
    harness: EngineHarness,
) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="UpdateService", kind="access-denied", times=10)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    end = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert end.startswith("*Refused*, the service was not touched: AWS does not allow ecs:UpdateService")
    assert end.endswith("`python -m web migrate` had run before the rollout; what it did is not undone.")


def test_without_the_permission_it_is_refused_before_anything_changed(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="RunTask", kind="access-denied", times=10)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        "*Refused*, the service was not touched: AWS does not allow ecs:RunTask"
    )
    assert one_off_tasks(harness) == []
    assert_service_untouched(harness)


def test_no_room_is_reported_once_and_asked_for_again(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="RunTask", kind="no-room", message="RESOURCE:MEMORY", times=3)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM) == (
        "The task before the rollout cannot start yet: no container instance has enough memory free (ECS "
        "says: `RESOURCE:MEMORY`). I retry until its deadline of 10 min; the service is not touched "
        "meanwhile. Add capacity, or ask for less CPU and memory."
    )
    assert len(one_off_tasks(harness)) == 1
    tokens = [call.params["clientToken"] for call in harness.ecs.calls("RunTask")]
    assert len(set(tokens)) == 4, "a token whose answer was no is not asked with again"


def test_no_room_until_the_deadline_ends_it(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, tag="1.5.0-noroom", deadline=60)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        "*Failed* before the rollout: ECS did not start the task within its deadline of 1 min: ECS found no "
        "room for it (ECS says: `Capacity is unavailable at this time`). The service was not "
        "touched: it runs "
        "`web:17`. The command never ran."
    )
    assert one_off_tasks(harness) == []
    assert_service_untouched(harness)


@pytest.mark.parametrize("kind", ["throttle", "error", "timeout-before", "timeout-after"])
def test_whatever_ecs_answers_it_runs_once(harness: EngineHarness, kind: str) -> None:
    harness.ecs.faults.add(operation="RunTask", kind=kind, times=2, seconds=0.05)

    deploy = harness.until_over(request_with_pre_task(harness))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert len(one_off_tasks(harness)) == 1


def run_to_end(harness: EngineHarness, deploy_id: str) -> Deploy:
    """Runs the deploy to its end; another worker continues if one is killed."""
    for _ in range(3000):
        if harness.get(deploy_id).phase is Phase.ENDED:
            return harness.get(deploy_id)
        try:
            harness.tick()
        except WorkerKilled:
            harness.expire_heartbeat(deploy_id)
            harness.engine = harness.new_engine()
    raise AssertionError(harness.describe_deploys())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_it_runs_once_whoever_dies(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with kill_worker(monkeypatch, at_call=at, after=after) as made:
        deploy = run_to_end(harness, request_with_pre_task(harness))

    assert made[:1] + made[-1:] == ["RegisterTaskDefinition", "UpdateService"]
    assert "RunTask" in made
    assert deploy.outcome is Outcome.SUCCEEDED
    assert len(one_off_tasks(harness)) == 1
    assert harness.running_tags("web") == {"1.4.2"}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_as_it_stops_the_task_leaves_it_to_the_next(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    with kill_worker(monkeypatch, at_call=3, after=after) as made:
        deploy = run_to_end(harness, request_with_pre_task(harness, "migrate", "--long", deadline=60))

    assert made[2] == "StopTask"
    assert deploy.outcome is Outcome.FAILED
    assert one_off_tasks(harness)[0]["lastStatus"] == "STOPPED"


def test_a_task_that_ended_while_nobody_looked_is_adopted_and_not_run_again(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = request_with_pre_task(harness)
    with kill_worker(monkeypatch, at_call=2, after=True), pytest.raises(WorkerKilled):
        harness.until(lambda: False)
    assert harness.get(deploy_id).pre_task is not None
    harness.ecs.advance(1800)
    assert one_off_tasks(harness)[0]["lastStatus"] == "STOPPED"

    harness.expire_heartbeat(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert len(one_off_tasks(harness)) == 1


def test_too_late_to_tell_whether_it_ran_it_is_not_run_again(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = request_with_pre_task(harness, deadline=36000)
    with kill_worker(monkeypatch, at_call=2, after=True), pytest.raises(WorkerKilled):
        harness.until(lambda: False)
    harness.ecs.advance(4000)

    harness.expire_heartbeat(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert "I cannot tell whether it ran." in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert len(one_off_tasks(harness)) == 1
    assert_service_untouched(harness)


def test_a_task_that_ecs_has_forgotten_is_not_taken_for_a_success(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.until(lambda: (known := harness.get(deploy_id).pre_task) and known.task_arn)
    harness.ecs.advance(4000)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert "so I cannot tell how `python -m web migrate` ended." in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )
    assert_service_untouched(harness)


def test_a_network_that_was_changed_between_two_tries_does_not_start_a_second_task(
    harness: EngineHarness,
) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="RunTask", kind="timeout-after", seconds=0.05)
    harness.ecs.faults.add(operation="ListTasks", kind="stale", seconds=60, skip=4, times=2)
    harness.until(lambda: one_off_tasks(harness))
    ecs = harness.ecs.client("ecs")
    network = harness.describe_service("web")["networkConfiguration"]
    network["awsvpcConfiguration"]["subnets"] = ["subnet-0ffffffffffffffff"]
    ecs.update_service(cluster="production", service="web", networkConfiguration=network)
    harness.tick()
    harness.until(lambda: (known := harness.get(deploy_id).pre_task) and known.task_arn)

    assert [call.outcome for call in harness.ecs.calls("RunTask")] == ["timeout-after", "ConflictException"]
    assert len(one_off_tasks(harness)) == 1


def test_a_stop_that_is_not_allowed_is_told_loudly_and_the_end_is_waited_for(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, "migrate", "--long", deadline=30)
    harness.ecs.faults.add(operation="StopTask", kind="access-denied", times=5)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    loud = [m.text for m in deploy.thread_messages if m.kind is ThreadMessageKind.PROBLEM and m.broadcast]
    assert any("*Needs attention*: AWS does not allow ecs:StopTask" in text for text in loud)
    assert one_off_tasks(harness)[0]["lastStatus"] == "STOPPED"


def test_a_task_that_takes_long_to_stop_is_reported_once(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_pre_task, "STOPS_WITHIN_SECONDS", 1.0)
    deploy_id = request_with_pre_task(harness, "migrate", "--long", deadline=30)
    harness.until(lambda: harness.ecs.calls("StopTask"))
    harness.ecs.faults.add(operation="DescribeTasks", kind="stale", seconds=20, times=4)

    deploy = harness.until_over(deploy_id)

    [message] = [m for m in deploy.thread_messages if m.kind is ThreadMessageKind.PROBLEM]
    assert message.broadcast
    assert re.fullmatch(
        r"\*Needs attention\*: the task `\w{32}` was asked to stop \d+ s ago and is \w+\. I keep waiting, so "
        r"that it does not run beside the next one\.",
        message.text,
    )


def test_a_task_that_ecs_does_not_show_yet_is_waited_for(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.until(lambda: (known := harness.get(deploy_id).pre_task) and known.task_arn)
    harness.ecs.faults.add(operation="DescribeTasks", kind="stale", seconds=120, times=4)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert len(one_off_tasks(harness)) == 1


def test_superseded_after_a_request_without_an_answer_says_that_it_may_have_run(
    harness: EngineHarness,
) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="RunTask", kind="timeout-before", seconds=0.05)
    harness.until(lambda: harness.ecs.calls("RunTask"))
    make_container_optional(harness, "web", "none")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).endswith(
        "I leave it; `/deploy follow web` follows it. ECS gave no answer when I asked it to run `python -m "
        "web migrate` before, so it may have run; look at its log."
    )


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("Capacity is unavailable at this time. Please try again later.", "ECS found no room for it"),
        ("You've reached the limit on the number of tasks", "a quota of the AWS account is used up"),
        (
            "MemberOf placement constraint unsatisfied.",
            "no container instance satisfies the placement constraints",
        ),
        ("NO ACTIVE INSTANCES", "the capacity provider has no active container instance"),
        ("LOCATION", "no container instance is in a zone of the service's subnets"),
        ("something new", "ECS did not place it"),
    ],
)
def test_only_what_is_about_room_is_called_so(reason: str, meaning: str) -> None:
    assert words.why_not_placed(reason) == f"{meaning} (ECS says: `{reason.replace('`', '’')}`)."


@pytest.mark.parametrize(
    ("reason", "advised"),
    [
        ("RESOURCE:CPU", True),
        ("Capacity is unavailable at this time", True),
        ("EMPTY CAPACITY PROVIDER", True),
        ("AGENT", False),
        ("ATTRIBUTE", False),
        ("LOCATION", False),
        ("something new", False),
    ],
)
def test_capacity_is_advised_only_where_it_helps(reason: str, advised: bool) -> None:
    assert ("Add capacity" in words.waiting_for_capacity(a_deploy(), reason, 60)) is advised
