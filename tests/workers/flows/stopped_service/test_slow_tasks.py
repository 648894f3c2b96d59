"""Old tasks that do not stop: Slipway shows why, waits for them, and never kills them."""

from __future__ import annotations

import pytest

from deploys.formatting import slack_time
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import OldTask
from deploys.records.thread_messages import Notice, ThreadMessageKind
from tests.builders import NOW, a_deploy, a_plan, a_restore_point, a_stop_start_service
from tests.workers.engine_harness import TIMING, EngineHarness
from tests.workers.flows.strict_order import assert_strict_order, restore_tags, tasks_of
from workers.ecs.state import ServiceState, TaskState
from workers.ecs.tasks import TaskProtection
from workers.flows.stopped_service import slow_tasks
from workers.messages.tasks import STATUS_REASONS, why_not_stopped
from workers.thread.card import deploy_card

SERVICE = "billing"


def protect_tasks(harness: EngineHarness, minutes: int, tasks: int = 1) -> list[str]:
    """Protects `tasks` tasks of billing; their ids."""
    ecs = harness.ecs.client("ecs")
    arns = ecs.list_tasks(cluster="production", serviceName=SERVICE)["taskArns"][:tasks]
    ecs.update_task_protection(
        cluster="production", tasks=arns, protectionEnabled=True, expiresInMinutes=minutes
    )
    return [arn.rsplit("/", 1)[-1] for arn in arns]


def request_until_draining(harness: EngineHarness, **changes: int) -> str:
    """Requests a deploy of billing, up to DRAINING; its id."""
    deploy_id = harness.request_deploy(SERVICE, "1.4.2", **changes)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    return deploy_id


def wait_until_alive(harness: EngineHarness, deploy_id: str, alive: int) -> Deploy:
    """Waits until `alive` old tasks are left."""
    harness.until(lambda: len(harness.get(deploy_id).stop.old_tasks) == alive)
    return harness.get(deploy_id)


def count_tasks_ever(harness: EngineHarness) -> int:
    """The number of tasks that the service ever had."""
    return len(tasks_of(harness, SERVICE))


def test_a_protected_task_is_shown_with_its_age_and_until_when(harness: EngineHarness) -> None:
    (kept,) = protect_tasks(harness, minutes=10)
    deploy_id = request_until_draining(harness)
    wait_until_alive(harness, deploy_id, 1)
    for _ in range(30):
        harness.tick()

    deploy = harness.get(deploy_id)

    assert (deploy.stop.old_tasks[0].task_id, deploy.stop.old_tasks[0].last_status) == (kept, "RUNNING")
    assert deploy.stop.requested_at is not None
    shown = deploy_card(deploy, (), deploy.stop.requested_at + 65).text
    assert (
        f"• `{kept}` is `RUNNING`, 1 min 05 s after the request to stop: protected from scale-in for "
        in shown
    )
    assert "more, so ECS does not stop it" in shown


def test_taking_long_is_said_once_with_what_comes_of_it(harness: EngineHarness) -> None:
    (kept,) = protect_tasks(harness, minutes=10)
    deploy_id = request_until_draining(harness)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    (message,) = [m for m in deploy.thread_messages if "are slow to stop" in m.text]
    assert message.kind is ThreadMessageKind.PROBLEM
    assert deploy.stop.requested_at is not None
    late = int(message.at - deploy.stop.requested_at)
    assert 105 < late <= 105 + TIMING.watch_seconds, "45 s stopTimeout, and a minute"
    first, task, outlook = message.text.split("\n")
    assert first == (
        f"*Old tasks are slow to stop*: 1 min {late - 60} s after the request, 1 of 2 old tasks have not "
        "stopped."
    )
    assert task.startswith(f"• `{kept}` is RUNNING (protected from scale-in for ")
    since = deploy.stop.requested_at
    assert slack_time(since + 1200)[:10] in outlook
    assert "then I roll back. I never remove a protection or kill a task." in outlook
    assert_strict_order(harness, SERVICE)


