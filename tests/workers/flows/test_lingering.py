"""Old tasks that do not stop: shown with what holds them, waited for, and never killed."""

from __future__ import annotations

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, TaskAlive
from tests.builders import NOW, a_deploy, a_plan, a_stop_start_service, an_original
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags, tasks_of
from tests.workers.yard import PACE, Yard
from workers.ecs.protection import Protection
from workers.ecs.seen import ServiceSeen, TaskSeen
from workers.flows import lingering
from workers.flows.words.lingering import HELD_BY, why
from workers.flows.words.measures import when
from workers.thread.card import card

SERVICE = "billing"


def protect(yard: Yard, minutes: int, tasks: int = 1) -> list[str]:
    """Protects so many tasks of billing; their ids."""
    ecs = yard.ecs.client("ecs")
    arns = ecs.list_tasks(cluster="production", serviceName=SERVICE)["taskArns"][:tasks]
    ecs.update_task_protection(
        cluster="production", tasks=arns, protectionEnabled=True, expiresInMinutes=minutes
    )
    return [arn.rsplit("/", 1)[-1] for arn in arns]


def draining(yard: Yard, **changes: int) -> str:
    """A deploy of billing that waits for its old tasks."""
    deploy_id = yard.ask(SERVICE, "1.4.2", **changes)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.DRAINING)
    return deploy_id


def all_but(yard: Yard, deploy_id: str, alive: int) -> Deploy:
    """Until so many old tasks are left."""
    yard.until(lambda: len(yard.get(deploy_id).alive) == alive)
    return yard.get(deploy_id)


def born(yard: Yard) -> int:
    """How many tasks the service ever had."""
    return len(tasks_of(yard, SERVICE))


def test_a_protected_task_is_shown_with_its_age_and_until_when(yard: Yard) -> None:
    (kept,) = protect(yard, minutes=10)
    deploy_id = draining(yard)
    all_but(yard, deploy_id, 1)
    for _ in range(30):
        yard.tick()

    deploy = yard.get(deploy_id)

    assert (deploy.alive[0].task_id, deploy.alive[0].last_status) == (kept, "RUNNING")
    assert deploy.stop_requested_at is not None
    shown = card(deploy, (), deploy.stop_requested_at + 65).text
    assert (
        f"• `{kept}` is `RUNNING`, 1 min 05 s after the request to stop: protected from scale-in for "
        in shown
    )
    assert "more, so ECS does not stop it" in shown


def test_taking_long_is_said_once_with_what_comes_of_it(yard: Yard) -> None:
    (kept,) = protect(yard, minutes=10)
    deploy_id = draining(yard)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    (told,) = [m for m in deploy.milestones if "take long to stop" in m.text]
    assert told.kind is MilestoneKind.TROUBLE
    assert deploy.stop_requested_at is not None
    late = int(told.at - deploy.stop_requested_at)
    assert 105 < late <= 105 + PACE.watch_seconds, "45 s stopTimeout, and a minute"
    first, task, outlook = told.text.split("\n")
    assert first == (
        f"*Old tasks take long to stop*: 1 min {late - 60} s after the request, "
        "1 of 2 old tasks have not stopped."
    )
    assert task.startswith(f"• `{kept}` is RUNNING (protected from scale-in for ")
    since = deploy.stop_requested_at
    assert when(since + 1200)[:10] in outlook
    assert "then I bring the old version back. I never take a protection off or kill a task." in outlook
    assert_strict_order(yard, SERVICE)


def test_a_stop_that_takes_as_long_as_it_should_is_no_trouble(yard: Yard) -> None:
    deploy_id = draining(yard)

    deploy = yard.until_over(deploy_id)

    assert deploy.lingering_told_at is None
    assert "take long" not in yard.said(deploy_id)
    assert yard.ecs.calls("GetTaskProtection") == [], "ECS asked every task to stop"


def test_a_protection_beyond_the_deadline_is_said(yard: Yard) -> None:
    protect(yard, minutes=120)
    deploy_id = draining(yard)
    yard.until(lambda: yard.get(deploy_id).lingering_told_at)

    assert "unless its task lifts it, this deploy goes back." in yard.said(deploy_id, MilestoneKind.TROUBLE)


def test_cancelled_while_draining_a_protected_task_goes_on_and_the_others_come_back(yard: Yard) -> None:
    protect(yard, minutes=120)
    deploy_id = draining(yard)
    all_but(yard, deploy_id, 1)
    began = yard.ecs.now()

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.ecs.now() - began < 300, "it does not wait for the protection to end"
    assert (yard.service(SERVICE)["desiredCount"], yard.images_running(SERVICE)) == (2, {"1.4.0"})
    assert born(yard) == 3, "one task was stopped, one started in its place, one went on"
    assert restore_tags(yard, SERVICE) == []


def test_on_the_way_back_tasks_that_go_down_are_waited_for(yard: Yard) -> None:
    """A protected task goes on; the other is on its way down, and nothing starts before it has stopped."""
    (kept,) = protect(yard, minutes=120)
    deploy_id = draining(yard)
    yard.until(lambda: any(task["lastStatus"] == "STOPPING" for task in tasks_of(yard, SERVICE)))

    yard.cancel(deploy_id)
    yard.until_over(deploy_id)

    tasks = tasks_of(yard, SERVICE)
    down = next(task for task in tasks if task["stoppedAt"] is not None)
    late = max(tasks, key=lambda task: float(task["createdAt"]))
    assert not down["arn"].endswith(kept)
    assert late["createdAt"] >= down["stoppedAt"]


