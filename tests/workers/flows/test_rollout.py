"""How a rollout stands, over every value of the enums that the decision reads."""

from __future__ import annotations

from dataclasses import replace

import boto3
import pytest

from tests.builders import ARN
from workers.ecs.seen import DeploymentSeen, EventSeen, ServiceDeploymentSeen, ServiceSeen
from workers.flows.rollout import STAND_BY_ROLLOUT_STATE, STAND_BY_STATUS, Followed, Stand, stand

OURS = "ecs-svc/2222222222222222222"
OTHERS = "ecs-svc/3333333333333333333"
OLD = f"{ARN}:task-definition/web:1"
NEW = f"{ARN}:task-definition/web:2"
FOREIGN = f"{ARN}:task-definition/web:9"
FOLLOWED = Followed(OURS, NEW, OLD)
BREAKER = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."


def enum(name: str) -> set[str]:
    model = boto3.client("ecs", region_name="eu-west-1").meta.service_model
    return set(model.shape_for(name).enum)  # type: ignore[attr-defined]


def a_deployment(
    deployment_id: str = OURS, revision: str = NEW, state: str = "IN_PROGRESS", reason: str = ""
) -> DeploymentSeen:
    return DeploymentSeen(
        id=deployment_id,
        status="PRIMARY",
        revision=revision,
        desired=3,
        pending=0,
        running=3,
        rollout_state=state,
        rollout_reason=reason,
    )


def service_with(primary: DeploymentSeen, status: str = "ACTIVE") -> ServiceSeen:
    return ServiceSeen(
        arn=f"{ARN}:service/production/web",
        name="web",
        status=status,
        revision=primary.revision,
        desired=3,
        pending=0,
        running=3,
        deployments=(primary,),
    )


def own(status: str) -> ServiceDeploymentSeen:
    return ServiceDeploymentSeen(arn=f"{ARN}:service-deployment/production/web/x", status=status)


def test_every_status_of_a_service_deployment_is_decided() -> None:
    assert set(STAND_BY_STATUS) == enum("ServiceDeploymentStatus")


def test_every_rollout_state_is_decided() -> None:
    assert set(STAND_BY_ROLLOUT_STATE) - {""} == enum("DeploymentRolloutState")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PENDING", Stand.GOING),
        ("IN_PROGRESS", Stand.GOING),
        ("SUCCESSFUL", Stand.SUCCEEDED),
        ("STOP_REQUESTED", Stand.GOING),
        ("STOPPED", Stand.FAILED),
        ("ROLLBACK_REQUESTED", Stand.ROLLING_BACK),
        ("ROLLBACK_IN_PROGRESS", Stand.ROLLING_BACK),
        ("ROLLBACK_SUCCESSFUL", Stand.ROLLED_BACK),
        ("ROLLBACK_FAILED", Stand.FAILED),
    ],
)
def test_the_service_deployment_decides_while_ours_is_primary(status: str, expected: Stand) -> None:
    assert stand(FOLLOWED, service_with(a_deployment()), own(status)) is expected


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "STOPPED"])
def test_a_newer_deployment_that_is_not_ours_supersedes(status: str) -> None:
    theirs = service_with(a_deployment(OTHERS, FOREIGN))

    assert stand(FOLLOWED, theirs, own(status)) is Stand.SUPERSEDED


@pytest.mark.parametrize("seen", [own("IN_PROGRESS"), own("SUCCESSFUL"), None])
def test_a_stale_read_that_shows_the_deployment_before_ours_is_no_end(
    seen: ServiceDeploymentSeen | None,
) -> None:
    followed = Followed(OURS, NEW, OLD, previous_deployment_id="ecs-svc/1")
    stale = service_with(a_deployment("ecs-svc/1", OLD, state="COMPLETED"))

    assert stand(followed, stale, seen) is Stand.GOING


def test_a_success_stays_one_when_somebody_deploys_right_after() -> None:
    theirs = service_with(a_deployment(OTHERS, FOREIGN))

    assert stand(FOLLOWED, theirs, own("SUCCESSFUL")) is Stand.SUCCEEDED


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("IN_PROGRESS", Stand.GOING),
        ("COMPLETED", Stand.SUCCEEDED),
        ("FAILED", Stand.FAILED),
        ("", Stand.GOING),
    ],
)
def test_without_service_deployments_the_rollout_state_of_our_own_decides(
    state: str, expected: Stand
) -> None:
    assert stand(FOLLOWED, service_with(a_deployment(state=state)), None) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [("IN_PROGRESS", Stand.ROLLING_BACK), ("COMPLETED", Stand.ROLLED_BACK)],
)
def test_a_stable_service_after_a_breaker_rollback_is_not_a_success(state: str, expected: Stand) -> None:
    back = service_with(a_deployment(OTHERS, OLD, state=state, reason=BREAKER))

    assert stand(FOLLOWED, back, None) is expected


def test_a_rollback_that_was_seen_under_way_is_known_at_its_end() -> None:
    followed = Followed(OURS, NEW, OLD, seen_going_back=True)
    back = service_with(a_deployment(OTHERS, OLD, state="COMPLETED", reason="completed."))

    assert stand(followed, back, None) is Stand.ROLLED_BACK


def test_a_rollback_that_was_over_between_two_looks_is_known_by_the_events() -> None:
    back = service_with(a_deployment(OTHERS, OLD, state="COMPLETED", reason="completed."))
    gave_up = EventSeen(
        "1", 1.0, f"(service web) (deployment {OURS}) deployment failed: tasks failed to start."
    )
    goes_back = EventSeen("2", 1.0, "(service web) rolling back to deployment ecs-svc/1.")

    assert stand(FOLLOWED, replace(back, events=(goes_back, gave_up)), None) is Stand.ROLLED_BACK
    assert stand(FOLLOWED, replace(back, events=(gave_up,)), None) is Stand.SUPERSEDED
    assert stand(FOLLOWED, replace(back, events=(goes_back,)), None) is Stand.SUPERSEDED


def test_a_person_who_redeploys_the_old_revision_supersedes_and_is_no_rollback() -> None:
    theirs = service_with(
        a_deployment(OTHERS, OLD, state="COMPLETED", reason=f"ECS deployment {OTHERS} completed.")
    )

    assert stand(FOLLOWED, theirs, None) is Stand.SUPERSEDED


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_a_service_that_is_deleted_is_gone(status: str) -> None:
    assert stand(FOLLOWED, service_with(a_deployment(), status), own("IN_PROGRESS")) is Stand.GONE


def test_a_service_that_ecs_does_not_know_is_gone() -> None:
    assert stand(FOLLOWED, None, own("IN_PROGRESS")) is Stand.GONE
