"""Every refusal of the plan says what to do, and no call changes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploys.catalogue.service import Strategy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.console_actions import changing_operations, create_service, let_ecs_settle
from tests.workers.flows.external_rollouts import start_external_rollout
from workers.thread.card import card_headline

Prepare = Callable[[EngineHarness], dict[str, Any]]


def count_revisions(harness: EngineHarness, family: str) -> int:
    """The number of revisions of the family."""
    return len(harness.ecs_client.list_task_definitions(familyPrefix=family)["taskDefinitionArns"])


def missing_service(harness: EngineHarness) -> dict[str, Any]:
    return {"ecs_service": "wbe"}


def missing_cluster(harness: EngineHarness) -> dict[str, Any]:
    return {"cluster": "prodution"}


def service_being_deleted(harness: EngineHarness) -> dict[str, Any]:
    harness.ecs_client.delete_service(cluster="production", service="web", force=True)
    return {}


def deleted_service(harness: EngineHarness) -> dict[str, Any]:
    service_being_deleted(harness)
    let_ecs_settle(harness)
    return {}


def code_deploy_service(harness: EngineHarness) -> dict[str, Any]:
    create_service(harness, "shared", deploymentController={"type": "CODE_DEPLOY"})
    return {"ecs_service": "shared"}


def external_controller_service(harness: EngineHarness) -> dict[str, Any]:
    create_service(
        harness, "shared", deploymentController={"type": "EXTERNAL"}, taskDefinition=None, launchType=None
    )
    return {"ecs_service": "shared"}


def daemon_service(harness: EngineHarness) -> dict[str, Any]:
    create_service(harness, "agent", desiredCount=None, launchType="EC2", schedulingStrategy="DAEMON")
    return {"ecs_service": "agent", "strategy": Strategy.STOP_START}


def service_without_tasks(harness: EngineHarness) -> dict[str, Any]:
    harness.ecs_client.update_service(cluster="production", service="web", desiredCount=0)
    let_ecs_settle(harness)
    return {}


def canary_service(harness: EngineHarness) -> dict[str, Any]:
    return {"ecs_service": "shop"}


def native_strategy_for_rolling_service(harness: EngineHarness) -> dict[str, Any]:
    return {"strategy": Strategy.NATIVE}


def no_preparation(harness: EngineHarness) -> dict[str, Any]:
    return {}


REFUSALS: dict[str, tuple[Prepare, str, str]] = {
    # reason: (how to prepare it, the tag, the message)
    "no such service": (
        missing_service,
        "1.4.2",
        "ECS has no service `wbe` in cluster `production` (eu-west-1). Check `cluster`, `ecs_service` and "
        "`region` of `web` in `services.yml`.",
    ),
    "no such cluster": (
        missing_cluster,
        "1.4.2",
        "ECS has no service `web` in cluster `prodution` (eu-west-1). Check `cluster`, `ecs_service` and "
        "`region` of `web` in `services.yml`.",
    ),
    "being deleted": (
        service_being_deleted,
        "1.4.2",
        "The ECS service `web` is being deleted (ECS calls it DRAINING), so it cannot be deployed. Create it "
        "again, or check `ecs_service` of `web` in `services.yml`.",
    ),
    "deleted": (
        deleted_service,
        "1.4.2",
        "The ECS service `web` was deleted (ECS calls it INACTIVE), so it cannot be deployed. Create it "
        "again, or check `ecs_service` of `web` in `services.yml`.",
    ),
    "CODE_DEPLOY": (
        code_deploy_service,
        "1.4.2",
        "The ECS service `shared` is deployed by AWS CodeDeploy (its deployment controller is CODE_DEPLOY), "
        "and ECS refuses a new task definition from anybody else. Deploy it there, or change its deployment "
        "controller to ECS.",
    ),
    "EXTERNAL": (
        external_controller_service,
        "1.4.2",
        "The ECS service `shared` is deployed by a tool of your own (its deployment controller is "
        "EXTERNAL), and ECS refuses a new task definition from anybody else. Deploy it there, or change its "
        "deployment controller to ECS.",
    ),
    "DAEMON with stop-start": (
        daemon_service,
        "1.4.2",
        "`web` is a DAEMON service: it has no desired count, so it cannot be stopped and started. Use "
        "`strategy: rolling`.",
    ),
    "no task is wanted": (
        service_without_tasks,
        "1.4.2",
        "`web` is set to 0 tasks, so a new revision would not be tried by any task. Scale it "
        "up first: `/deploy scale web COUNT`.",
    ),
    "ECS shifts traffic": (
        canary_service,
        "1.4.2",
        "The ECS service `shop` is CANARY: it shifts traffic in stages of its own, but `services.yml` says "
        "`strategy: rolling` for `web`. Write `strategy: native` there, or change the "
        "ECS service's strategy to ROLLING.",
    ),
    "ECS shifts none": (
        native_strategy_for_rolling_service,
        "1.4.2",
        "The ECS service `web` is ROLLING: it shifts no traffic, but `services.yml` says `strategy: native` "
        "for `web`. Write `strategy: rolling` there, or make the ECS service "
        "BLUE_GREEN, LINEAR or CANARY.",
    ),
    "the same image": (
        no_preparation,
        "1.4.0",
        "`web` already runs `1.4.0` (digest unchanged). `/deploy restart web` starts it in new tasks.",
    ),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_what_is_in_the_way_is_said_with_what_to_do_and_nothing_is_changed(
    harness: EngineHarness, reason: str
) -> None:
    prepare, tag, message = REFUSALS[reason]
    changes = prepare(harness)
    before = len(harness.ecs.calls())

    deploy = harness.until_over(harness.request_deploy("web", tag, **changes))

    assert deploy.outcome is Outcome.REFUSED
    assert (
        harness.thread_text(deploy.id, ThreadMessageKind.END) == f"*Refused*, nothing was changed: {message}"
    )
    assert harness.thread_text(deploy.id, ThreadMessageKind.PLAN) == ""
    assert changing_operations(harness.ecs.calls()[before:]) == []
    assert harness.leftover_keys() == []
    assert deploy.refusal.instead is not None, "it can be asked for again"


def test_somebody_elses_rollout_in_progress_is_named_and_may_be_followed(harness: EngineHarness) -> None:
    theirs = start_external_rollout(harness, "1.4.1")
    before = len(harness.ecs.calls())

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END) == (
        f"*Refused*, nothing was changed: Another deployment of `web` is in progress ({theirs}, revision "
        "`web:18`), and Slipway did not start it. `/deploy follow web` follows it to its end in a "
        "thread; a deploy asked for meanwhile waits for that. Or ask again when it has ended."
    )
    assert deploy.refusal.external_deployment_id == theirs
    assert changing_operations(harness.ecs.calls()[before:]) == []


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_what_refuses_a_deploy_refuses_a_restart_and_a_rollback(harness: EngineHarness, verb: Verb) -> None:
    service_being_deleted(harness)
    before = len(harness.ecs.calls())

    deploy = harness.until_over(harness.request_verb(verb, "web"))

    assert deploy.outcome is Outcome.REFUSED
    assert "`web` is being deleted (ECS calls it DRAINING)" in harness.thread_text(
        deploy.id, ThreadMessageKind.END
    )
    assert changing_operations(harness.ecs.calls()[before:]) == []


@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("web", "ecs:DescribeServices"),
        ("web", "ecs:DescribeTaskDefinition"),
        ("web", "ecr:DescribeImages"),
        ("web", "ecs:RegisterTaskDefinition"),
        ("web", "ecs:UpdateService"),
        ("billing", "ecs:ListTasks"),
        ("billing", "ecs:DescribeTasks"),
        ("billing", "ecs:TagResource"),
        ("billing", "ecs:UpdateService"),
    ],
)
def test_a_missing_permission_refuses_before_the_service_is_changed(
    harness: EngineHarness, service: str, action: str
) -> None:
    """Each permission that a deploy needs up to the call that changes the service."""
    before, known = harness.describe_service(service), count_revisions(harness, service)
    harness.ecs.faults.add(operation=action, kind="access-denied", times=None)
    deploy_id = harness.request_deploy(service, "1.4.2", approvals=0)

    deploy = harness.until_over(deploy_id)
    harness.ecs.faults.clear()

    assert deploy.outcome is Outcome.REFUSED
    end = harness.thread_text(deploy_id, ThreadMessageKind.END)
    changed = (
        "the service was not touched" if count_revisions(harness, service) > known else "nothing was changed"
    )
    assert end.startswith(f"*Refused*, {changed}: AWS does not allow {action}: `arn:aws:")
    assert f"*refused, {changed}*" in card_headline(deploy)
    assert end.endswith(" Add it to the role of the workers.")
    after = harness.describe_service(service)
    assert [after[key] for key in ("taskDefinition", "desiredCount")] == [
        before[key] for key in ("taskDefinition", "desiredCount")
    ]
    done = [call for call in harness.ecs.calls() if call.outcome == "ok"]
    assert not {"UpdateService", "RegisterScalableTarget"} & set(changing_operations(done))


@pytest.mark.parametrize("name", ["web-task", "ecs-task-execution"])
def test_a_role_that_may_not_be_passed_is_named_before_the_service_is_changed(
    harness: EngineHarness, name: str
) -> None:
    role = f"arn:aws:iam::123456789012:role/{name}"
    harness.ecs.faults.add(
        operation="RegisterTaskDefinition",
        kind="error",
        code="ClientException",
        status=400,
        message=f"User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:PassRole on "
        f"resource: {role}",
    )
    deploy_id = harness.request_deploy("web", "1.4.2")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: AWS does not allow iam:PassRole: "
        f"`arn:aws:iam::123456789012:user/ci` needs it on `{role}`. Add it to the role of the workers."
    )
    assert harness.ecs.calls("UpdateService") == []
    assert harness.get(deploy_id).phase is Phase.ENDED
