"""How a rollout stands: a pure function of the record and of what ECS shows.

A rollout is followed by identity (our deployment id, our service deployment), not by a service being stable.
Facts about statuses: Amazon ECS API reference, ServiceDeployment and Deployment.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from workers.ecs.seen import DeploymentSeen, ServiceDeploymentSeen, ServiceSeen


class Stand(Enum):
    """How a rollout stands."""

    GOING = "going"
    SUCCEEDED = "succeeded"
    ROLLING_BACK = "rolling back"  # ECS itself is on the way back
    ROLLED_BACK = "rolled back"  # ECS itself finished the way back
    FAILED = "failed"  # it failed and ECS does not bring the old revision back
    SUPERSEDED = "superseded"  # a newer deployment that is not ours has the service
    GONE = "gone"  # the service is being deleted, or is
    EMPTIED = "emptied"  # ECS calls it complete, as it wants no task: nothing of it ran

    @property
    def final(self) -> bool:
        """Whether it can be followed no further."""
        return self not in (Stand.GOING, Stand.ROLLING_BACK)


@dataclass(frozen=True)
class Followed:
    """Whose rollout is followed."""

    deployment_id: str
    revision: str
    old_revision: str
    previous_deployment_id: str | None = None
    """The deployment before ours. ECS never goes back to one: where it is PRIMARY, the read is stale."""
    seen_going_back: bool = False
    """An earlier look saw ECS on its own way back; its reason may say something else by now."""
    ecs_back: str = ""
    """The deployment by which ECS itself was seen to go back."""
    served: bool = False
    """An earlier look saw the new version serve. Where none did, success at desired count 0 is none."""


STAND_BY_STATUS: dict[str, Stand | None] = {
    "PENDING": Stand.GOING,
    "IN_PROGRESS": Stand.GOING,
    "SUCCESSFUL": Stand.SUCCEEDED,
    "STOP_REQUESTED": Stand.GOING,
    "STOPPED": None,  # by whom, the service shows
    "ROLLBACK_REQUESTED": Stand.ROLLING_BACK,
    "ROLLBACK_IN_PROGRESS": Stand.ROLLING_BACK,
    "ROLLBACK_SUCCESSFUL": Stand.ROLLED_BACK,
    "ROLLBACK_FAILED": Stand.FAILED,
}
"""Every value of the enum ServiceDeploymentStatus."""

STAND_BY_ROLLOUT_STATE: dict[str, Stand] = {
    "IN_PROGRESS": Stand.GOING,
    "COMPLETED": Stand.SUCCEEDED,
    "FAILED": Stand.FAILED,
    "": Stand.GOING,  # unknown, which is not done
}
"""Every value of the enum DeploymentRolloutState, and none."""


def stand(followed: Followed, service: ServiceSeen | None, own: ServiceDeploymentSeen | None) -> Stand:
    """How the followed rollout stands. `own` is its service deployment, None where ECS shows none (yet)."""
    if service is None or service.status != "ACTIVE":
        return Stand.GONE
    stands = _by_identity(followed, service, own)
    if stands is Stand.SUCCEEDED and wants_no_task(service) and not followed.served:
        return Stand.EMPTIED
    return stands


def in_progress(service: ServiceSeen) -> DeploymentSeen | None:
    """The deployment that ECS is rolling out; None where none is. Pure.

    Where ECS tells no state, as behind a Classic Load Balancer, one goes on while another deployment is left
    that has tasks, or gave way before the full count ran.
    """
    primary = service.primary
    if primary is None:
        return None
    others = [each for each in service.deployments if each.id != primary.id]
    left = any(each.running or each.pending for each in others)
    # PRIMARY wants 0 until the scheduler's first pass; the service's own count is true at once.
    unfinished = bool(others) and primary.running < max(primary.desired, service.desired)
    going = primary.rollout_state == "IN_PROGRESS" or (not primary.rollout_state and (left or unfinished))
    return primary if going else None


def wants_no_task(service: ServiceSeen) -> bool:
    """Whether ECS is to run none: then it calls any rollout complete at once. A DAEMON service has no count
    that could be set."""
    return service.desired == 0 and service.scheduling != "DAEMON"


def _by_identity(followed: Followed, service: ServiceSeen, own: ServiceDeploymentSeen | None) -> Stand:
    if own is not None:
        by_status = STAND_BY_STATUS.get(own.status, Stand.GOING)
        if by_status is Stand.SUCCEEDED and _is_stale(followed, service):
            return Stand.GOING
        if by_status not in (None, Stand.GOING):
            return by_status
        if by_status is None:
            return _taken_or(Stand.FAILED, followed, service)
        return _taken_or(Stand.GOING, followed, service)
    primary = service.primary
    if primary is None or _is_stale(followed, service):
        return Stand.GOING
    if primary.id == followed.deployment_id:
        return STAND_BY_ROLLOUT_STATE.get(primary.rollout_state, Stand.GOING)
    if _is_breaker_rollback(followed, service, primary):
        return Stand.ROLLED_BACK if primary.rollout_state == "COMPLETED" else Stand.ROLLING_BACK
    return Stand.SUPERSEDED


def _is_stale(followed: Followed, service: ServiceSeen) -> bool:
    """Whether the service is shown as it was before our update: its counts are not those of our tasks."""
    before = followed.previous_deployment_id
    return before is not None and service.primary is not None and service.primary.id == before


def _taken_or(otherwise: Stand, followed: Followed, service: ServiceSeen) -> Stand:
    """SUPERSEDED when the service belongs to a deployment that is neither ours nor ECS's own way back."""
    primary = service.primary
    if primary is None or primary.id in (followed.deployment_id, followed.previous_deployment_id):
        return otherwise
    return Stand.ROLLING_BACK if _is_breaker_rollback(followed, service, primary) else Stand.SUPERSEDED


def _is_breaker_rollback(followed: Followed, service: ServiceSeen, primary: DeploymentSeen) -> bool:
    """ECS's own rollback is a new deployment of the old revision, beside ours which FAILED."""
    if primary.id == followed.ecs_back:
        return True
    if primary.revision != followed.old_revision:
        return False
    ours = service.deployment(followed.deployment_id)
    failed = ours is not None and ours.rollout_state == "FAILED"
    said = says_going_back(primary) or _told_of_going_back(followed, service)
    return failed or followed.seen_going_back or said


def says_going_back(deployment: DeploymentSeen) -> bool:
    """Whether ECS's own reason for a deployment is that another one failed. Pure."""
    return "rolling back" in deployment.rollout_reason.lower()


def _told_of_going_back(followed: Followed, service: ServiceSeen) -> bool:
    """Whether events tell that ours failed and ECS went back, which may be over between two looks.

    The words are ECS's (developer guide, "Service event messages").
    """
    ours = f"(deployment {followed.deployment_id}) deployment failed"
    failed = [event.at for event in service.events if ours in event.message]
    back = [event.at for event in service.events if "rolling back to deployment" in event.message]
    return bool(failed and back) and max(back) >= min(failed)
