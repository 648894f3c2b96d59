"""A deployment begins: a new PRIMARY, its service revision and its service deployment."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.names import deployment_number
from sandbox.ecs.records import Deployment, Service, ServiceDeployment, ServiceRevision
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import failures, stories, strategies, watching


def begin(region: Region, service: Service, task_definition: str, settings: dict[str, Any]) -> Deployment:
    """A new PRIMARY deployment, its service revision and its service deployment."""
    sources = tuple(dict.fromkeys(_revisions_with_tasks(region, service)))
    _supersede(region, service)
    deployment_id = region.names.deployment_id()
    number = deployment_number(deployment_id)
    revision = ServiceRevision(
        arn=region.names.arn("service-revision", service.cluster, service.name, number),
        service=service.arn,
        cluster_arn=service.cluster_arn,
        task_definition=task_definition,
        created_at=region.now,
        settings=settings,
        images=_resolved_images(region, task_definition),
    )
    region.tables.revisions.put(revision.arn, revision)
    story = _new_story(region, service, deployment_id, revision.arn, sources)
    deployment = make_primary(region, service, revision, deployment_id, story.arn)
    region.update_service(service.arn, settings=settings)
    return deployment


def _revisions_with_tasks(region: Region, service: Service) -> list[str]:
    with_tasks = {task.deployment for task in region.tables.tasks_of(service.arn) if task.live}
    deployments = region.tables.deployments_of(service.arn)
    deployments.sort(key=lambda deployment: deployment.id != service.last_completed)
    return [d.revision for d in deployments if d.id in with_tasks or d.id == service.last_completed]


def _resolved_images(region: Region, task_definition: str) -> tuple[dict[str, str], ...]:
    """ECS resolves each tag to its digest once for a deployment (version consistency)."""
    images = []
    for container in region.task_definition(task_definition).containers:
        image = {"containerName": container["name"], "image": container["image"]}
        digest = region.images.find(container["image"]).digest
        images.append({**image, "imageDigest": digest} if digest else image)
    return tuple(images)


def _new_story(
    region: Region, service: Service, deployment: str, target: str, sources: tuple[str, ...]
) -> ServiceDeployment:
    arn = region.names.arn(
        "service-deployment", service.cluster, service.name, region.names.service_deployment_id()
    )
    breaker = service.circuit_breaker
    story = ServiceDeployment(
        arn=arn,
        service=service.arn,
        cluster_arn=service.cluster_arn,
        deployment=deployment,
        target=target,
        sources=sources,
        configuration=service.configuration,
        created_at=region.now,
        visible_at=region.now + region.pace.seconds(region.lifetimes.service_deployment_lag),
        updated_at=region.now,
        breaker_status="MONITORING" if breaker["enable"] else "DISABLED",
        stages=strategies.way_forward(service.configuration, region.lifetimes, len(sources)),
        threshold=failures.threshold(breaker, service.desired_count),
        **watching.terms(region, service.configuration),
    )
    return region.tables.service_deployments.put(arn, story)


def make_primary(
    region: Region,
    service: Service,
    revision: ServiceRevision,
    deployment_id: str,
    story: str | None,
    reason: str | None = None,
) -> Deployment:
    for other in region.tables.deployments_of(service.arn):
        if other.status == "PRIMARY":
            region.update_deployment(other.id, status="ACTIVE")
    deployment = Deployment(
        id=deployment_id,
        service=service.arn,
        task_definition=revision.task_definition,
        revision=revision.arn,
        created_at=region.now,
        updated_at=region.now,
        desired_count=0,  # until the scheduler's first pass
        rollout_reason=reason or f"ECS deployment {deployment_id} in progress.",
        service_deployment=story,
        rolls_back=reason is not None,
        settings=revision.settings,
    )
    region.tables.deployments.put(deployment_id, deployment)
    region.update_service(service.arn, task_definition=revision.task_definition, steady=False)
    region.look_at(service.arn)
    return deployment


def _supersede(region: Region, service: Service) -> None:
    primary = region.tables.primary_of(service.arn)
    story = stories.story_of(region, primary)
    if story is not None and story.under_way:
        stories.end_story(region, story.arn, "STOPPED", stories.SUPERSEDED, stopped=True)
