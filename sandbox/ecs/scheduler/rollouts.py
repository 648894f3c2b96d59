"""Deployments complete, fail and roll back; their service deployments tell the same story."""

from __future__ import annotations

from sandbox.ecs import telling
from sandbox.ecs.records import Deployment, Rollback, Service
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import failures, shifting, stories, strategies, watching
from sandbox.ecs.scheduler.beginning import make_primary
from sandbox.ecs.scheduler.hooks import called_off


def start(region: Region, service: Service, deployment: Deployment) -> None:
    """The scheduler has taken the deployment up. Before that, DescribeServices shows it with a desiredCount
    of 0."""
    if deployment.desired_count != service.desired_count:
        region.update_deployment(deployment.id, desired_count=service.desired_count)
    story = stories.story_of(region, deployment)
    if story is not None and story.status == "PENDING":
        story = region.update_service_deployment(
            story.arn, status="IN_PROGRESS", started_at=region.now, lifecycle_stage="SCALE_UP"
        )
        if story.stages:
            shifting.enter(region, story, 0)


def complete(region: Region, service: Service, deployment: Deployment) -> None:
    region.update_deployment(
        deployment.id,
        rollout_state="COMPLETED",
        rollout_reason=f"ECS deployment {deployment.id} completed.",
        failed_tasks=0,
    )
    retire_others(region, deployment)
    region.update_service(service.arn, last_completed=deployment.id)
    telling.tell(region, service.arn, telling.completed(deployment.id))
    story = stories.story_of(region, deployment)
    if story is not None and story.under_way:
        stories.end_story(region, story.arn, "ROLLBACK_SUCCESSFUL" if deployment.rolls_back else "SUCCESSFUL")


def retire_others(region: Region, deployment: Deployment) -> None:
    """Deployments before this one go once they have no task left to look after."""
    kept = {task.deployment for task in region.tables.tasks_of(deployment.service) if task.live}
    for other in region.tables.deployments_of(deployment.service):
        if other.id != deployment.id and other.id not in kept and other.status != "INACTIVE":
            region.update_deployment(other.id, status="INACTIVE")


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
    story = region.tables.service_deployments[failed.service_deployment]
    story = region.update_service_deployment(
        story.arn,
        status="ROLLBACK_IN_PROGRESS",
        status_reason=reason,
        rollback=Rollback(reason, region.now, revision.arn),
        hooks=called_off(story.hooks),
    )
    telling.tell(region, service.arn, telling.rolling_back(good.id))
    back = make_primary(
        region,
        service,
        revision,
        region.names.deployment_id(),
        story.arn,
        reason=f"ECS deployment {cause}: rolling back to deploymentId {good.id}.",
    )
    region.update_service(service.arn, settings=revision.settings)
    if story.stages:
        stages = strategies.way_back(story.production, region.lifetimes)
        story = region.update_service_deployment(story.arn, stages=stages)
        shifting.turn_back(region, service, story, good.id, back.id)


def turn_if_need_be(region: Region, service: Service, deployment: Deployment) -> None:
    """Stop or roll back a deployment that was told to, or that has failed."""
    if obey_stop_request(region, service, deployment):
        return
    story = stories.story_of(region, deployment)
    if story is not None and shifting.refused_by_hook(story):
        deployment = _fail(region, deployment, f"ECS deployment {deployment.id} was stopped.")
        roll_back(region, service, deployment, "lifecycle hook", stories.hook_rolled_back(story))
    elif failures.tripped(service, deployment):
        trip(region, service, deployment)
    elif watching.rings(region, service, stories.story_of(region, deployment)):
        _give_in_to_alarm(region, service, deployment)


def _give_in_to_alarm(region: Region, service: Service, deployment: Deployment) -> None:
    deployment = _fail(region, deployment, "ECS deployment failed: alarm detected.")
    telling.tell(region, service.arn, telling.alarm_detected(deployment.id))
    story = stories.story_of(region, deployment)
    assert story is not None
    if story.configuration["alarms"]["rollback"]:
        roll_back(region, service, deployment, "alarm detected", stories.ALARM_ROLLED_BACK)
    else:
        stories.end_story(region, story.arn, "STOPPED", stories.ALARM_STOPPED, stopped=True)


def obey_stop_request(region: Region, service: Service, deployment: Deployment) -> bool:
    """Carry out what StopServiceDeployment asked for; say whether there was anything."""
    story = stories.story_of(region, deployment)
    if story is None or story.status not in ("STOP_REQUESTED", "ROLLBACK_REQUESTED"):
        return False
    deployment = _fail(region, deployment, f"ECS deployment {deployment.id} was stopped.")
    if story.status == "STOP_REQUESTED":
        stories.end_story(region, story.arn, "STOPPED", stories.STOPPED_ON_REQUEST, stopped=True)
    elif any(hook.demands_rollback for hook in story.hooks):
        roll_back(region, service, deployment, "lifecycle hook", stories.hook_rolled_back(story))
    else:
        roll_back(region, service, deployment, "stopped", stories.ROLLED_BACK_ON_REQUEST)
    return True
