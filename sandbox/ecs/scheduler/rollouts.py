"""Deployments complete, fail and roll back; their service deployments tell the same story."""

from __future__ import annotations

from sandbox.ecs import telling
from sandbox.ecs.records import Deployment, Rollback, Service
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import stories
from sandbox.ecs.scheduler.beginning import make_primary


def start(region: Region, deployment: Deployment) -> None:
    """The scheduler has taken the deployment up."""
    story = stories.story_of(region, deployment)
    if story is not None and story.status == "PENDING":
        region.update_service_deployment(
            story.arn, status="IN_PROGRESS", started_at=region.now, lifecycle_stage="SCALE_UP"
        )


def complete(region: Region, service: Service, deployment: Deployment) -> None:
    region.update_deployment(
        deployment.id,
        rollout_state="COMPLETED",
        rollout_reason=f"ECS deployment {deployment.id} completed.",
        failed_tasks=0,
    )
    for other in region.tables.deployments_of(service.arn):
        if other.id != deployment.id:
            region.update_deployment(other.id, status="INACTIVE")
    region.update_service(service.arn, last_completed=deployment.id)
    telling.tell(region, service.arn, telling.completed(deployment.id))
    story = stories.story_of(region, deployment)
    if story is not None and story.under_way:
        stories.end_story(region, story.arn, "ROLLBACK_SUCCESSFUL" if deployment.rolls_back else "SUCCESSFUL")


def trip(region: Region, service: Service, deployment: Deployment) -> None:
    """The circuit breaker has seen enough failures."""
    deployment = _fail(region, deployment, "ECS deployment circuit breaker: tasks failed to start.")
    telling.tell(region, service.arn, telling.failed_to_start(deployment.id))
    story = stories.story_of(region, deployment)
    if story is None:
        return
    if deployment.rolls_back:
        stories.end_story(region, story.arn, "ROLLBACK_FAILED", stories.ROLLBACK_FAILED)
        return
    region.update_service_deployment(
        story.arn, breaker_status="TRIGGERED", failure_count=deployment.failed_tasks
    )
    if not service.circuit_breaker["rollback"]:
        stories.end_story(region, story.arn, "STOPPED", stories.BREAKER_STOPPED, stopped=True)
        return
    roll_back(region, service, deployment, "circuit breaker", stories.BREAKER_ROLLED_BACK)


def _fail(region: Region, deployment: Deployment, reason: str) -> Deployment:
    return region.update_deployment(deployment.id, rollout_state="FAILED", rollout_reason=reason, halted=True)


def roll_back(region: Region, service: Service, failed: Deployment, cause: str, reason: str) -> None:
    """A new PRIMARY deployment of the revision that was last completed."""
    assert failed.service_deployment is not None
    good = region.tables.deployments.get(service.last_completed or "")
    if good is None:
        stories.end_story(region, failed.service_deployment, "ROLLBACK_FAILED", stories.NO_CANDIDATE)
        return
    revision = region.tables.revisions[good.revision]
    region.update_service_deployment(
        failed.service_deployment,
        status="ROLLBACK_IN_PROGRESS",
        status_reason=reason,
        rollback=Rollback(reason, region.now, revision.arn),
    )
    telling.tell(region, service.arn, telling.rolling_back(good.id))
    make_primary(
        region,
        service,
        revision,
        region.names.deployment_id(),
        failed.service_deployment,
        reason=f"ECS deployment {cause}: rolling back to deploymentId {good.id}.",
    )
    region.update_service(service.arn, settings=revision.settings)


def obey_stop_request(region: Region, service: Service, deployment: Deployment) -> bool:
    """Carry out what StopServiceDeployment asked for; say whether there was anything."""
    story = stories.story_of(region, deployment)
    if story is None or story.status not in ("STOP_REQUESTED", "ROLLBACK_REQUESTED"):
        return False
    deployment = _fail(region, deployment, f"ECS deployment {deployment.id} was stopped.")
    if story.status == "STOP_REQUESTED":
        stories.end_story(region, story.arn, "STOPPED", stories.STOPPED_ON_REQUEST, stopped=True)
    else:
        roll_back(region, service, deployment, "stopped", stories.ROLLED_BACK_ON_REQUEST)
    return True
