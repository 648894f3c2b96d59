"""Causes that AWS does not let be read: said once, with the permission or where to look; the flow goes on."""

from __future__ import annotations

import pytest

from deploys.catalogue.service import TaskBefore
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from tests.workers.flows.test_trouble_back import gone
from tests.workers.yard import Yard

TASKS = "I could not read which tasks failed, and why: AWS does not allow {}: "
LOG = "I could not read the last lines of `web`: AWS does not allow {}: "
ADD = "`arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the role of the workers."
OFF = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}


def crashed(yard: Yard, operation: str, kind: str = "access-denied") -> Deploy:
    """A version that crashes, with this read failing from the rollout on."""
    deploy_id = yard.ask("web", "1.5.0-crash")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation=operation, kind=kind, times=None)
    deploy = yard.until_over(deploy_id)
    yard.ecs.faults.clear()
    return deploy


def last_line(yard: Yard, deploy: Deploy) -> str:
    return yard.said(deploy.id, MilestoneKind.END).splitlines()[-1]


@pytest.mark.parametrize(
    ("operation", "lead"),
    [
        ("DescribeTasks", TASKS.format("ecs:DescribeTasks")),
        ("GetLogEvents", LOG.format("logs:GetLogEvents")),
        ("DescribeTaskDefinition", LOG.format("ecs:DescribeTaskDefinition")),
    ],
)
def test_what_may_not_be_read_is_named_with_the_permission_and_the_flow_goes_on(
    yard: Yard, operation: str, lead: str
) -> None:
    deploy = crashed(yard, operation)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.images_running("web") == {"1.4.0"}
    assert f"{lead}{ADD}" in yard.said(deploy.id, MilestoneKind.TROUBLE).splitlines()
    assert yard.said(deploy.id).count("I could not read") == 1
    lines = yard.said(deploy.id, MilestoneKind.END).splitlines()
    assert any("exited with code 1" in line for line in lines) is lead.startswith(LOG[:30])


@pytest.mark.parametrize(
    ("operation", "told"),
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
    yard: Yard, operation: str, told: str
) -> None:
    deploy = crashed(yard, operation, "throttle")

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert last_line(yard, deploy) == told
    assert yard.said(deploy.id).count("I could not read") == 1


def test_while_it_goes_on_it_is_said_once_and_at_the_end_not_again(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", deploymentConfiguration=OFF)
    deploy_id = yard.ask("web", "1.5.0-crash", deadline=120)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="ListTasks", kind="access-denied", times=None)
    yard.until(lambda: "I could not read" in yard.said(deploy_id))
    (said,) = [m for m in yard.get(deploy_id).milestones if "I could not read" in m.text]

    deploy = yard.until_over(deploy_id)

    assert (said.kind, said.broadcast) == (MilestoneKind.TROUBLE, False)
    assert TASKS.format("ecs:ListTasks") in said.text
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.said(deploy_id).count("I could not read") == 1


def test_a_read_that_fails_for_a_moment_while_it_goes_on_is_none_of_peoples_business(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", deploymentConfiguration=OFF)
    deploy_id = yard.ask("web", "1.5.0-crash", deadline=120)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="ListTasks", kind="throttle", times=2)

    yard.until_over(deploy_id)

    assert "I could not read" not in yard.said(deploy_id)
    assert "exited with code 1" in yard.said(deploy_id, MilestoneKind.TROUBLE)


def test_on_the_way_back_it_is_said_once_too(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.flows.deadline.LEAST_BACK_SECONDS", 60)
    yard.console.update_service(cluster="production", service="web", deploymentConfiguration=OFF)
    deploy_id = yard.ask("web", "1.4.2", deadline=60)
    yard.until(lambda: yard.get(deploy_id).serving_at)
    gone(yard, "web")
    for arn in yard.console.list_tasks(cluster="production", serviceName="web")["taskArns"]:
        yard.console.stop_task(cluster="production", task=arn)
    yard.ecs.faults.add(operation="DescribeTasks", kind="access-denied", times=None)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert yard.said(deploy_id).count("I could not read") == 1


@pytest.mark.parametrize(("code", "outcome"), [("migrate", Outcome.SUCCEEDED), ("fail", Outcome.FAILED)])
def test_the_log_of_a_task_before_the_rollout_that_may_not_be_read_is_said_too(
    yard: Yard, code: str, outcome: Outcome
) -> None:
    yard.ecs.faults.add(operation="GetLogEvents", kind="access-denied", times=None)
    deploy_id = yard.ask("web", "1.4.2", before=TaskBefore(command=("python", "-m", "web", code)))

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is outcome
    assert yard.said(deploy_id).count(LOG.format("logs:GetLogEvents")) == 1
