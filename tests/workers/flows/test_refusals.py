"""Every refusal of the plan: said in words that name what to do, and not one call that changes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploys.catalogue.service import Strategy
from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from sandbox.ecs.http.front import CallNote
from tests.workers.flows.followed import begin_elsewhere
from tests.workers.yard import Yard
from workers.thread.card import headline

READS = ("Describe", "List", "Get", "BatchGet", "AssumeRole")
Prepare = Callable[[Yard], dict[str, Any]]


def changing(calls: list[CallNote]) -> list[str]:
    """The calls that change something, also those that AWS refused."""
    return [call.operation for call in calls if not call.operation.startswith(READS)]


def revisions(yard: Yard, family: str) -> int:
    """How many revisions the family has (count)."""
    return len(yard.console.list_task_definitions(familyPrefix=family)["taskDefinitionArns"])


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


def missing(yard: Yard) -> dict[str, Any]:
    return {"ecs_service": "wbe"}


def missing_cluster(yard: Yard) -> dict[str, Any]:
    return {"cluster": "prodution"}


def draining(yard: Yard) -> dict[str, Any]:
    yard.console.delete_service(cluster="production", service="web", force=True)
    return {}


def inactive(yard: Yard) -> dict[str, Any]:
    draining(yard)
    settle(yard)
    return {}


def code_deploy(yard: Yard) -> dict[str, Any]:
    create(yard, "shared", deploymentController={"type": "CODE_DEPLOY"})
    return {"ecs_service": "shared"}


def external(yard: Yard) -> dict[str, Any]:
    create(yard, "shared", deploymentController={"type": "EXTERNAL"}, taskDefinition=None, launchType=None)
    return {"ecs_service": "shared"}


def daemon(yard: Yard) -> dict[str, Any]:
    create(yard, "agent", desiredCount=None, launchType="EC2", schedulingStrategy="DAEMON")
    return {"ecs_service": "agent", "strategy": Strategy.STOP_START}


def no_tasks(yard: Yard) -> dict[str, Any]:
    yard.console.update_service(cluster="production", service="web", desiredCount=0)
    settle(yard)
    return {}


def shifts_traffic(yard: Yard) -> dict[str, Any]:
    return {"ecs_service": "shop"}


def shifts_none(yard: Yard) -> dict[str, Any]:
    return {"strategy": Strategy.NATIVE}


def nothing(yard: Yard) -> dict[str, Any]:
    return {}


REFUSALS: dict[str, tuple[Prepare, str, str]] = {
    # what is in the way: how it came, the tag, what is said
    "no such service": (
        missing,
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
        draining,
        "1.4.2",
        "The ECS service `web` is being deleted (ECS calls it DRAINING), so it cannot be deployed. Create it "
        "anew, or check `ecs_service` of `web` in `services.yml`.",
    ),
    "deleted": (
        inactive,
        "1.4.2",
        "The ECS service `web` was deleted (ECS calls it INACTIVE), so it cannot be deployed. Create it "
        "anew, or check `ecs_service` of `web` in `services.yml`.",
    ),
    "CODE_DEPLOY": (
        code_deploy,
        "1.4.2",
        "The ECS service `shared` is deployed by AWS CodeDeploy (its deployment controller is CODE_DEPLOY), "
        "and ECS refuses a new task definition from anybody else. Deploy it there, or change its deployment "
        "controller to ECS.",
    ),
    "EXTERNAL": (
        external,
        "1.4.2",
        "The ECS service `shared` is deployed by a tool of your own (its deployment controller is "
        "EXTERNAL), and ECS refuses a new task definition from anybody else. Deploy it there, or change its "
        "deployment controller to ECS.",
    ),
    "DAEMON with stop-start": (
        daemon,
        "1.4.2",
        "`web` is a DAEMON service: it has no desired count, so it cannot be stopped and started. Use "
        "`strategy: rolling`.",
    ),
    "no task is wanted": (
        no_tasks,
        "1.4.2",
        "`web` wants 0 tasks, so a new revision would not be tried by any task. Scale it up first.",
    ),
    "ECS shifts traffic": (
        shifts_traffic,
        "1.4.2",
        "The ECS service `shop` is CANARY: it shifts traffic in stages of its own, but `services.yml` says "
        "`strategy: rolling` for `web`. Write `strategy: native` there, or change the "
        "ECS service's strategy to ROLLING.",
    ),
    "ECS shifts none": (
        shifts_none,
        "1.4.2",
        "The ECS service `web` is ROLLING: it shifts no traffic, but `services.yml` says `strategy: native` "
        "for `web`. Write `strategy: rolling` there, or make the ECS service "
        "BLUE_GREEN, LINEAR or CANARY.",
    ),
    "the same image": (
        nothing,
        "1.4.0",
        "`web` already runs `1.4.0` (digest unchanged). `/deploy restart web` starts it in new tasks.",
    ),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_what_is_in_the_way_is_said_with_what_to_do_and_nothing_is_changed(yard: Yard, reason: str) -> None:
    prepare, tag, said = REFUSALS[reason]
    changes = prepare(yard)
    before = len(yard.ecs.calls())

    deploy = yard.until_over(yard.ask("web", tag, **changes))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id, MilestoneKind.END) == f"*Refused*, nothing was changed: {said}"
    assert yard.said(deploy.id, MilestoneKind.PLAN) == ""
    assert changing(yard.ecs.calls()[before:]) == []
    assert yard.leftovers() == []


def test_somebody_elses_rollout_in_progress_is_named_and_may_be_followed(yard: Yard) -> None:
    theirs = begin_elsewhere(yard, "1.4.1")
    before = len(yard.ecs.calls())

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id, MilestoneKind.END) == (
        f"*Refused*, nothing was changed: Another deployment of `web` is in progress ({theirs}, revision "
        "`web:18`), and it is not mine. `/deploy follow web` follows it to its end in a "
        "thread; a deploy asked for meanwhile waits for that. Or ask again when it has ended."
    )
    assert deploy.in_the_way == theirs
    assert changing(yard.ecs.calls()[before:]) == []


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_what_refuses_a_deploy_refuses_a_restart_and_a_rollback(yard: Yard, verb: Verb) -> None:
    draining(yard)
    before = len(yard.ecs.calls())

    deploy = yard.until_over(yard.ask_to(verb, "web"))

    assert deploy.outcome is Outcome.REFUSED
    assert "`web` is being deleted (ECS calls it DRAINING)" in yard.said(deploy.id, MilestoneKind.END)
    assert changing(yard.ecs.calls()[before:]) == []


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
    yard: Yard, service: str, action: str
) -> None:
    """Whatever the deploy needs first, up to the call that would change the service."""
    before, known = yard.service(service), revisions(yard, service)
    yard.ecs.faults.add(operation=action, kind="access-denied", times=None)
    deploy_id = yard.ask(service, "1.4.2", approvals=0)

    deploy = yard.until_over(deploy_id)
    yard.ecs.faults.clear()

    assert deploy.outcome is Outcome.REFUSED
    end = yard.said(deploy_id, MilestoneKind.END)
    changed = "the service was not touched" if revisions(yard, service) > known else "nothing was changed"
    assert end.startswith(f"*Refused*, {changed}: AWS does not allow {action}: `arn:aws:")
    assert f"*refused, {changed}*" in headline(deploy)
    assert end.endswith(" Add it to the role of the workers.")
    after = yard.service(service)
    assert [after[key] for key in ("taskDefinition", "desiredCount")] == [
        before[key] for key in ("taskDefinition", "desiredCount")
    ]
    done = [call for call in yard.ecs.calls() if call.outcome == "ok"]
    assert not {"UpdateService", "RegisterScalableTarget"} & set(changing(done))


@pytest.mark.parametrize("name", ["web-task", "ecs-task-execution"])
def test_a_role_that_may_not_be_passed_is_named_before_the_service_is_changed(yard: Yard, name: str) -> None:
    role = f"arn:aws:iam::123456789012:role/{name}"
    yard.ecs.faults.add(
        operation="RegisterTaskDefinition",
        kind="error",
        code="ClientException",
        status=400,
        message=f"User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:PassRole on "
        f"resource: {role}",
    )
    deploy_id = yard.ask("web", "1.4.2")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "*Refused*, nothing was changed: AWS does not allow iam:PassRole: "
        f"`arn:aws:iam::123456789012:user/ci` needs it on `{role}`. Add it to the role of the workers."
    )
    assert yard.ecs.calls("UpdateService") == []
    assert yard.get(deploy_id).phase is Phase.ENDED
