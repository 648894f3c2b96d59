"""A version whose tasks fail one after another is given up, with ECS's circuit breaker or without."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from sandbox.ecs.tasks import ending
from tests.workers.flows.followed import begin_elsewhere, follow
from tests.workers.flows.natives import configure as configure_native
from tests.workers.flows.test_rollout import enum, own
from tests.workers.flows.test_settings_of_services import configure
from tests.workers.yard import Yard
from workers.ecs.failed_tasks import FAILED, HEALTHY_AFTER_SECONDS, failed
from workers.ecs.seen import ContainerSeen, TaskSeen
from workers.flows.crash_loop import BREAKER_SECONDS, Failures, in_a_row, left_to_the_breaker

NOW = 1_790_000_000.0
LONG = HEALTHY_AFTER_SECONDS


def a_task(
    number: int = 0,
    born: float = 100.0,
    ran: float | None = None,
    code: str = "",
    reason: str = "",
    health: str = "",
    checked: bool | None = None,
) -> TaskSeen:
    """A task that was created `born` seconds ago and ran for `ran` seconds: until now, or, with a stop code,
    until it stopped."""
    started = NOW - born + 10 if ran is not None else None
    stopped = NOW - born + 10 + (ran or 0.0) if code else None
    return TaskSeen(
        arn=f"task/{number}",
        last_status="STOPPED" if code else "RUNNING",
        desired_status="STOPPED" if code else "RUNNING",
        revision="web:18",
        stop_code=code,
        stopped_reason=reason,
        created_at=NOW - born,
        started_at=started,
        stopping_at=stopped,
        stopped_at=stopped,
        containers=(ContainerSeen("web", health=health, checked=checked, essential=True),),
    )


def crashed(number: int, born: float, ran: float | None = 3.0, **more: Any) -> TaskSeen:
    return a_task(number, born, ran, "EssentialContainerExited", "Essential container in task exited", **more)


ELB = "Task failed ELB health checks in (target-group arn:x)"
CHECKS = "Task failed container health checks"


def test_every_stop_code_says_whether_the_version_is_to_blame() -> None:
    assert set(FAILED) == enum("TaskStopCode")


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("EssentialContainerExited", "Essential container in task exited", True),
        ("TaskFailedToStart", "CannotPullContainerError: not found", True),
        ("TaskFailedToStart", "ResourceInitializationError: unable to pull secrets or registry auth", True),
        ("TaskFailedToStart", "Task failed to start", True),
        ("TaskFailedToStart", "Capacity is unavailable at this time.", False),
        ("TaskFailedToStart", "RESOURCE:MEMORY", False),
        ("ServiceSchedulerInitiated", ELB, True),
        ("ServiceSchedulerInitiated", CHECKS, True),
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", False),
        ("ServiceSchedulerInitiated", "Amazon ECS is performing maintenance on the underlying infra", False),
        ("EssentialContainerExited", "Host EC2 (instance i-1) terminated.", False),
        ("UserInitiated", "Task stopped by user", False),
        ("UserInitiated", ELB, False),
        ("SpotInterruption", "Your Spot Task was interrupted.", False),
        ("TerminationNotice", "Host EC2 (instance i-1) terminated.", False),
        ("InfrastructureHealth", "impaired", False),
        ("", "", False),
        ("SomethingNew", "Essential container in task exited", False),
    ],
)
def test_only_a_task_that_stopped_by_itself_counts(code: str, reason: str, expected: bool) -> None:
    assert failed(a_task(code=code, reason=reason, ran=1.0)) is expected


@pytest.mark.parametrize(
    ("tasks", "failures", "holding"),
    [
        ((), 0, 0),
        ((crashed(1, 90), crashed(2, 60), crashed(3, 30)), 3, 0),
        # a younger task, which may fail as well
        ((crashed(1, 90), crashed(2, 60), crashed(3, 30), a_task(4, 5)), 3, 0),
        # one that has outlived them
        ((crashed(1, 90), crashed(2, 60), crashed(3, 30), a_task(4, 95, 85.0)), 3, 1),
        # one that stayed healthy after them, and one that did before
        ((crashed(1, 400), crashed(2, 390), crashed(3, 380), a_task(4, 300, 290.0)), 0, 1),
        ((a_task(4, 300, 290.0), crashed(1, 90), crashed(2, 60), crashed(3, 30)), 3, 1),
        # one that ran long enough and crashed: the count begins again with it
        ((crashed(1, 400), crashed(2, 390), crashed(3, 300, LONG + 1)), 1, 0),
        ((crashed(1, 400), crashed(2, 390), crashed(3, 300, LONG - 1)), 3, 0),
        # one that failed its health checks did not stay healthy, however late ECS gave it up
        ((crashed(1, 900), crashed(2, 890), a_task(3, 800, 500.0, "ServiceSchedulerInitiated", ELB)), 3, 0),
        # running, and not healthy (yet)
        ((crashed(1, 400), a_task(2, 300, 290.0, health="UNHEALTHY")), 1, 1),
        ((crashed(1, 400), a_task(2, 300, 290.0, health="UNKNOWN", checked=True)), 1, 1),
        ((crashed(1, 400), a_task(2, 300, 290.0, health="UNKNOWN", checked=False)), 0, 1),
        ((crashed(1, 400), a_task(2, 300, 290.0, health="HEALTHY", checked=True)), 0, 1),
        # somebody's StopTask is no failure
        ((crashed(1, 90), a_task(2, 60, 1.0, "UserInitiated"), crashed(3, 30)), 2, 0),
    ],
)
def test_failures_in_a_row_without_a_task_that_stayed_healthy(
    tasks: tuple[TaskSeen, ...], failures: int, holding: int
) -> None:
    found = in_a_row(tasks, NOW)

    assert (len(found.times), found.holding) == (failures, holding)


def test_the_grace_period_comes_on_top() -> None:
    tasks = (crashed(1, 500), a_task(2, 300, 290.0))

    assert len(in_a_row(tasks, NOW, 100.0).times) == 0
    assert len(in_a_row(tasks, NOW, 200.0).times) == 1


@pytest.mark.parametrize(
    ("failures", "holding", "limit", "expected"),
    [
        (2, 0, 3, False),
        (3, 0, 3, True),
        (3, 2, 3, True),
        (3, 3, 3, False),
        (3, 47, 3, False),
        (48, 47, 3, True),
        (1, 0, 1, True),
        (1, 1, 1, False),
        (100, 0, 0, False),
    ],
)
def test_a_few_that_fail_beside_many_that_run_are_no_reason(
    failures: int, holding: int, limit: int, expected: bool
) -> None:
    assert Failures((NOW,) * failures, holding).enough(limit) is expected


@pytest.mark.parametrize(
    ("status", "threshold", "ago", "expected"),
    [
        ("MONITORING", 3, 1.0, True),
        ("MONITORING", 3, BREAKER_SECONDS + 1, False),
        ("MONITORING", 4, 1.0, False),  # it takes more than have failed
        ("MONITORING", 2, 1.0, True),
        ("DISABLED", 3, 1.0, False),
        ("MONITORING_COMPLETE", 3, 1.0, False),
    ],
)
def test_a_breaker_that_is_about_to_act_is_left_to_it(
    status: str, threshold: int, ago: float, expected: bool
) -> None:
    found = Failures((NOW - 60, NOW - 50, NOW - ago))
    seen = replace(own("IN_PROGRESS"), breaker_status=status, breaker_threshold=threshold)

    assert left_to_the_breaker(found, 3, seen, NOW) is expected
    assert not left_to_the_breaker(found, 3, None, NOW)


def without_breaker(yard: Yard, service: str) -> None:
    configure(yard, service, enable=False, rollback=False)


def run(yard: Yard, service: str, tag: str, **changes: Any) -> Deploy:
    return yard.until_over(yard.ask(service, tag, approvals=0, **changes))


GIVEN_UP = (
    "Rolling back to `web:17`: 3 tasks of `web:18` failed in a row, without one in between that stayed "
    "healthy for 2 min 00 s (`give_up_after: 3`).\n"
    "• 3 tasks: container `web` exited with code 1. Its last log lines say why.\n"
    "• tasks fail again and again, so ECS waits longer and longer before it starts the next. What they stop "
    "for has to be mended first.\n"
    "Last lines of `web`:\n"
    "```INFO web 1.5.0-crash starting\n"
    "INFO listening on port 8080\n"
    "ERROR configuration: DATABASE_URL names a host that does not resolve: db.internal\n"
    "FATAL giving up, exit status 1```"
)


def test_without_a_breaker_three_failures_in_a_row_are_enough_and_the_cause_is_told(yard: Yard) -> None:
    without_breaker(yard, "web")
    began = yard.ecs.now()

    deploy = run(yard, "web", "1.5.0-crash")

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.images_running("web") == {"1.4.0"}
    assert yard.said(deploy.id, MilestoneKind.TROUBLE) == GIVEN_UP
    assert deploy.reason == (
        "3 tasks of `web:18` failed in a row, without one in between that stayed healthy for 2 min 00 s "
        "(`give_up_after: 3`)."
    )
    assert "• 3 tasks: container `web` exited with code 1." in yard.said(deploy.id, MilestoneKind.END)
    assert yard.ecs.now() - began < 300


@pytest.mark.parametrize("tag", ["1.5.0-crash", "1.5.0-unhealthy"])
@pytest.mark.parametrize("service", ["web", "ledger", "billing", "shop"])
def test_for_every_strategy_and_way_to_fail(yard: Yard, service: str, tag: str) -> None:
    if service == "shop":
        configure_native(yard, service)
    without_breaker(yard, service)
    count = yard.service(service)["desiredCount"]

    deploy = run(yard, service, tag)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "failed in a row, without one in between that stayed healthy" in deploy.reason
    assert yard.images_running(service) == {"1.4.0"}
    assert yard.service(service)["desiredCount"] == yard.service(service)["runningCount"] == count


def test_a_rollout_that_is_only_followed_is_told_of_and_never_changed(yard: Yard) -> None:
    without_breaker(yard, "web")
    begin_elsewhere(yard, "1.5.0-crash")
    deploy_id = follow(yard, deadline=300)
    before = len(yard.ecs.calls("UpdateService"))

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.EXPIRED
    assert "container `web` exited with code 1" in yard.said(deploy_id, MilestoneKind.TROUBLE)
    assert len(yard.ecs.calls("UpdateService")) == before
    assert yard.ecs.calls("StopServiceDeployment") == []


def test_zero_means_that_the_deadline_decides(yard: Yard) -> None:
    without_breaker(yard, "web")

    deploy = run(yard, "web", "1.5.0-crash", give_up_after=0, deadline=240)

    assert deploy.reason == "the rollout did not finish within its deadline of 4 min 00 s."


def test_as_many_as_services_yml_says(yard: Yard) -> None:
    without_breaker(yard, "ledger")

    deploy = run(yard, "ledger", "1.5.0-crash", give_up_after=5)

    assert deploy.reason.startswith("5 tasks of `ledger:9` failed in a row")


def test_where_the_breaker_acts_it_is_left_to_it(yard: Yard) -> None:
    deploy = run(yard, "web", "1.5.0-crash")

    assert deploy.reason.startswith("ECS gave up on the new revision and rolls back by itself")
    assert yard.ecs.calls("StopServiceDeployment") == []


def test_a_breaker_that_takes_more_failures_is_not_waited_for(yard: Yard) -> None:
    configure(
        yard, "ledger", enable=True, rollback=True, thresholdConfiguration={"type": "COUNT", "value": 50}
    )

    deploy = run(yard, "ledger", "1.5.0-crash")

    assert "failed in a row, without one in between that stayed healthy" in deploy.reason


def crash(yard: Yard, deployment_id: str | None, count: int) -> int:
    """So many running tasks of the new version exit; how many did."""
    with yard.ecs.region.moment() as region:
        ours = [t for t in region.tables.tasks.values() if t.deployment == deployment_id and t.live]
        running = [t.arn for t in ours if t.last_status == "RUNNING"][:count]
        for arn in running:
            ending.exit_by_itself(region, arn, "web", 1)
    return len(running)


def test_tasks_that_crash_once_and_then_run_are_no_reason(yard: Yard) -> None:
    without_breaker(yard, "web")
    deploy_id = yard.ask("web", "1.4.2")
    ours = yard.until_phase(deploy_id, Phase.FOLLOWING).deployment_id
    yard.until(lambda: crash(yard, ours, 1))

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "1 task: container `web` exited with code 1." in yard.said(deploy_id, MilestoneKind.TROUBLE)


def test_a_crash_that_ecs_does_not_count_is_seen_by_the_tasks_that_it_starts(yard: Yard) -> None:
    """ECS's count of failed tasks stops at the first that ran; that it starts more of them is left."""
    without_breaker(yard, "ledger")
    deploy_id = yard.ask("ledger", "1.5.0-crash", approvals=0)
    yard.until_phase(deploy_id, Phase.FOLLOWING)

    while (deploy := yard.get(deploy_id)).phase is Phase.FOLLOWING:
        with yard.ecs.region.moment() as region:
            for each in list(region.tables.deployments.values()):
                region.update_deployment(each.id, failed_tasks=0, retry_at=0.0)
        yard.tick()

    assert "3 tasks of `ledger:9` failed in a row" in deploy.reason


def test_a_good_rollout_asks_for_no_stopped_tasks_before_it_serves(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    before = len(yard.ecs.calls("ListTasks"))

    yard.until(lambda: yard.get(deploy_id).serving_at)

    assert len(yard.ecs.calls("ListTasks")) - before <= 2  # the count of old tasks once it serves


def test_where_tasks_cannot_be_read_the_deadline_decides(yard: Yard) -> None:
    without_breaker(yard, "web")
    yard.ecs.faults.add(operation="ListTasks", kind="access-denied", times=None)

    deploy = run(yard, "web", "1.5.0-crash", deadline=240)

    assert deploy.reason == "the rollout did not finish within its deadline of 4 min 00 s."