def test_a_stop_that_takes_as_long_as_it_should_is_no_trouble(harness: EngineHarness) -> None:
    deploy_id = request_until_draining(harness)

    deploy = harness.until_over(deploy_id)

    assert not deploy.has_notice(Notice.SLOW_OLD_TASKS)
    assert "take long" not in harness.thread_text(deploy_id)
    assert harness.ecs.calls("GetTaskProtection") == [], "ECS asked every task to stop"


def test_a_protection_beyond_the_deadline_is_said(harness: EngineHarness) -> None:
    protect_tasks(harness, minutes=120)
    deploy_id = request_until_draining(harness)
    harness.until(lambda: harness.get(deploy_id).has_notice(Notice.SLOW_OLD_TASKS))

    assert "unless its task removes it, this deploy is rolled back." in harness.thread_text(
        deploy_id, ThreadMessageKind.PROBLEM
    )


def test_cancelled_while_draining_a_protected_task_goes_on_and_the_others_come_back(
    harness: EngineHarness,
) -> None:
    protect_tasks(harness, minutes=120)
    deploy_id = request_until_draining(harness)
    wait_until_alive(harness, deploy_id, 1)
    began = harness.ecs.now()

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.ecs.now() - began < 300, "it does not wait for the protection to end"
    assert (harness.describe_service(SERVICE)["desiredCount"], harness.running_tags(SERVICE)) == (
        2,
        {"1.4.0"},
    )
    assert count_tasks_ever(harness) == 3, "one task was stopped, one started in its place, one went on"
    assert restore_tags(harness, SERVICE) == []


def test_during_the_rollback_tasks_that_go_down_are_waited_for(harness: EngineHarness) -> None:
    """A protected task keeps running; the other one stops, and nothing starts before it has stopped."""
    (kept,) = protect_tasks(harness, minutes=120)
    deploy_id = request_until_draining(harness)
    harness.until(lambda: any(task["lastStatus"] == "STOPPING" for task in tasks_of(harness, SERVICE)))

    harness.cancel(deploy_id)
    harness.until_over(deploy_id)

    tasks = tasks_of(harness, SERVICE)
    down = next(task for task in tasks if task["stoppedAt"] is not None)
    late = max(tasks, key=lambda task: float(task["createdAt"]))
    assert not down["arn"].endswith(kept)
    assert late["createdAt"] >= down["stoppedAt"]


@pytest.mark.parametrize("tasks", [1, 2])
def test_at_the_deadline_the_old_version_comes_back_beside_protected_tasks(
    harness: EngineHarness, tasks: int
) -> None:
    protect_tasks(harness, minutes=120, tasks=tasks)
    deploy_id = request_until_draining(harness, deadline=200)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "old tasks did not stop within 3 min 20 s" in deploy.outcome_reason
    assert "protected from scale-in for" in deploy.outcome_reason
    assert (harness.describe_service(SERVICE)["desiredCount"], harness.running_tags(SERVICE)) == (
        2,
        {"1.4.0"},
    )
    assert count_tasks_ever(harness) == 4 - tasks


def test_protection_that_is_lifted_lets_the_deploy_go_on(harness: EngineHarness) -> None:
    protect_tasks(harness, minutes=120)
    deploy_id = request_until_draining(harness)
    wait_until_alive(harness, deploy_id, 1)
    ecs = harness.ecs.client("ecs")
    arns = ecs.list_tasks(cluster="production", serviceName=SERVICE)["taskArns"]
    ecs.update_task_protection(cluster="production", tasks=arns, protectionEnabled=False)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(harness, SERVICE)


