"""The status of a rollout: a pure function of the record and of what ECS shows.

A rollout is followed by its id (our deployment, our service deployment), not by whether the service is
stable. Facts about statuses: Amazon ECS API reference, ServiceDeployment and Deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from deploys.records.confirmations import FINAL_IN_ECS, Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from workers.ecs.state import DeploymentState, ServiceDeploymentState, ServiceState


class RolloutStatus(Enum):
    """The status of a rollout."""

    IN_PROGRESS = "going"
    SUCCEEDED = "succeeded"
    ROLLING_BACK = "rolling back"  # by ECS itself
    ROLLED_BACK = "rolled back"  # by ECS itself
    FAILED = "failed"  # and ECS does not bring the old revision back
    SUPERSEDED = "superseded"  # a newer deployment of somebody else has the service
    SERVICE_DELETED = "gone"  # or it is being deleted
    SCALED_TO_ZERO = "emptied"  # ECS calls it complete since it wants no task, but nothing of it ran

    @property
    def final(self) -> bool:
        """Whether it can be followed no further."""
        return self in _OBSERVATIONS

    @property
    def observation(self) -> Observation:
        """What a second read has to confirm, for a status that is final."""
        return _OBSERVATIONS[self]


_OBSERVATIONS: Mapping[RolloutStatus, Observation] = {
    RolloutStatus.SUCCEEDED: Observation.ROLLOUT_SUCCEEDED,
    RolloutStatus.ROLLED_BACK: Observation.ROLLED_BACK_BY_ECS,
    RolloutStatus.FAILED: Observation.ROLLOUT_FAILED,
    RolloutStatus.SUPERSEDED: Observation.SUPERSEDED,
    RolloutStatus.SERVICE_DELETED: Observation.SERVICE_DELETED,
    RolloutStatus.SCALED_TO_ZERO: Observation.SCALED_TO_ZERO,
}
"""The statuses that are final."""


@dataclass(frozen=True)
class FollowedRollout:
    """Which rollout is followed."""

    deployment_id: str
    revision: str
    old_revision: str
    previous_deployment_id: str | None = None
    """The deployment before ours. If it is PRIMARY, the read is stale: ECS rolls back with a new
    deployment.
    """
    seen_rolling_back: bool = False
    """An earlier read saw ECS roll back; its reason may say something else by now."""
    ecs_rollback_id: str = ""
    """The deployment by which ECS itself was seen to roll back."""
    has_served: bool = False
    """An earlier read saw the new version serve. Otherwise, success at desired count 0 does not count."""


STATUS_BY_SERVICE_DEPLOYMENT: dict[str, RolloutStatus | None] = {
    "PENDING": RolloutStatus.IN_PROGRESS,
    "IN_PROGRESS": RolloutStatus.IN_PROGRESS,
    "SUCCESSFUL": RolloutStatus.SUCCEEDED,
    "STOP_REQUESTED": RolloutStatus.IN_PROGRESS,
    "STOPPED": None,  # the service shows by whom
    "ROLLBACK_REQUESTED": RolloutStatus.ROLLING_BACK,
    "ROLLBACK_IN_PROGRESS": RolloutStatus.ROLLING_BACK,
    "ROLLBACK_SUCCESSFUL": RolloutStatus.ROLLED_BACK,
    "ROLLBACK_FAILED": RolloutStatus.FAILED,
}
"""Every value of the enum ServiceDeploymentStatus."""

STATUS_BY_ROLLOUT_STATE: dict[str, RolloutStatus] = {
    "IN_PROGRESS": RolloutStatus.IN_PROGRESS,
    "COMPLETED": RolloutStatus.SUCCEEDED,
    "FAILED": RolloutStatus.FAILED,
    "": RolloutStatus.IN_PROGRESS,  # unknown
}
"""Every value of the enum DeploymentRolloutState, and none."""


RECORD_READ_SECONDS = 120.0
"""ECS's record of a rollout that goes on is read this often at least (seconds)."""


