"""A version whose tasks keep failing is rolled back, with or without ECS's circuit breaker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from sandbox.ecs.tasks import task_shutdown
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.console_actions import configure_breaker
from tests.workers.flows.ecs_state_builders import a_service_deployment, ecs_enum_values
from tests.workers.flows.external_rollouts import request_follow, start_external_rollout
from tests.workers.flows.native_deployments import configure_native_service as configure_native
from workers.ecs.reasons.failed_tasks import FAILED_BY_STOP_CODE, HEALTHY_AFTER_SECONDS, counts_as_failed
from workers.ecs.state import ContainerState, TaskState
from workers.flows.observe.crash_loop import (
    BREAKER_GRACE_SECONDS,
    TaskFailures,
    consecutive_failures,
    will_breaker_act,
)

NOW = 1_790_000_000.0
HEALTHY_SECONDS = HEALTHY_AFTER_SECONDS


def a_task(
    number: int = 0,
    created_ago: float = 100.0,
    ran_for: float | None = None,
    code: str = "",
    reason: str = "",
    health: str = "",
    checked: bool | None = None,
) -> TaskState:
    """A task that was created `born` seconds ago and ran for `ran` seconds: until now, or, with a stop code,
    until it stopped."""
    started = NOW - created_ago + 10 if ran_for is not None else None
    stopped = NOW - created_ago + 10 + (ran_for or 0.0) if code else None
    return TaskState(
        arn=f"task/{number}",
        last_status="STOPPED" if code else "RUNNING",
        desired_status="STOPPED" if code else "RUNNING",
        revision="web:18",
        stop_code=code,
        stopped_reason=reason,
        created_at=NOW - created_ago,
        started_at=started,
        stopping_at=stopped,
        stopped_at=stopped,
        containers=(ContainerState("web", health=health, has_health_check=checked, essential=True),),
    )


def a_crashed_task(number: int, created_ago: float, ran_for: float | None = 3.0, **more: Any) -> TaskState:
    return a_task(
        number, created_ago, ran_for, "EssentialContainerExited", "Essential container in task exited", **more
    )


ELB_CHECK_FAILED = "Task failed ELB health checks in (target-group arn:x)"
CONTAINER_CHECK_FAILED = "Task failed container health checks"


def test_every_stop_code_says_whether_the_version_is_to_blame() -> None:
    assert set(FAILED_BY_STOP_CODE) == ecs_enum_values("TaskStopCode")


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("EssentialContainerExited", "Essential container in task exited", True),
        ("TaskFailedToStart", "CannotPullContainerError: not found", True),
        ("TaskFailedToStart", "ResourceInitializationError: unable to pull secrets or registry auth", True),
        ("TaskFailedToStart", "Task failed to start", True),
        ("TaskFailedToStart", "Capacity is unavailable at this time.", False),
        ("TaskFailedToStart", "RESOURCE:MEMORY", False),
        ("ServiceSchedulerInitiated", ELB_CHECK_FAILED, True),
        ("ServiceSchedulerInitiated", CONTAINER_CHECK_FAILED, True),
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", False),
        ("ServiceSchedulerInitiated", "Amazon ECS is performing maintenance on the underlying infra", False),
        ("EssentialContainerExited", "Host EC2 (instance i-1) terminated.", False),
        ("UserInitiated", "Task stopped by user", False),
        ("UserInitiated", ELB_CHECK_FAILED, False),
        ("SpotInterruption", "Your Spot Task was interrupted.", False),
        ("TerminationNotice", "Host EC2 (instance i-1) terminated.", False),
        ("InfrastructureHealth", "impaired", False),
        ("", "", False),
        ("SomethingNew", "Essential container in task exited", False),
    ],
)
def test_only_a_task_that_stopped_by_itself_counts(code: str, reason: str, expected: bool) -> None:
    assert counts_as_failed(a_task(code=code, reason=reason, ran_for=1.0)) is expected


@pytest.mark.parametrize(
    ("tasks", "failures", "holding"),
    [
        ((), 0, 0),
        ((a_crashed_task(1, 90), a_crashed_task(2, 60), a_crashed_task(3, 30)), 3, 0),
        # a younger task, which may fail as well
        ((a_crashed_task(1, 90), a_crashed_task(2, 60), a_crashed_task(3, 30), a_task(4, 5)), 3, 0),
        # one that has outlived them
        ((a_crashed_task(1, 90), a_crashed_task(2, 60), a_crashed_task(3, 30), a_task(4, 95, 85.0)), 3, 1),
        # one that stayed healthy after them, and one that did before
        (
            (a_crashed_task(1, 400), a_crashed_task(2, 390), a_crashed_task(3, 380), a_task(4, 300, 290.0)),
            0,
            1,
        ),
        ((a_task(4, 300, 290.0), a_crashed_task(1, 90), a_crashed_task(2, 60), a_crashed_task(3, 30)), 3, 1),
        # one that ran long enough and crashed: the count begins again with it
        ((a_crashed_task(1, 400), a_crashed_task(2, 390), a_crashed_task(3, 300, HEALTHY_SECONDS + 1)), 1, 0),
        ((a_crashed_task(1, 400), a_crashed_task(2, 390), a_crashed_task(3, 300, HEALTHY_SECONDS - 1)), 3, 0),
        # one that failed its health checks did not stay healthy, however late ECS gave it up
        (
            (
                a_crashed_task(1, 900),
                a_crashed_task(2, 890),
                a_task(3, 800, 500.0, "ServiceSchedulerInitiated", ELB_CHECK_FAILED),
            ),
            3,
            0,
        ),
        # running, and not healthy (yet)
        ((a_crashed_task(1, 400), a_task(2, 300, 290.0, health="UNHEALTHY")), 1, 1),
        ((a_crashed_task(1, 400), a_task(2, 300, 290.0, health="UNKNOWN", checked=True)), 1, 1),
        ((a_crashed_task(1, 400), a_task(2, 300, 290.0, health="UNKNOWN", checked=False)), 0, 1),
        ((a_crashed_task(1, 400), a_task(2, 300, 290.0, health="HEALTHY", checked=True)), 0, 1),
        # somebody's StopTask is no failure
        ((a_crashed_task(1, 90), a_task(2, 60, 1.0, "UserInitiated"), a_crashed_task(3, 30)), 2, 0),
    ],
)
def test_failures_in_a_row_without_a_task_that_stayed_healthy(
    tasks: tuple[TaskState, ...], failures: int, holding: int
) -> None:
    found = consecutive_failures(tasks, NOW)

    assert (len(found.stopped_at), found.healthy) == (failures, holding)


def test_the_grace_period_comes_on_top() -> None:
    tasks = (a_crashed_task(1, 500), a_task(2, 300, 290.0))

    assert len(consecutive_failures(tasks, NOW, 100.0).stopped_at) == 0
    assert len(consecutive_failures(tasks, NOW, 200.0).stopped_at) == 1


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
    assert TaskFailures((NOW,) * failures, holding).reach(limit) is expected


@pytest.mark.parametrize(
    ("status", "threshold", "ago", "expected"),
    [
        ("MONITORING", 3, 1.0, True),
        ("MONITORING", 3, BREAKER_GRACE_SECONDS + 1, False),
        ("MONITORING", 4, 1.0, False),  # it takes more than have failed
        ("MONITORING", 2, 1.0, True),
        ("DISABLED", 3, 1.0, False),
        ("MONITORING_COMPLETE", 3, 1.0, False),
    ],
)
def test_a_breaker_that_is_about_to_act_is_left_to_it(
    status: str, threshold: int, ago: float, expected: bool
) -> None:
    found = TaskFailures((NOW - 60, NOW - 50, NOW - ago))
    service_deployment = replace(
        a_service_deployment("IN_PROGRESS"), breaker_status=status, breaker_threshold=threshold
    )

    assert will_breaker_act(found, 3, service_deployment, NOW) is expected
    assert not will_breaker_act(found, 3, None, NOW)


def disable_breaker(harness: EngineHarness, service: str) -> None:
    configure_breaker(harness, service, enable=False, rollback=False)


def run_deploy(harness: EngineHarness, service: str, tag: str, **changes: Any) -> Deploy:
    return harness.until_over(harness.request_deploy(service, tag, approvals=0, **changes))


GIVEN_UP = (
    "Rolling back to `web:17`: 3 tasks of `web:18` failed in a row, without one in between that stayed "
    "healthy for 2 min 00 s (`give_up_after: 3`).\n"
    "• 3 tasks: container `web` exited with code 1. Its last log lines say why.\n"
    "• tasks fail again and again, so ECS waits longer each time before it starts the next. Fix what stops "
    "them first.\n"
    "Last lines of `web`:\n"
    "```INFO web 1.5.0-crash starting\n"
    "INFO listening on port 8080\n"
    "ERROR configuration: DATABASE_URL names a host that does not resolve: db.internal\n"
    "FATAL giving up, exit status 1```"
)


def test_without_a_breaker_three_failures_in_a_row_are_enough_and_the_cause_is_told(
    harness: EngineHarness,
) -> None:
    disable_breaker(harness, "web")
    began = harness.ecs.now()

    deploy = run_deploy(harness, "web", "1.5.0-crash")

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.running_tags("web") == {"1.4.0"}
    assert harness.thread_text(deploy.id, ThreadMessageKind.PROBLEM) == GIVEN_UP
    assert deploy.outcome_reason == (
        "3 tasks of `web:18` failed in a row, without one in between that stayed healthy for 2 min 00 s "
        "(`give_up_after: 3`)."
    )
    assert "• 3 tasks: container `web` exited with code 1." in harness.thread_text(
        deploy.id, ThreadMessageKind.END
    )
    assert harness.ecs.now() - began < 300


@pytest.mark.parametrize("tag", ["1.5.0-crash", "1.5.0-unhealthy"])
@pytest.mark.parametrize("service", ["web", "ledger", "billing", "shop"])
def test_for_every_strategy_and_way_to_fail(harness: EngineHarness, service: str, tag: str) -> None:
    if service == "shop":
        configure_native(harness, service)
    disable_breaker(harness, service)
    count = harness.describe_service(service)["desiredCount"]

    deploy = run_deploy(harness, service, tag)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "failed in a row, without one in between that stayed healthy" in deploy.outcome_reason
    assert harness.running_tags(service) == {"1.4.0"}
    assert (
        harness.describe_service(service)["desiredCount"]
        == harness.describe_service(service)["runningCount"]
        == count
    )


def test_a_rollout_that_is_only_followed_is_told_of_and_never_changed(harness: EngineHarness) -> None:
    disable_breaker(harness, "web")
    start_external_rollout(harness, "1.5.0-crash")
    deploy_id = request_follow(harness, deadline=300)
    before = len(harness.ecs.calls("UpdateService"))

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.EXPIRED
    assert "container `web` exited with code 1" in harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)
    assert len(harness.ecs.calls("UpdateService")) == before
    assert harness.ecs.calls("StopServiceDeployment") == []


def test_zero_means_that_the_deadline_decides(harness: EngineHarness) -> None:
    disable_breaker(harness, "web")

    deploy = run_deploy(harness, "web", "1.5.0-crash", give_up_after=0, deadline=240)

    assert deploy.outcome_reason == "the rollout did not finish within its deadline of 4 min 00 s."


def test_as_many_as_services_yml_says(harness: EngineHarness) -> None:
    disable_breaker(harness, "ledger")

    deploy = run_deploy(harness, "ledger", "1.5.0-crash", give_up_after=5)

    assert deploy.outcome_reason.startswith("5 tasks of `ledger:9` failed in a row")


def test_where_the_breaker_acts_it_is_left_to_it(harness: EngineHarness) -> None:
    deploy = run_deploy(harness, "web", "1.5.0-crash")

    assert deploy.outcome_reason.startswith("ECS gave up on the new revision and rolls back by itself")
    assert harness.ecs.calls("StopServiceDeployment") == []


def test_a_breaker_that_takes_more_failures_is_not_waited_for(harness: EngineHarness) -> None:
    configure_breaker(
        harness, "ledger", enable=True, rollback=True, thresholdConfiguration={"type": "COUNT", "value": 50}
    )

    deploy = run_deploy(harness, "ledger", "1.5.0-crash")

    assert "failed in a row, without one in between that stayed healthy" in deploy.outcome_reason


def crash_running_tasks(harness: EngineHarness, deployment_id: str | None, count: int) -> int:
    """Makes up to `count` running tasks of the new version exit; returns how many did."""
    with harness.ecs.region.hold_time() as region:
        ours = [t for t in region.tables.tasks.values() if t.deployment == deployment_id and t.is_wanted]
        running = [t.arn for t in ours if t.last_status == "RUNNING"][:count]
        for arn in running:
            task_shutdown.stop_exited(region, arn, "web", 1)
    return len(running)


def test_tasks_that_crash_once_and_then_run_are_no_reason(harness: EngineHarness) -> None:
    disable_breaker(harness, "web")
    deploy_id = harness.request_deploy("web", "1.4.2")
    ours = harness.until_phase(deploy_id, Phase.FOLLOWING).ecs.deployment_id
    harness.until(lambda: crash_running_tasks(harness, ours, 1))

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "1 task: container `web` exited with code 1." in harness.thread_text(
        deploy_id, ThreadMessageKind.PROBLEM
    )


def test_a_crash_that_ecs_does_not_count_is_seen_by_the_tasks_that_it_starts(harness: EngineHarness) -> None:
    """ECS stops counting failed tasks once one has run. Only the tasks that it starts show the crash loop."""
    disable_breaker(harness, "ledger")
    deploy_id = harness.request_deploy("ledger", "1.5.0-crash", approvals=0)
    harness.until_phase(deploy_id, Phase.FOLLOWING)

    while (deploy := harness.get(deploy_id)).phase is Phase.FOLLOWING:
        with harness.ecs.region.hold_time() as region:
            for each in list(region.tables.deployments.values()):
                region.update_deployment(each.id, failed_tasks=0, retry_at=0.0)
        harness.tick()

    assert "3 tasks of `ledger:9` failed in a row" in deploy.outcome_reason


def test_a_good_rollout_asks_for_no_stopped_tasks_before_it_serves(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    before = len(harness.ecs.calls("ListTasks"))

    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)

    assert len(harness.ecs.calls("ListTasks")) - before <= 2  # the count of old tasks once it serves


def test_where_tasks_cannot_be_read_the_deadline_decides(harness: EngineHarness) -> None:
    disable_breaker(harness, "web")
    harness.ecs.faults.add(operation="ListTasks", kind="access-denied", times=None)

    deploy = run_deploy(harness, "web", "1.5.0-crash", deadline=240)

    assert deploy.outcome_reason == "the rollout did not finish within its deadline of 4 min 00 s."