def test_a_protected_task_of_the_new_version_has_to_end_before_the_old_one_starts(
    harness: EngineHarness,
) -> None:
    deploy_id = request_until_draining(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.until(lambda: harness.running_tags(SERVICE) == {"1.4.2"})
    protect_tasks(harness, minutes=5)

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert_strict_order(harness, SERVICE)


def test_without_the_permission_to_ask_it_waits_and_still_comes_back(harness: EngineHarness) -> None:
    (kept,) = protect_tasks(harness, minutes=120)
    harness.ecs.faults.add(operation="GetTaskProtection", kind="access-denied", times=None)
    deploy_id = request_until_draining(harness, deadline=200)
    deploy = wait_until_alive(harness, deploy_id, 1)
    assert f"`{kept}` is `RUNNING`" in deploy_card(deploy, (), harness.ecs.now()).text
    assert "ECS has not asked it to stop yet" in deploy_card(deploy, (), harness.ecs.now()).text

    assert harness.until_over(deploy_id).outcome is Outcome.ROLLED_BACK
    assert count_tasks_ever(harness) == 3


OLD, NEW = (f"arn:aws:ecs:eu-west-1:123456789012:task-definition/ledger:{n}" for n in (1, 2))
TASK_STATUSES = [
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
    "DELETED",
]
"""Every lastStatus of a task (ECS developer guide, "Task lifecycle")."""
LONG_PROTECTION = {"a": TaskProtection(enabled=True, until=NOW + 3600)}


def a_deploy_that_rolls_back(requested_at: float = NOW - 300) -> Deploy:
    return a_deploy(
        a_stop_start_service(),
        phase=Phase.RESTORING,
        stop={"restore_point": a_restore_point(revision=OLD), "requested_at": requested_at},
    )


def must_stop_first(
    task: TaskState, protected: slow_tasks.Protections, *, service_at: str = OLD, asked_before: float = 300
) -> bool:
    """Whether this task has to stop before the old version may start."""
    deploy = a_deploy_that_rolls_back(NOW - asked_before)
    ecs_service = ServiceState("arn", "ledger", "ACTIVE", service_at, 0, 0, 0)
    return bool(slow_tasks.list_blocking_tasks(deploy, ecs_service, [task], protected, NOW))


@pytest.mark.parametrize("desired", ["RUNNING", "STOPPED"])
@pytest.mark.parametrize("status", TASK_STATUSES)
def test_only_a_running_protected_task_of_the_old_version_need_not_stop(status: str, desired: str) -> None:
    task = TaskState("a", status, desired, OLD)

    goes_on = (status, desired) == ("RUNNING", "RUNNING")
    assert must_stop_first(task, LONG_PROTECTION) is (status != "STOPPED" and not goes_on)


@pytest.mark.parametrize(
    ("protected", "asked_before", "expected"),
    [
        (LONG_PROTECTION, 300, False),
        ({"a": TaskProtection(enabled=True)}, 300, False),
        ({"a": TaskProtection(enabled=True, until=NOW + 30)}, 300, True),
        ({"a": TaskProtection(enabled=False)}, 300, True),
        ({}, 300, True),
        (None, 300, False),
        (None, 30, True),
    ],
)
def test_what_protection_means_during_the_rollback(
    protected: slow_tasks.Protections, asked_before: float, expected: bool
) -> None:
    assert (
        must_stop_first(TaskState("a", "RUNNING", "RUNNING", OLD), protected, asked_before=asked_before)
        is expected
    )


def test_another_revision_of_task_or_service_means_that_every_task_is_replaced() -> None:
    assert must_stop_first(TaskState("a", "RUNNING", "RUNNING", NEW), LONG_PROTECTION)
    assert must_stop_first(TaskState("a", "RUNNING", "RUNNING", OLD), LONG_PROTECTION, service_at=NEW)


def test_every_status_on_the_way_down_is_explained() -> None:
    for status in TASK_STATUSES[3:7]:
        assert why_not_stopped(OldTask(task_id="a", last_status=status), 45, NOW) == STATUS_REASONS[
            status
        ].format(timeout=45)
    assert why_not_stopped(OldTask(task_id="a", last_status="STOPPING"), 45, NOW) == (
        "its containers get 45 s to end (stopTimeout)"
    )
    assert why_not_stopped(OldTask(task_id="a", last_status="PENDING"), 45, NOW) == ""


@pytest.mark.parametrize(("status", "seconds"), [("STOPPING", 105), ("RUNNING", 105), ("DEACTIVATING", 405)])
def test_how_long_a_task_should_take(status: str, seconds: float) -> None:
    deploy = a_deploy(a_stop_start_service(), plan=a_plan(stop_timeout=45))

    assert slow_tasks.expected_stop_seconds(deploy, OldTask(task_id="a", last_status=status)) == seconds
