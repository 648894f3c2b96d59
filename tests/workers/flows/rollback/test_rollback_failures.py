"""The old version does not start again: reported at once with its cause, and at the end with both causes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import NOW, REGISTRY, a_deploy, a_plan
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.console_actions import delete_running_image
from tests.workers.flows.ecs_state_builders import OLD_REVISION, OTHER_DEPLOYMENT, a_deployment, service_with
from workers.ecs.state import ServiceEventState
from workers.flows.rollback.rollback_failures import as_rollout_of_old_version


def pull_error_text(service: str) -> str:
    image = f"{REGISTRY}/{service}:1.4.0"
    return (
        "the image could not be pulled: it is not there. Push it, or deploy a tag that exists. ECS says: "
        "`CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
        f"{image}: {image}: not found`"
    )


def rollback_causes_told(deploy: Deploy, revision: str) -> list[str]:
    """The causes that were sent to the channel during the rollback."""
    lead = f"*Needs attention*: tasks of `{revision}` do not start during the rollback:\n"
    alerts = [m for m in deploy.thread_messages if m.text.startswith(lead)]
    assert all(m.broadcast and m.kind is ThreadMessageKind.PROBLEM for m in alerts)
    return [m.text.removeprefix(lead) for m in alerts]


def run_failing_ecs_rollback(harness: EngineHarness) -> Deploy:
    """ECS's own rollback fails too, because every old task was lost."""
    deploy_id = harness.request_deploy("web", "1.5.0-crash", deadline=120)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    delete_running_image(harness, "web")
    for arn in harness.ecs_client.list_tasks(cluster="production", serviceName="web")["taskArns"]:
        harness.ecs_client.stop_task(cluster="production", task=arn)
    return harness.until_over(deploy_id)


def test_a_rollback_of_ecs_that_fails_for_a_missing_image_says_so_at_once_and_at_the_end(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.flows.observe.deadline.MIN_ROLLBACK_SECONDS", 120)

    deploy = run_failing_ecs_rollback(harness)

    (cause,) = rollback_causes_told(deploy, "web:17")
    assert cause.endswith(f": {pull_error_text('web')}")
    assert deploy.outcome is Outcome.FAILED
    lines = harness.thread_text(deploy.id, ThreadMessageKind.END).splitlines()
    assert lines[0] == (
        "*Failed*: the rollback to `web:17` did not finish within 2 min. The service is set to it, with "
        "its count; ECS has given up on it. Look at the service's events now."
    )
    assert lines[1].endswith(f": {pull_error_text('web')}")
    assert lines[2] == (
        "It was rolled back because: ECS gave up on the new revision and rolls back by itself (Service "
        "deployment rolled back because the circuit breaker threshold was exceeded). That rollback failed "
        "too (Service deployment rollback failed because the circuit breaker threshold was exceeded)."
    )
    assert any(
        line.endswith("container `web` exited with code 1. Its last log lines say why.") for line in lines
    )


def test_a_stopped_service_whose_old_image_is_gone_is_told_of_at_once(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("billing", "1.5.0-crash", deadline=240)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    delete_running_image(harness, "billing")
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)

    harness.until(lambda: rollback_causes_told(harness.get(deploy_id), "billing:23"), seconds=120)

    (cause,) = rollback_causes_told(harness.get(deploy_id), "billing:23")
    assert cause.endswith(f": {pull_error_text('billing')}")


@pytest.mark.parametrize("tag", ["1.4.2", "1.5.0-crash", "1.5.0-unhealthy"])
def test_a_rollback_that_goes_well_tells_of_no_trouble(harness: EngineHarness, tag: str) -> None:
    deploy_id = harness.request_deploy("web", tag)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(8)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome in (Outcome.CANCELLED, Outcome.ROLLED_BACK)
    assert rollback_causes_told(deploy, "web:17") == []


@pytest.mark.parametrize(
    ("message", "about_it"),
    [
        ("(service web) (task 0123) failed container health checks.", False),
        ("(service web) was unable to place a task. Reason: Internal error.", True),
        ("(service web) failed to launch a task with (error something).", True),
    ],
)
def test_health_checks_that_still_fail_of_the_new_version_say_nothing_about_the_old_one(
    message: str, about_it: bool
) -> None:
    deploy = a_deploy(
        plan=a_plan(old_revision=OLD_REVISION), ecs={"deployment_id": "ecs-svc/1", "rollout_started_at": NOW}
    )
    primary = replace(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION), created_at=NOW + 10)
    event = ServiceEventState("1", NOW + 20, message)

    found = as_rollout_of_old_version(deploy, replace(service_with(primary), events=(event,)))

    assert found is not None
    assert found[0].ecs.rollout_started_at == NOW + 10
    assert found[1].events == ((event,) if about_it else ())
