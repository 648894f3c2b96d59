"""What hides a failing rollout for a while: grace periods, counters that reset, other deployments."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import NOW, a_deploy
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.checked_deploys import create_quiet_alarm
from workers.ecs.state import ServiceEventState, ServiceState
from workers.flows.observe.failure_evidence import events_of_deployment


@pytest.mark.parametrize(
    ("grace", "expected"),
    [
        (299, ""),
        (
            600,
            "• for its first 10 min a new task's failed load balancer checks count for nothing (the ECS "
            "service's health check grace period), so a bad version shows late",
        ),
        (
            1800,
            "• for its first 30 min a new task's failed load balancer checks count for nothing (the ECS "
            "service's health check grace period), so a bad version shows late, or not at all before the "
            "deadline of 20 min, when I roll it back",
        ),
    ],
)
def test_a_long_health_check_grace_period_is_in_the_plan(
    harness: EngineHarness, grace: int, expected: str
) -> None:
    harness.ecs.client("ecs").update_service(
        cluster="production", service="web", healthCheckGracePeriodSeconds=grace
    )
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)

    text = harness.thread_text(deploy_id, ThreadMessageKind.PLAN).splitlines()

    assert [line for line in text if "grace period" in line] == ([expected] if expected else [])


def test_where_the_grace_period_hides_the_failures_our_own_deadline_ends_it(harness: EngineHarness) -> None:
    harness.ecs.client("ecs").update_service(
        cluster="production", service="web", healthCheckGracePeriodSeconds=7200
    )

    deploy = harness.until_over(harness.request_deploy("web", "1.5.0-unhealthy", deadline=300))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.outcome_reason == "the rollout did not finish within its deadline of 5 min."
    assert harness.running_tags("web") == {"1.4.0"}


def test_where_the_breaker_never_trips_our_own_deadline_ends_it_and_says_why(harness: EngineHarness) -> None:
    """A task that crashes after it ran resets the breaker's count, so the breaker may never trip."""
    before = harness.describe_service("web")["deploymentConfiguration"]
    never = {"enable": False, "rollback": False}
    harness.ecs.client("ecs").update_service(
        cluster="production",
        service="web",
        deploymentConfiguration={**before, "deploymentCircuitBreaker": never},
    )

    deploy_id = harness.request_deploy("web", "1.5.0-crash", deadline=300, give_up_after=0)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.outcome_reason == "the rollout did not finish within its deadline of 5 min."
    assert "exited with code" in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert harness.running_tags("web") == {"1.4.0"}


def test_an_alarm_of_a_rolling_services_deployment_rolls_it_back_and_is_named(harness: EngineHarness) -> None:
    watch = harness.ecs.client("cloudwatch")
    create_quiet_alarm(watch, "web-5xx")
    before = harness.describe_service("web")["deploymentConfiguration"]
    alarms = {"alarmNames": ["web-5xx"], "enable": True, "rollback": True}
    harness.ecs.client("ecs").update_service(
        cluster="production", service="web", deploymentConfiguration={**before, "alarms": alarms}
    )
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(5)
    watch.set_alarm_state(AlarmName="web-5xx", StateValue="ALARM", StateReason="too many errors")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "`web-5xx`" in deploy.outcome_reason
    assert harness.running_tags("web") == {"1.4.0"}


@pytest.mark.parametrize(
    ("tag", "outcome"), [("1.4.2", Outcome.SUCCEEDED), ("1.5.0-crash", Outcome.ROLLED_BACK)]
)
@pytest.mark.parametrize("operation", ["ListServiceDeployments", "DescribeServiceDeployments"])
def test_without_service_deployments_the_end_is_still_true(
    harness: EngineHarness, tag: str, outcome: Outcome, operation: str
) -> None:
    harness.ecs.faults.add(kind="access-denied", operation=operation, times=None)

    deploy = harness.until_over(harness.request_deploy("web", tag))

    assert deploy.outcome is outcome
    assert harness.running_tags("web") == {"1.4.2" if outcome is Outcome.SUCCEEDED else "1.4.0"}


def test_events_of_another_deployment_explain_nothing() -> None:
    deploy = a_deploy(ecs={"deployment_id": "ecs-svc/2"})
    messages = [
        "(service web) (deployment ecs-svc/1) deployment failed: tasks failed to start.",
        "(service web) (deployment ecs-svc/2) was unable to place a task because of its memory.",
        "(service web) was unable to place a task because no container instance met all of its requirements.",
    ]
    events = tuple(ServiceEventState(str(place), NOW, message) for place, message in enumerate(messages))
    ecs_service = ServiceState("arn", "web", "ACTIVE", "web:1", 1, 0, 1, events=events)

    assert [event.message for event in events_of_deployment(deploy, ecs_service)] == messages[1:]
