"""ECS rolls back to the deployment that completed last, which may not be the one before the deploy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.records.phases import Outcome
from deploys.records.rollback import EcsRollback
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_deploy
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.ecs_state_builders import (
    NEW_REVISION,
    OLD_REVISION,
    OTHER_DEPLOYMENT,
    OUR_DEPLOYMENT,
    a_deployment,
    a_service_deployment,
    ecs_enum_values,
    service_with,
)
from tests.workers.flows.external_rollouts import request_follow, start_external_rollout
from workers.flows.observe.ecs_rollback import is_at_ecs_rollback, note_ecs_rollback

SKIPPED_REVISION = (
    " ECS rolls back to the last completed revision; `web:18`, which the service was set to before, had not "
    "completed."
)


def set_breaker(harness: EngineHarness, *, rollback: bool) -> None:
    wanted: dict[str, Any] = {"deploymentCircuitBreaker": {"enable": True, "rollback": rollback}}
    harness.ecs_client.update_service(cluster="production", service="web", deploymentConfiguration=wanted)


@pytest.fixture
def harness(harness: EngineHarness) -> EngineHarness:
    """web:18 failed and was not rolled back: the service is set to it, and web:17 still runs."""
    set_breaker(harness, rollback=False)
    start_external_rollout(harness, "1.5.0-crash")
    harness.ecs.advance(200)
    set_breaker(harness, rollback=True)
    assert harness.describe_service("web")["taskDefinition"].endswith("web:18")
    return harness


def test_where_ecs_gives_up_the_end_names_the_version_that_runs(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-unhealthy")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).splitlines()[0] == (
        "*Rolled back* to `web:17`: ECS gave up on the new revision and rolls back by itself (Service "
        f"deployment rolled back because the circuit breaker threshold was exceeded).{SKIPPED_REVISION}"
    )
    assert harness.running_tags("web") == {"1.4.0"}


def test_where_service_deployments_are_missing_it_is_not_taken_for_somebody_elses_either(
    harness: EngineHarness,
) -> None:
    for operation in ("ListServiceDeployments", "DescribeServiceDeployments"):
        harness.ecs.faults.add(operation=operation, kind="access-denied", times=None)
    deploy_id = harness.request_deploy("web", "1.5.0-unhealthy")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).splitlines()[0] == (
        "*Rolled back* to `web:17`: ECS gave up on the new revision and rolls back by itself (ECS deployment "
        f"circuit breaker: tasks failed to start).{SKIPPED_REVISION}"
    )


def test_a_cancel_is_not_taken_for_somebody_elses_deployment(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_pending)
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`.{SKIPPED_REVISION}"
    )
    assert harness.running_tags("web") == {"1.4.0"}


def test_whoever_follows_such_a_rollout_reads_the_version_that_runs(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.5.0-unhealthy")
    deploy_id = request_follow(harness)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        "*Rolled back* to `web:17`, by ECS, not by me: ECS gave up on the new revision"
    )


def test_somebody_elses_deployment_during_that_rollback_still_supersedes(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_pending)
    harness.cancel(deploy_id)
    harness.until(lambda: harness.get(deploy_id).rollback.ecs_rollback)
    start_external_rollout(harness, "1.4.1")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED


@pytest.mark.parametrize("status", sorted(ecs_enum_values("ServiceDeploymentStatus")))
def test_it_is_noted_only_while_ecs_is_on_that_way(status: str) -> None:
    deploy = a_deploy(ecs={"deployment_id": OUR_DEPLOYMENT, "new_revision": NEW_REVISION})

    updated = note_ecs_rollback(
        deploy, service_with(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION)), a_service_deployment(status)
    )

    theirs = EcsRollback(deployment_id=OTHER_DEPLOYMENT, revision=OLD_REVISION)
    assert updated.rollback.ecs_rollback == (theirs if status == "ROLLBACK_IN_PROGRESS" else None)


@pytest.mark.parametrize(
    "primary",
    [a_deployment(), a_deployment("ecs-svc/1", OLD_REVISION), a_deployment(OTHER_DEPLOYMENT, NEW_REVISION)],
    ids=["ours", "the one before", "of the new version"],
)
def test_what_cannot_be_ecs_own_rollback_is_not_noted(primary: Any) -> None:
    deploy = a_deploy(
        ecs={
            "deployment_id": OUR_DEPLOYMENT,
            "previous_deployment_id": "ecs-svc/1",
            "new_revision": NEW_REVISION,
        }
    )

    assert (
        note_ecs_rollback(deploy, service_with(primary), a_service_deployment("ROLLBACK_IN_PROGRESS"))
        == deploy
    )
    assert note_ecs_rollback(deploy, None, a_service_deployment("ROLLBACK_IN_PROGRESS")) == deploy


def test_only_that_very_deployment_is_where_ecs_went() -> None:
    deploy = a_deploy(
        rollback={"ecs_rollback": EcsRollback(deployment_id=OTHER_DEPLOYMENT, revision=OLD_REVISION)}
    )
    there = service_with(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION))

    assert is_at_ecs_rollback(deploy, there)
    assert not is_at_ecs_rollback(deploy, service_with(a_deployment("ecs-svc/9", OLD_REVISION)))
    assert not is_at_ecs_rollback(deploy, replace(there, deployments=()))
    assert not is_at_ecs_rollback(a_deploy(), there)
