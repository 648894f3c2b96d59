"""ECS goes back to what completed last, which need not be what the service was set to before the deploy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome
from deploys.ecs_back import EcsBack
from tests.builders import a_deploy
from tests.workers.flows.followed import begin_elsewhere, follow
from tests.workers.flows.test_rollout import NEW, OLD, OTHERS, OURS, a_deployment, enum, own, service_with
from tests.workers.yard import ALICE, Yard
from workers.flows.ecs_back import gone_back, noted

PASSED_OVER = " ECS goes back to what completed last: `web:18`, which the service was set to before, had not."


def breaker(yard: Yard, *, rollback: bool) -> None:
    wanted: dict[str, Any] = {"deploymentCircuitBreaker": {"enable": True, "rollback": rollback}}
    yard.console.update_service(cluster="production", service="web", deploymentConfiguration=wanted)


@pytest.fixture
def yard(yard: Yard) -> Yard:
    """web:18 failed and was left so: the service is set to it, and web:17 still runs."""
    breaker(yard, rollback=False)
    begin_elsewhere(yard, "1.5.0-crash")
    yard.ecs.advance(200)
    breaker(yard, rollback=True)
    assert yard.service("web")["taskDefinition"].endswith("web:18")
    return yard


def test_where_ecs_gives_up_the_end_names_the_version_that_runs(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.5.0-unhealthy")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.said(deploy_id, MilestoneKind.END).splitlines()[0] == (
        "*Rolled back* to `web:17`: ECS gave up on the new revision and rolls back by itself (Service "
        f"deployment rolled back because the circuit breaker threshold was exceeded).{PASSED_OVER}"
    )
    assert yard.images_running("web") == {"1.4.0"}


def test_where_service_deployments_are_missing_it_is_not_taken_for_somebody_elses_either(yard: Yard) -> None:
    yard.ecs.faults.add(operation="ListServiceDeployments", kind="access-denied", times=None)
    deploy_id = yard.ask("web", "1.5.0-unhealthy")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.said(deploy_id, MilestoneKind.END).splitlines()[0] == (
        "*Rolled back* to `web:17`: ECS gave up on the new revision and rolls back by itself (ECS deployment "
        f"circuit breaker: tasks failed to start).{PASSED_OVER}"
    )


def test_a_cancel_is_not_taken_for_somebody_elses_deployment(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).rollout.new_pending)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`.{PASSED_OVER}"
    )
    assert yard.images_running("web") == {"1.4.0"}


def test_whoever_follows_such_a_rollout_reads_the_version_that_runs(yard: Yard) -> None:
    begin_elsewhere(yard, "1.5.0-unhealthy")
    deploy_id = follow(yard)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        "*Rolled back* to `web:17`, by ECS and not by me: ECS gave up on the new revision"
    )


def test_somebody_elses_deployment_during_that_way_back_still_supersedes(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).rollout.new_pending)
    yard.cancel(deploy_id)
    yard.until(lambda: yard.get(deploy_id).ecs_back)
    begin_elsewhere(yard, "1.4.1")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED


@pytest.mark.parametrize("status", sorted(enum("ServiceDeploymentStatus")))
def test_it_is_noted_only_while_ecs_is_on_that_way(status: str) -> None:
    deploy = a_deploy(deployment_id=OURS, new_revision=NEW)

    left = noted(deploy, service_with(a_deployment(OTHERS, OLD)), own(status))

    theirs = EcsBack(deployment_id=OTHERS, revision=OLD)
    assert left.ecs_back == (theirs if status == "ROLLBACK_IN_PROGRESS" else None)


@pytest.mark.parametrize(
    "primary",
    [a_deployment(), a_deployment("ecs-svc/1", OLD), a_deployment(OTHERS, NEW)],
    ids=["ours", "the one before", "of the new version"],
)
def test_what_cannot_be_ecs_own_way_back_is_not_noted(primary: Any) -> None:
    deploy = a_deploy(deployment_id=OURS, previous_deployment_id="ecs-svc/1", new_revision=NEW)

    assert noted(deploy, service_with(primary), own("ROLLBACK_IN_PROGRESS")) == deploy
    assert noted(deploy, None, own("ROLLBACK_IN_PROGRESS")) == deploy


def test_only_that_very_deployment_is_where_ecs_went() -> None:
    deploy = a_deploy(ecs_back=EcsBack(deployment_id=OTHERS, revision=OLD))
    there = service_with(a_deployment(OTHERS, OLD))

    assert gone_back(deploy, there)
    assert not gone_back(deploy, service_with(a_deployment("ecs-svc/9", OLD)))
    assert not gone_back(deploy, replace(there, deployments=()))
    assert not gone_back(a_deploy(), there)
