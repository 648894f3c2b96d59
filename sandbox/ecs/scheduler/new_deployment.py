"""Starts a deployment: a new PRIMARY, its service revision and its service deployment."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import circuit_breaker
from sandbox.ecs.ids import deployment_number
from sandbox.ecs.records import Deployment, EcsService, ServiceDeployment, ServiceRevision
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import alarm_monitoring, service_deployment_status, shift_stages


def start_deployment(
    region: EcsRegion, service: EcsService, task_definition: str, settings: dict[str, Any]
) -> Deployment:
    """Create a new PRIMARY deployment, its service revision and its service deployment."""
    sources = tuple(dict.fromkeys(_revisions_with_tasks(region, service)))
    _stop_superseded(region, service)
    deployment_id = region.ids.new_deployment_id()
    number = deployment_number(deployment_id)
    revision = ServiceRevision(
        arn=region.ids.arn("service-revision", service.cluster, service.name, number),
        service=service.arn,
        cluster_arn=service.cluster_arn,
        task_definition=task_definition,
        created_at=region.now,
        settings=settings,
        images=_resolved_images(region, task_definition),
    )
    region.tables.revisions.put(revision.arn, revision)
    service_deployment = _create_service_deployment(region, service, deployment_id, revision.arn, sources)
    deployment = create_primary_deployment(region, service, revision, deployment_id, service_deployment.arn)
    region.update_service(service.arn, settings=settings)
    return deployment


def _revisions_with_tasks(region: EcsRegion, service: EcsService) -> list[str]:
    with_tasks = {task.deployment for task in region.tables.tasks_of(service.arn) if task.is_wanted}
    deployments = region.tables.deployments_of(service.arn)
    deployments.sort(key=lambda deployment: deployment.id != service.last_completed)
    return [d.revision for d in deployments if d.id in with_tasks or d.id == service.last_completed]


def _resolved_images(region: EcsRegion, task_definition: str) -> tuple[dict[str, str], ...]:
    """ECS resolves each tag to its digest once for a deployment (version consistency)."""
    images = []
    for container in region.task_definition(task_definition).containers:
        image = {"containerName": container["name"], "image": container["image"]}
        digest = region.images.resolve(container["image"]).digest
        images.append({**image, "imageDigest": digest} if digest else image)
    return tuple(images)


def _create_service_deployment(
    region: EcsRegion, service: EcsService, deployment: str, target: str, sources: tuple[str, ...]
) -> ServiceDeployment:
    arn = region.ids.arn(
        "service-deployment", service.cluster, service.name, region.ids.new_service_deployment_id()
    )
    breaker = service.circuit_breaker
    service_deployment = ServiceDeployment(
        arn=arn,
        service=service.arn,
        cluster_arn=service.cluster_arn,
        deployment=deployment,
        target=target,
        sources=sources,
        configuration=service.configuration,
        created_at=region.now,
        visible_at=region.now + region.time_scale.seconds(region.durations.service_deployment_lag),
        updated_at=region.now,
        breaker_status="MONITORING" if breaker["enable"] else "DISABLED",
        stages=shift_stages.forward_stages(service.configuration, region.durations, len(sources)),
        threshold=circuit_breaker.failure_threshold(breaker, service.desired_count),
        **alarm_monitoring.initial_alarm_state(region, service.configuration),
    )
    return region.tables.service_deployments.put(arn, service_deployment)


def create_primary_deployment(
    region: EcsRegion,
    service: EcsService,
    revision: ServiceRevision,
    deployment_id: str,
    service_deployment_arn: str | None,
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
        desired_count=0,  # until the first reconcile
        rollout_reason=reason or f"ECS deployment {deployment_id} in progress.",
        service_deployment=service_deployment_arn,
        rolls_back=reason is not None,
        settings=revision.settings,
    )
    region.tables.deployments.put(deployment_id, deployment)
    region.update_service(service.arn, task_definition=revision.task_definition, is_steady=False)
    region.schedule_reconcile(service.arn)
    return deployment


def _stop_superseded(region: EcsRegion, service: EcsService) -> None:
    primary = region.tables.primary_of(service.arn)
    service_deployment = service_deployment_status.service_deployment_of(region, primary)
    if service_deployment is not None and service_deployment.is_in_progress:
        service_deployment_status.end_service_deployment(
            region, service_deployment.arn, "STOPPED", service_deployment_status.SUPERSEDED, stopped=True
        )
