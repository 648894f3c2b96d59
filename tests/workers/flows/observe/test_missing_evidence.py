"""Causes that AWS does not let Slipway read: reported once, with the missing permission or where to look."""

from __future__ import annotations

import pytest

from deploys.catalogue.nested_keys import PreTask
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.console_actions import delete_running_image

TASKS_UNREADABLE = "I could not read which tasks failed, and why: AWS does not allow {}: "
LOG_UNREADABLE = "I could not read the last lines of `web`: AWS does not allow {}: "
ADD_PERMISSION = (
    "`arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the role of the workers."
)
BREAKER_OFF = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}


def run_crashing_version(harness: EngineHarness, operation: str, kind: str = "access-denied") -> Deploy:
    """Deploys a version that crashes, and lets this read fail from the rollout on."""
    deploy_id = harness.request_deploy("web", "1.5.0-crash")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation=operation, kind=kind, times=None)
    deploy = harness.until_over(deploy_id)
    harness.ecs.faults.clear()
    return deploy


def last_line(harness: EngineHarness, deploy: Deploy) -> str:
    return harness.thread_text(deploy.id, ThreadMessageKind.END).splitlines()[-1]


@pytest.mark.parametrize(
    ("operation", "lead"),
    [
        ("DescribeTasks", TASKS_UNREADABLE.format("ecs:DescribeTasks")),
        ("GetLogEvents", LOG_UNREADABLE.format("logs:GetLogEvents")),
        ("DescribeTaskDefinition", LOG_UNREADABLE.format("ecs:DescribeTaskDefinition")),
    ],
)
def test_what_may_not_be_read_is_named_with_the_permission_and_the_flow_goes_on(
    harness: EngineHarness, operation: str, lead: str
) -> None:
    deploy = run_crashing_version(harness, operation)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.running_tags("web") == {"1.4.0"}
    assert f"{lead}{ADD_PERMISSION}" in harness.thread_text(deploy.id, ThreadMessageKind.PROBLEM).splitlines()
    assert harness.thread_text(deploy.id).count("I could not read") == 1
    lines = harness.thread_text(deploy.id, ThreadMessageKind.END).splitlines()
    assert any("exited with code 1" in line for line in lines) is lead.startswith(LOG_UNREADABLE[:30])


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            "DescribeTasks",
            "I could not read which tasks failed, and why: AWS does not answer ecs:DescribeTasks for now "
            "(ThrottlingException: Rate exceeded). The ECS console shows it, among the service's stopped "
            "tasks.",
        ),
        (
            "GetLogEvents",
            "I could not read the last lines of `web`: AWS does not answer logs:GetLogEvents for now "
            "(ThrottlingException: Rate exceeded). CloudWatch Logs has them.",
        ),
    ],
)
def test_what_fails_to_be_read_at_the_end_is_said_with_where_to_look(
    harness: EngineHarness, operation: str, expected: str
) -> None:
    deploy = run_crashing_version(harness, operation, "throttle")

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert last_line(harness, deploy) == expected
    assert harness.thread_text(deploy.id).count("I could not read") == 1


def test_while_it_goes_on_it_is_said_once_and_at_the_end_not_again(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(
        cluster="production", service="web", deploymentConfiguration=BREAKER_OFF
    )
    deploy_id = harness.request_deploy("web", "1.5.0-crash", deadline=120)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="ListTasks", kind="access-denied", times=None)
    harness.until(lambda: "I could not read" in harness.thread_text(deploy_id))
    (message,) = [m for m in harness.get(deploy_id).thread_messages if "I could not read" in m.text]

    deploy = harness.until_over(deploy_id)

    assert (message.kind, message.broadcast) == (ThreadMessageKind.PROBLEM, False)
    assert TASKS_UNREADABLE.format("ecs:ListTasks") in message.text
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.thread_text(deploy_id).count("I could not read") == 1


def test_a_read_that_fails_for_a_moment_while_it_goes_on_is_none_of_peoples_business(
    harness: EngineHarness,
) -> None:
    harness.ecs_client.update_service(
        cluster="production", service="web", deploymentConfiguration=BREAKER_OFF
    )
    deploy_id = harness.request_deploy("web", "1.5.0-crash", deadline=120)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="ListTasks", kind="throttle", times=2)

    harness.until_over(deploy_id)

    assert "I could not read" not in harness.thread_text(deploy_id)
    assert "exited with code 1" in harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)


def test_during_the_rollback_it_is_said_once_too(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.flows.observe.deadline.MIN_ROLLBACK_SECONDS", 60)
    harness.ecs_client.update_service(
        cluster="production", service="web", deploymentConfiguration=BREAKER_OFF
    )
    deploy_id = harness.request_deploy("web", "1.4.2", deadline=60)
    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)
    delete_running_image(harness, "web")
    for arn in harness.ecs_client.list_tasks(cluster="production", serviceName="web")["taskArns"]:
        harness.ecs_client.stop_task(cluster="production", task=arn)
    harness.ecs.faults.add(operation="DescribeTasks", kind="access-denied", times=None)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert harness.thread_text(deploy_id).count("I could not read") == 1


@pytest.mark.parametrize(("code", "outcome"), [("migrate", Outcome.SUCCEEDED), ("fail", Outcome.FAILED)])
def test_the_log_of_a_task_before_the_rollout_that_may_not_be_read_is_said_too(
    harness: EngineHarness, code: str, outcome: Outcome
) -> None:
    harness.ecs.faults.add(operation="GetLogEvents", kind="access-denied", times=None)
    deploy_id = harness.request_deploy("web", "1.4.2", before=PreTask(command=("python", "-m", "web", code)))

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is outcome
    assert harness.thread_text(deploy_id).count(LOG_UNREADABLE.format("logs:GetLogEvents")) == 1