@pytest.mark.parametrize("tasks", [1, 2])
def test_at_the_deadline_the_old_version_comes_back_beside_protected_tasks(yard: Yard, tasks: int) -> None:
    protect(yard, minutes=120, tasks=tasks)
    deploy_id = draining(yard, deadline=200)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "old tasks did not stop within 3 min 20 s" in deploy.reason
    assert "protected from scale-in for" in deploy.reason
    assert (yard.service(SERVICE)["desiredCount"], yard.images_running(SERVICE)) == (2, {"1.4.0"})
    assert born(yard) == 4 - tasks


def test_protection_that_is_lifted_lets_the_deploy_go_on(yard: Yard) -> None:
    protect(yard, minutes=120)
    deploy_id = draining(yard)
    all_but(yard, deploy_id, 1)
    ecs = yard.ecs.client("ecs")
    arns = ecs.list_tasks(cluster="production", serviceName=SERVICE)["taskArns"]
    ecs.update_task_protection(cluster="production", tasks=arns, protectionEnabled=False)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(yard, SERVICE)


def test_a_protected_task_of_the_new_version_has_to_end_before_the_old_one_starts(yard: Yard) -> None:
    deploy_id = draining(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.until(lambda: yard.images_running(SERVICE) == {"1.4.2"})
    protect(yard, minutes=5)

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert_strict_order(yard, SERVICE)


def test_without_the_permission_to_ask_it_waits_and_still_comes_back(yard: Yard) -> None:
    (kept,) = protect(yard, minutes=120)
    yard.ecs.faults.add(operation="GetTaskProtection", kind="access-denied", times=None)
    deploy_id = draining(yard, deadline=200)
    deploy = all_but(yard, deploy_id, 1)
    assert f"`{kept}` is `RUNNING`" in card(deploy, (), yard.ecs.now()).text
    assert "ECS has not asked it to stop yet" in card(deploy, (), yard.ecs.now()).text

    assert yard.until_over(deploy_id).outcome is Outcome.ROLLED_BACK
    assert born(yard) == 3


OLD, NEW = (f"arn:aws:ecs:eu-west-1:123456789012:task-definition/ledger:{n}" for n in (1, 2))
STATUSES = [
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
LONG = {"a": Protection(enabled=True, until=NOW + 3600)}


def stopping(deploy_changes: dict[str, float] | None = None) -> Deploy:
    return a_deploy(
        a_stop_start_service(),
        phase=Phase.RESTORING,
        original=an_original(revision=OLD),
        **{"stop_requested_at": NOW - 300, **(deploy_changes or {})},
    )


def blocks(
    task: TaskSeen, protected: lingering.Protections, *, service_at: str = OLD, asked_before: float = 300
) -> bool:
    """Whether this task has to stop before the old version may start."""
    deploy = stopping({"stop_requested_at": NOW - asked_before})
    seen = ServiceSeen("arn", "ledger", "ACTIVE", service_at, 0, 0, 0)
    return bool(lingering.in_the_way(deploy, seen, [task], protected, NOW))


@pytest.mark.parametrize("desired", ["RUNNING", "STOPPED"])
@pytest.mark.parametrize("status", STATUSES)
def test_only_a_running_protected_task_of_the_old_version_need_not_stop(status: str, desired: str) -> None:
    task = TaskSeen("a", status, desired, OLD)

    goes_on = (status, desired) == ("RUNNING", "RUNNING")
    assert blocks(task, LONG) is (status != "STOPPED" and not goes_on)


@pytest.mark.parametrize(
    ("protected", "asked_before", "expected"),
    [
        (LONG, 300, False),
        ({"a": Protection(enabled=True)}, 300, False),
        ({"a": Protection(enabled=True, until=NOW + 30)}, 300, True),
        ({"a": Protection(enabled=False)}, 300, True),
        ({}, 300, True),
        (None, 300, False),
        (None, 30, True),
    ],
)
def test_what_protection_means_on_the_way_back(
    protected: lingering.Protections, asked_before: float, expected: bool
) -> None:
    assert blocks(TaskSeen("a", "RUNNING", "RUNNING", OLD), protected, asked_before=asked_before) is expected


def test_another_revision_of_task_or_service_means_that_every_task_is_replaced() -> None:
    assert blocks(TaskSeen("a", "RUNNING", "RUNNING", NEW), LONG)
    assert blocks(TaskSeen("a", "RUNNING", "RUNNING", OLD), LONG, service_at=NEW)


def test_every_status_on_the_way_down_is_explained() -> None:
    for status in STATUSES[3:7]:
        assert why(TaskAlive(task_id="a", last_status=status), 45, NOW) == HELD_BY[status].format(timeout=45)
    assert why(TaskAlive(task_id="a", last_status="STOPPING"), 45, NOW) == (
        "its containers get 45 s to end (stopTimeout)"
    )
    assert why(TaskAlive(task_id="a", last_status="PENDING"), 45, NOW) == ""


@pytest.mark.parametrize(("status", "seconds"), [("STOPPING", 105), ("RUNNING", 105), ("DEACTIVATING", 405)])
def test_how_long_a_task_should_take(status: str, seconds: float) -> None:
    deploy = a_deploy(a_stop_start_service(), plan=a_plan(stop_timeout=45))

    assert lingering.expected_seconds(deploy, TaskAlive(task_id="a", last_status=status)) == seconds
