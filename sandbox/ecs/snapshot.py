"""The whole state of the region as plain data, for the checks of tests."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.records import EcsTask
from sandbox.ecs.region import EcsRegion


def snapshot(region: EcsRegion) -> dict[str, Any]:
    """All services, deployments, service deployments and tasks since the start, oldest first.

    Times are in seconds since the epoch; None for what has not happened yet.
    """
    tables = region.tables
    return {
        "now": region.now,
        "services": {
            service.name: {
                "arn": service.arn,
                "cluster": service.cluster,
                "status": service.status,
                "desiredCount": service.desired_count,
                "taskDefinition": service.task_definition,
                "steady": service.is_steady,
                "tags": service.tags,
            }
            for service in tables.services.values()
        },
        "deployments": [
            {
                "id": deployment.id,
                "service": tables.services[deployment.service].name,
                "status": deployment.status,
                "taskDefinition": deployment.task_definition,
                "rolloutState": deployment.rollout_state,
                "failedTasks": deployment.failed_tasks,
                "createdAt": deployment.created_at,
                "rollsBack": deployment.rolls_back,
                "serviceDeployment": deployment.service_deployment,
            }
            for deployment in tables.deployments.values()
        ],
        "serviceDeployments": [
            {
                "arn": service_deployment.arn,
                "service": tables.services[service_deployment.service].name,
                "status": service_deployment.status,
                "deployment": service_deployment.deployment,
                "createdAt": service_deployment.created_at,
                "finishedAt": service_deployment.finished_at,
            }
            for service_deployment in tables.service_deployments.values()
        ],
        "tasks": [_task_json(region, task) for task in (*region.forgotten_tasks, *tables.tasks.values())],
    }


def _task_json(region: EcsRegion, task: EcsTask) -> dict[str, Any]:
    service = region.tables.services[task.service].name if task.service else None
    return {
        "arn": task.arn,
        "id": task.id,
        "service": service,
        "deployment": task.deployment,
        "taskDefinition": task.task_definition,
        "images": {container.name: container.image for container in task.containers},
        "lastStatus": task.last_status,
        "desiredStatus": task.desired_status,
        "healthy": task.is_healthy,
        "createdAt": task.created_at,
        "startedAt": task.started_at,
        "stoppingAt": task.stopping_at,
        "stoppedAt": task.stopped_at,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "protectedUntil": task.protected_until,
    }
