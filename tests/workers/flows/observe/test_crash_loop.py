"""A version whose tasks keep failing is rolled back, with or without ECS's circuit breaker."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from sandbox.ecs.tasks import task_shutdown
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.console_actions import configure_breaker
from tests.workers.flows.external_rollouts import request_follow, start_external_rollout
from tests.workers.flows.native_deployments import configure_native_service as configure_native


def disable_breaker(harness: EngineHarness, service: str) -> None:
    configure_breaker(harness, service, enable=False, rollback=False)


def run_deploy(harness: EngineHarness, service: str, tag: str, **changes: Any) -> Deploy:
    return harness.until_over(harness.request_deploy(service, tag, approvals=0, **changes))


GIVEN_UP = (
    "Rolling back to `web:17`: 3 tasks of `web:18` failed in a row, without one in between that stayed "
    "healthy for 2 min (`give_up_after: 3`).\n"
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
        "3 tasks of `web:18` failed in a row, without one in between that stayed healthy for 2 min "
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

    assert deploy.outcome_reason == "the rollout did not finish within its deadline of 4 min."


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

    assert deploy.outcome_reason == "the rollout did not finish within its deadline of 4 min."