def judge_rollout(
    followed: FollowedRollout,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> RolloutStatus:
    """The status of the followed rollout. service_deployment: its own one; None while ECS does not show
    it.
    """
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return RolloutStatus.SERVICE_DELETED
    status = _judge_by_identity(followed, ecs_service, service_deployment)
    if status is RolloutStatus.SUCCEEDED and wants_no_tasks(ecs_service) and not followed.has_served:
        return RolloutStatus.SCALED_TO_ZERO
    return status


def is_shown_twice(
    status: RolloutStatus,
    followed: FollowedRollout,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> bool:
    """Whether the service alone, and ECS's record of the rollout, which is another read, both show this end.
    Pure.

    Only an end of our own rollout is meant, which ECS never takes back (`FINAL_IN_ECS`): so neither read can
    be an older one that shows what is not true any more.
    """
    if service_deployment is None or status.observation not in FINAL_IN_ECS:
        return False
    return judge_rollout(followed, ecs_service, None) is status


def needs_service_deployment(deploy: Deploy, ecs_service: ServiceState | None, now: float) -> bool:
    """Whether ECS's record of our rollout may say more than the service does. Pure.

    As long as the service shows our deployment as PRIMARY, IN_PROGRESS and without a failed task, a rolling
    update goes on: an end or a rollback shows there, too (ECS API reference, Deployment `rolloutState`). The
    record is read now and then all the same.
    """
    primary = ecs_service.primary if ecs_service else None
    goes_on = (
        ecs_service is not None
        and primary is not None
        and ecs_service.status == "ACTIVE"
        and ecs_service.strategy == "ROLLING"
        and primary.id == deploy.ecs.deployment_id
        and primary.rollout_state == "IN_PROGRESS"
        and primary.failed == 0
    )
    is_calm = (
        deploy.phase is Phase.FOLLOWING
        and deploy.cancel is None
        and deploy.pending_confirmation is None
        and deploy.rollback.cause is None
        and deploy.rollback.ecs_rollback is None
        and deploy.rollout.counts.failed_tasks == 0
    )
    read_at = max(deploy.ecs.service_deployment_read_at, deploy.ecs.rollout_started_at or 0.0)
    return not (goes_on and is_calm and now - read_at < RECORD_READ_SECONDS)


def find_deployment_in_progress(ecs_service: ServiceState) -> DeploymentState | None:
    """The deployment that ECS is rolling out; None if there is none. Pure.

    Behind a Classic Load Balancer, ECS shows no state. Then a rollout is in progress while another deployment
    is left that has tasks, or that was replaced before the full count ran.
    """
    primary = ecs_service.primary
    if primary is None:
        return None
    others = [each for each in ecs_service.deployments if each.id != primary.id]
    tasks_left = any(each.running or each.pending for each in others)
    # PRIMARY wants 0 until the scheduler's first pass; the service's own count is true at once.
    unfinished = bool(others) and primary.running < max(primary.desired, ecs_service.desired)
    in_progress = primary.rollout_state == "IN_PROGRESS" or (
        not primary.rollout_state and (tasks_left or unfinished)
    )
    return primary if in_progress else None


def wants_no_tasks(ecs_service: ServiceState) -> bool:
    """Whether ECS is to run no task: then it calls any rollout complete at once. Never true of a DAEMON
    service, which has no count.
    """
    return ecs_service.desired == 0 and ecs_service.scheduling != "DAEMON"


def _judge_by_identity(
    followed: FollowedRollout, ecs_service: ServiceState, service_deployment: ServiceDeploymentState | None
) -> RolloutStatus:
    if service_deployment is not None:
        by_status = STATUS_BY_SERVICE_DEPLOYMENT.get(service_deployment.status, RolloutStatus.IN_PROGRESS)
        if by_status is RolloutStatus.SUCCEEDED and _is_stale_read(followed, ecs_service):
            return RolloutStatus.IN_PROGRESS
        if by_status not in (None, RolloutStatus.IN_PROGRESS):
            return by_status
        if by_status is None:
            return _superseded_or(RolloutStatus.FAILED, followed, ecs_service)
        return _superseded_or(RolloutStatus.IN_PROGRESS, followed, ecs_service)
    primary = ecs_service.primary
    if primary is None or _is_stale_read(followed, ecs_service):
        return RolloutStatus.IN_PROGRESS
    if primary.id == followed.deployment_id:
        return STATUS_BY_ROLLOUT_STATE.get(primary.rollout_state, RolloutStatus.IN_PROGRESS)
    if _is_ecs_rollback(followed, ecs_service, primary):
        return (
            RolloutStatus.ROLLED_BACK if primary.rollout_state == "COMPLETED" else RolloutStatus.ROLLING_BACK
        )
    return RolloutStatus.SUPERSEDED


def _is_stale_read(followed: FollowedRollout, ecs_service: ServiceState) -> bool:
    """Whether the read shows the service, and its counts, as they were before our update."""
    before = followed.previous_deployment_id
    return before is not None and ecs_service.primary is not None and ecs_service.primary.id == before


def _superseded_or(
    otherwise: RolloutStatus, followed: FollowedRollout, ecs_service: ServiceState
) -> RolloutStatus:
    """SUPERSEDED if the service belongs to a deployment that is neither ours nor ECS's own rollback."""
    primary = ecs_service.primary
    if primary is None or primary.id in (followed.deployment_id, followed.previous_deployment_id):
        return otherwise
    return (
        RolloutStatus.ROLLING_BACK
        if _is_ecs_rollback(followed, ecs_service, primary)
        else RolloutStatus.SUPERSEDED
    )


def _is_ecs_rollback(followed: FollowedRollout, ecs_service: ServiceState, primary: DeploymentState) -> bool:
    """ECS's own rollback is a new deployment of the old revision, beside ours, which is FAILED."""
    if primary.id == followed.ecs_rollback_id:
        return True
    if primary.revision != followed.old_revision:
        return False
    ours = ecs_service.find_deployment(followed.deployment_id)
    failed = ours is not None and ours.rollout_state == "FAILED"
    says_so = says_rolling_back(primary) or _events_say_rolling_back(followed, ecs_service)
    return failed or followed.seen_rolling_back or says_so


def says_rolling_back(deployment: DeploymentState) -> bool:
    """Whether ECS's own reason for a deployment is that another one failed. Pure."""
    return "rolling back" in deployment.rollout_reason.lower()


def _events_say_rolling_back(followed: FollowedRollout, ecs_service: ServiceState) -> bool:
    """Whether events say that ours failed and ECS rolled back, which may be over between two reads.

    The words are ECS's (developer guide, "Service event messages").
    """
    ours = f"(deployment {followed.deployment_id}) deployment failed"
    failed = [event.at for event in ecs_service.events if ours in event.message]
    back = [event.at for event in ecs_service.events if "rolling back to deployment" in event.message]
    return bool(failed and back) and max(back) >= min(failed)
