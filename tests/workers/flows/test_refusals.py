"""Services that cannot be deployed: said in one sentence with what to do, before anything is registered."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome
from tests.workers.yard import Yard


def settle(yard: Yard) -> None:
    for _ in range(60):
        yard.ecs.advance(5)


def create(yard: Yard, name: str, **changes: Any) -> None:
    """Another service on web's revision, steady."""
    settings = {"taskDefinition": "web:17", "desiredCount": 1, "launchType": "FARGATE", **changes}
    web = yard.service("web")
    if settings["taskDefinition"]:
        settings["networkConfiguration"] = web["networkConfiguration"]
    given = {key: value for key, value in settings.items() if value is not None}
    yard.console.create_service(cluster="production", serviceName=name, **given)
    settle(yard)


def registered(yard: Yard) -> list[str]:
    arns: list[str] = yard.console.list_task_definitions(maxResults=100)["taskDefinitionArns"]
    return arns


def assert_refused(yard: Yard, deploy_id: str, before: list[str], said: str) -> None:
    deploy = yard.until_over(deploy_id)
    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy_id, MilestoneKind.END) == f"*Refused*, nothing was changed: {said}"
    assert registered(yard) == before
    assert yard.ecs.calls("UpdateService") == []


@pytest.mark.parametrize("controller", ["CODE_DEPLOY", "EXTERNAL"])
def test_a_service_that_another_controller_deploys(yard: Yard, controller: str) -> None:
    own_revision = {} if controller == "CODE_DEPLOY" else {"taskDefinition": None, "launchType": None}
    create(yard, "shared", deploymentController={"type": controller}, **own_revision)
    before = registered(yard)

    deploy_id = yard.ask("web", "1.4.2", ecs_service="shared")

    assert_refused(
        yard,
        deploy_id,
        before,
        f"The ECS service `shared` is deployed by {controller}, and ECS refuses a new task definition from "
        "anybody else. Deploy it there, or change its deployment controller to ECS.",
    )


def test_a_service_that_was_deleted(yard: Yard) -> None:
    yard.console.delete_service(cluster="production", service="web", force=True)
    settle(yard)
    before = registered(yard)

    assert_refused(
        yard,
        yard.ask("web", "1.4.2"),
        before,
        "The ECS service `web` is INACTIVE, not ACTIVE, so it cannot be deployed.",
    )


def test_a_service_that_is_being_deleted(yard: Yard) -> None:
    yard.console.delete_service(cluster="production", service="web", force=True)
    before = registered(yard)

    assert_refused(
        yard,
        yard.ask("web", "1.4.2"),
        before,
        "The ECS service `web` is DRAINING, not ACTIVE, so it cannot be deployed.",
    )


def test_a_service_that_wants_no_tasks(yard: Yard) -> None:
    create(yard, "idle", desiredCount=0)
    before = registered(yard)

    assert_refused(
        yard,
        yard.ask("web", "1.4.2", ecs_service="idle"),
        before,
        "`web` wants 0 tasks, so a new revision would not be tried by any task. Scale it up first.",
    )


def test_a_cluster_that_does_not_exist(yard: Yard) -> None:
    before = registered(yard)

    deploy = yard.until_over(yard.ask("web", "1.4.2", cluster="prodution"))

    assert deploy.outcome is Outcome.REFUSED
    assert "ECS has no service `web` in cluster `prodution`" in deploy.reason
    assert registered(yard) == before


def test_a_daemon_service_that_is_to_be_stopped_and_started(yard: Yard) -> None:
    create(yard, "agent", desiredCount=None, launchType="EC2", schedulingStrategy="DAEMON")
    before = registered(yard)

    assert_refused(
        yard,
        yard.ask("ledger", "1.4.2", ecs_service="agent"),
        before,
        "`ledger` is a DAEMON service: it has no desired count, so it cannot be stopped and started. Use "
        "`strategy: rolling`.",
    )
