"""The status of a rollout, over every value of the enums that it is judged by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.workers.flows.ecs_state_builders import (
    FOLLOWED_ROLLOUT,
    NEW_REVISION,
    OLD_REVISION,
    OTHER_DEPLOYMENT,
    OTHER_REVISION,
    OUR_DEPLOYMENT,
    a_deployment,
    a_service_deployment,
    ecs_enum_values,
    service_with,
)
from workers.ecs.state import ServiceDeploymentState, ServiceEventState
from workers.flows.observe.rollout_status import (
    STATUS_BY_ROLLOUT_STATE,
    STATUS_BY_SERVICE_DEPLOYMENT,
    FollowedRollout,
    RolloutStatus,
    is_shown_twice,
    judge_rollout,
)

BREAKER_REASON = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."


def test_every_status_of_a_service_deployment_is_decided() -> None:
    assert set(STATUS_BY_SERVICE_DEPLOYMENT) == ecs_enum_values("ServiceDeploymentStatus")


def test_every_rollout_state_is_decided() -> None:
    assert set(STATUS_BY_ROLLOUT_STATE) - {""} == ecs_enum_values("DeploymentRolloutState")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PENDING", RolloutStatus.IN_PROGRESS),
        ("IN_PROGRESS", RolloutStatus.IN_PROGRESS),
        ("SUCCESSFUL", RolloutStatus.SUCCEEDED),
        ("STOP_REQUESTED", RolloutStatus.IN_PROGRESS),
        ("STOPPED", RolloutStatus.FAILED),
        ("ROLLBACK_REQUESTED", RolloutStatus.ROLLING_BACK),
        ("ROLLBACK_IN_PROGRESS", RolloutStatus.ROLLING_BACK),
        ("ROLLBACK_SUCCESSFUL", RolloutStatus.ROLLED_BACK),
        ("ROLLBACK_FAILED", RolloutStatus.FAILED),
    ],
)
def test_the_service_deployment_decides_while_ours_is_primary(status: str, expected: RolloutStatus) -> None:
    assert (
        judge_rollout(FOLLOWED_ROLLOUT, service_with(a_deployment()), a_service_deployment(status))
        is expected
    )


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "STOPPED"])
def test_a_newer_deployment_that_is_not_ours_supersedes(status: str) -> None:
    theirs = service_with(a_deployment(OTHER_DEPLOYMENT, OTHER_REVISION))

    assert judge_rollout(FOLLOWED_ROLLOUT, theirs, a_service_deployment(status)) is RolloutStatus.SUPERSEDED


@pytest.mark.parametrize(
    "service_deployment", [a_service_deployment("IN_PROGRESS"), a_service_deployment("SUCCESSFUL"), None]
)
def test_a_stale_read_that_shows_the_deployment_before_ours_is_no_end(
    service_deployment: ServiceDeploymentState | None,
) -> None:
    followed = FollowedRollout(OUR_DEPLOYMENT, NEW_REVISION, OLD_REVISION, previous_deployment_id="ecs-svc/1")
    stale = service_with(a_deployment("ecs-svc/1", OLD_REVISION, state="COMPLETED"))

    assert judge_rollout(followed, stale, service_deployment) is RolloutStatus.IN_PROGRESS


def test_a_success_stays_one_when_somebody_deploys_right_after() -> None:
    theirs = service_with(a_deployment(OTHER_DEPLOYMENT, OTHER_REVISION))

    assert (
        judge_rollout(FOLLOWED_ROLLOUT, theirs, a_service_deployment("SUCCESSFUL")) is RolloutStatus.SUCCEEDED
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("IN_PROGRESS", RolloutStatus.IN_PROGRESS),
        ("COMPLETED", RolloutStatus.SUCCEEDED),
        ("FAILED", RolloutStatus.FAILED),
        ("", RolloutStatus.IN_PROGRESS),
    ],
)
def test_without_service_deployments_the_rollout_state_of_our_own_decides(
    state: str, expected: RolloutStatus
) -> None:
    assert judge_rollout(FOLLOWED_ROLLOUT, service_with(a_deployment(state=state)), None) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [("IN_PROGRESS", RolloutStatus.ROLLING_BACK), ("COMPLETED", RolloutStatus.ROLLED_BACK)],
)
def test_a_stable_service_after_a_breaker_rollback_is_not_a_success(
    state: str, expected: RolloutStatus
) -> None:
    back = service_with(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION, state=state, reason=BREAKER_REASON))

    assert judge_rollout(FOLLOWED_ROLLOUT, back, None) is expected


def test_a_rollback_that_was_seen_under_way_is_known_at_its_end() -> None:
    followed = FollowedRollout(OUR_DEPLOYMENT, NEW_REVISION, OLD_REVISION, seen_rolling_back=True)
    back = service_with(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION, state="COMPLETED", reason="completed."))

    assert judge_rollout(followed, back, None) is RolloutStatus.ROLLED_BACK


def test_a_rollback_that_was_over_between_two_looks_is_known_by_the_events() -> None:
    back = service_with(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION, state="COMPLETED", reason="completed."))
    gave_up = ServiceEventState(
        "1", 1.0, f"(service web) (deployment {OUR_DEPLOYMENT}) deployment failed: tasks failed to start."
    )
    goes_back = ServiceEventState("2", 1.0, "(service web) rolling back to deployment ecs-svc/1.")

    assert (
        judge_rollout(FOLLOWED_ROLLOUT, replace(back, events=(goes_back, gave_up)), None)
        is RolloutStatus.ROLLED_BACK
    )
    assert judge_rollout(FOLLOWED_ROLLOUT, replace(back, events=(gave_up,)), None) is RolloutStatus.SUPERSEDED
    assert (
        judge_rollout(FOLLOWED_ROLLOUT, replace(back, events=(goes_back,)), None) is RolloutStatus.SUPERSEDED
    )


def test_a_person_who_redeploys_the_old_revision_supersedes_and_is_no_rollback() -> None:
    theirs = service_with(
        a_deployment(
            OTHER_DEPLOYMENT,
            OLD_REVISION,
            state="COMPLETED",
            reason=f"ECS deployment {OTHER_DEPLOYMENT} completed.",
        )
    )

    assert judge_rollout(FOLLOWED_ROLLOUT, theirs, None) is RolloutStatus.SUPERSEDED


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_a_service_that_is_deleted_is_gone(status: str) -> None:
    assert (
        judge_rollout(
            FOLLOWED_ROLLOUT, service_with(a_deployment(), status), a_service_deployment("IN_PROGRESS")
        )
        is RolloutStatus.SERVICE_DELETED
    )


def test_a_service_that_ecs_does_not_know_is_gone() -> None:
    assert (
        judge_rollout(FOLLOWED_ROLLOUT, None, a_service_deployment("IN_PROGRESS"))
        is RolloutStatus.SERVICE_DELETED
    )


ECS_BACK = service_with(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION, "COMPLETED", BREAKER_REASON))
AGREEMENTS = {
    ("COMPLETED", "SUCCESSFUL"): RolloutStatus.SUCCEEDED,
    ("FAILED", "STOPPED"): RolloutStatus.FAILED,
    ("FAILED", "ROLLBACK_FAILED"): RolloutStatus.FAILED,
}
"""The state of our deployment, while it is PRIMARY, and the status of its record that are the same end."""


@pytest.mark.parametrize("status", sorted(STATUS_BY_SERVICE_DEPLOYMENT))
@pytest.mark.parametrize("state", sorted(STATUS_BY_ROLLOUT_STATE))
def test_the_service_and_the_record_have_to_show_the_same_end(state: str, status: str) -> None:
    service, record = service_with(a_deployment(state=state)), a_service_deployment(status)
    judged = judge_rollout(FOLLOWED_ROLLOUT, service, record)

    shown_twice = judged.final and is_shown_twice(judged, FOLLOWED_ROLLOUT, service, record)

    assert shown_twice == ((state, status) in AGREEMENTS)
    assert not shown_twice or judged is AGREEMENTS[state, status]


@pytest.mark.parametrize("status", sorted(STATUS_BY_SERVICE_DEPLOYMENT))
def test_so_they_have_to_after_a_rollback_by_ecs(status: str) -> None:
    record = a_service_deployment(status)
    judged = judge_rollout(FOLLOWED_ROLLOUT, ECS_BACK, record)

    shown_twice = judged.final and is_shown_twice(judged, FOLLOWED_ROLLOUT, ECS_BACK, record)

    assert shown_twice == (status == "ROLLBACK_SUCCESSFUL")


def test_an_end_without_a_record_or_without_a_task_is_shown_once() -> None:
    done = service_with(a_deployment(state="COMPLETED"))
    emptied, record = replace(done, desired=0), a_service_deployment("SUCCESSFUL")

    assert not is_shown_twice(RolloutStatus.SUCCEEDED, FOLLOWED_ROLLOUT, done, None)
    assert judge_rollout(FOLLOWED_ROLLOUT, emptied, record) is RolloutStatus.SCALED_TO_ZERO
    assert not is_shown_twice(RolloutStatus.SCALED_TO_ZERO, FOLLOWED_ROLLOUT, emptied, record)
