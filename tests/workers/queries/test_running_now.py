"""What is judged of a service: its health, and how what it runs came to run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.rollback import EcsRollback, RollbackCause, RollbackCauseKind, RollbackProgress
from tests.builders import ARN, NOW, a_deploy, a_plan
from workers.ecs.state import ContainerState, DeploymentState, RevisionState, ServiceState, TaskState
from workers.queries.running_now import (
    Health,
    HealthCheck,
    OriginKind,
    count_checks,
    find_origin,
    group_versions,
    judge_health,
    tags_by_revision,
)

WEB_1, WEB_2 = f"{ARN}:task-definition/web:1", f"{ARN}:task-definition/web:2"


def a_deployment(**changes: Any) -> DeploymentState:
    fields: dict[str, Any] = {
        "id": "ecs-svc/2",
        "status": "PRIMARY",
        "revision": WEB_2,
        "desired": 3,
        "pending": 0,
        "running": 3,
        "rollout_state": "COMPLETED",
        "created_at": NOW + 10,
    }
    return DeploymentState(**{**fields, **changes})


def an_ecs_service(**changes: Any) -> ServiceState:
    fields: dict[str, Any] = {
        "arn": "arn",
        "name": "web",
        "status": "ACTIVE",
        "revision": WEB_2,
        "desired": 3,
        "pending": 0,
        "running": 3,
        "deployments": (a_deployment(),),
    }
    return ServiceState(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "failed_checks", "health"),
    [
        ({}, 0, Health.HEALTHY),
        ({"deployments": ()}, 0, Health.HEALTHY),  # CODE_DEPLOY and EXTERNAL have none
        ({"deployments": (a_deployment(rollout_state=""),)}, 0, Health.HEALTHY),
        ({"running": 4}, 0, Health.HEALTHY),
        ({"running": 2}, 0, Health.TASKS_MISSING),
        ({"running": 0}, 0, Health.TASKS_MISSING),
        ({"desired": 0, "running": 0}, 0, Health.SCALED_TO_ZERO),
        ({"desired": 0, "running": 0, "scheduling": "DAEMON"}, 0, Health.HEALTHY),
        ({}, 1, Health.UNHEALTHY),
        ({"running": 2}, 1, Health.UNHEALTHY),
        ({"deployments": (a_deployment(rollout_state="IN_PROGRESS"),), "running": 2}, 0, Health.ROLLING_OUT),
        ({"deployments": (a_deployment(), a_deployment(status="ACTIVE"))}, 0, Health.ROLLING_OUT),
        ({"deployments": (a_deployment(rollout_state="FAILED"),), "running": 0}, 1, Health.ROLLOUT_FAILED),
        ({"status": "DRAINING", "desired": 0}, 0, Health.DELETED),
        ({"status": "INACTIVE", "deployments": (a_deployment(rollout_state="FAILED"),)}, 0, Health.DELETED),
    ],
)
def test_how_a_service_is(changes: dict[str, Any], failed_checks: int, health: Health) -> None:
    checks = Counter({HealthCheck.FAILED: failed_checks, HealthCheck.NONE: 2})

    assert judge_health(an_ecs_service(**changes), checks) is health


def a_task(*results: str, revision: str = WEB_2, status: str = "RUNNING", **web: Any) -> TaskState:
    containers = tuple(
        ContainerState(name=f"side{number}", last_status=status, health=result)
        for number, result in enumerate(results)
    )
    main = ContainerState(name="web", last_status=status, **web)
    return TaskState("arn", status, "RUNNING", revision, containers=(main, *containers))


def test_a_task_fails_if_one_container_does_and_passes_if_one_passes() -> None:
    tasks = [
        a_task("HEALTHY", "UNHEALTHY"),
        a_task("UNKNOWN", "HEALTHY"),
        a_task("UNKNOWN"),
        a_task(),
        a_task("UNHEALTHY", status="PENDING"),
    ]

    assert count_checks(tasks) == {HealthCheck.FAILED: 1, HealthCheck.PASSED: 1, HealthCheck.NONE: 2}


def test_tasks_are_grouped_by_what_they_run() -> None:
    digest, other = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
    revision = RevisionState(
        WEB_2, "web", 2, "ACTIVE", {"containerDefinitions": []}, tags=(("slipway:tag", f"1.4.2@{digest}"),)
    )
    tasks = [
        *[a_task(image=f"r/web@{digest}", digest=digest)] * 2,
        a_task(image=f"r/web@{other}", digest=other, revision=WEB_1),
        a_task(image="r/web:1.3.9", digest=other, revision=f"{WEB_1}0"),
        a_task(image=f"r/web@{digest}", status="PENDING"),
        a_task(digest=""),
    ]

    found = group_versions(tasks, "web", revision, {WEB_1: "1.4.0"})

    assert [(each.tag, each.digest, each.revision, each.tasks) for each in found] == [
        ("1.4.2", digest, WEB_2, 2),
        ("1.4.0", other, WEB_1, 1),
        ("1.3.9", other, f"{WEB_1}0", 1),
        ("", "", WEB_2, 1),
    ]


def test_tags_are_those_that_the_newest_deploys_set() -> None:
    second = a_deploy(plan=a_plan(old_revision=WEB_2, old_tag="1.4.2", tag="1.5.0"), tag="1.5.0")
    first = a_deploy(plan=a_plan(), ecs={"new_revision": WEB_2})

    assert tags_by_revision([second, first, a_deploy()]) == {WEB_2: "1.4.2", WEB_1: "1.4.0"}


def ended(outcome: Outcome = Outcome.SUCCEEDED, **changes: Any) -> Deploy:
    fields: dict[str, Any] = {
        "phase": Phase.ENDED,
        "outcome": outcome,
        "ended_at": NOW + 60,
        "plan": a_plan(),
        "ecs": {"new_revision": WEB_2, "deployment_id": "ecs-svc/2"},
    }
    return a_deploy().evolve(**{**fields, **changes})


def rolled_back(**rollback: Any) -> Deploy:
    cause = RollbackCause(kind=RollbackCauseKind.CRASH_LOOP, sentence="It crashes.")
    identity = {"new_revision": WEB_2, "deployment_id": "ecs-svc/1"}
    return ended(Outcome.ROLLED_BACK, rollback={"cause": cause, **rollback}, ecs=identity)


BACK_TO_WEB_1 = an_ecs_service(revision=WEB_1, deployments=(a_deployment(revision=WEB_1),))


@pytest.mark.parametrize(
    ("ecs", "deploy", "kind", "since"),
    [
        (an_ecs_service(), ended(), OriginKind.OUR_ROLLOUT, NOW + 10),
        (an_ecs_service(), ended(rollout={"serving_at": NOW + 30}), OriginKind.OUR_ROLLOUT, NOW + 30),
        (
            BACK_TO_WEB_1,
            rolled_back(ecs_rollback=EcsRollback(deployment_id="ecs-svc/2", revision=WEB_1)),
            OriginKind.ROLLED_BACK,
            NOW + 10,
        ),
        (
            BACK_TO_WEB_1,
            rolled_back(progress=RollbackProgress(started_at=NOW + 9.5)),
            OriginKind.ROLLED_BACK,
            NOW + 10,
        ),
        (  # somebody deployed the same revision again, long after
            BACK_TO_WEB_1,
            rolled_back(progress=RollbackProgress(started_at=NOW - 3600)).evolve(ended_at=NOW - 3500),
            OriginKind.EXTERNAL,
            NOW + 10,
        ),
        (
            BACK_TO_WEB_1,
            rolled_back(progress=RollbackProgress(started_at=NOW + 9, gave_up=True)),
            OriginKind.EXTERNAL,
            NOW + 10,
        ),
        (
            an_ecs_service(deployments=(a_deployment(id="ecs-svc/9"),)),
            ended(),
            OriginKind.OUR_REVISION,
            NOW + 10,
        ),
        (
            an_ecs_service(revision=f"{WEB_1}9"),
            ended(ecs={"deployment_id": "x"}),
            OriginKind.EXTERNAL,
            NOW + 10,
        ),
        (an_ecs_service(deployments=(), revision=""), ended(), OriginKind.EXTERNAL, None),
    ],
)
def test_how_what_runs_came_to_run(
    ecs: ServiceState, deploy: Deploy, kind: OriginKind, since: float | None
) -> None:
    origin = find_origin(ecs, [a_deploy(), deploy])

    assert (origin.kind, origin.since) == (kind, since)
    assert origin.deploy == (None if kind is OriginKind.EXTERNAL else deploy)
    ours = kind in (OriginKind.OUR_ROLLOUT, OriginKind.ROLLED_BACK)
    assert origin.by == ("U01ALICE00" if ours else "")


@pytest.mark.parametrize("verb", [Verb.SCALE, Verb.RUN])
def test_a_count_or_a_command_brought_no_version(verb: Verb) -> None:
    later, deploy = ended(verb=verb, ecs={"new_revision": WEB_1, "deployment_id": "ecs-svc/2"}), ended()

    assert find_origin(an_ecs_service(), [later, deploy]).deploy == deploy
    assert find_origin(an_ecs_service(), [later]).kind is OriginKind.EXTERNAL


def test_an_external_rollout_that_was_followed_is_not_ours() -> None:
    assert find_origin(an_ecs_service(), [ended(verb=Verb.FOLLOW)]).by == ""
