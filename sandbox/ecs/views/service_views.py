"""Services and their deployments."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.ecs.records import Deployment, EcsService, EcsTask
from sandbox.ecs.tables import EcsTables
from sandbox.ecs.views.json_parts import Json, as_timestamp, tag_list

_DEPLOYMENT_SETTINGS = (
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)


def running_count(tasks: Iterable[EcsTask]) -> int:
    """Tasks that are DEACTIVATING, STOPPING or DEPROVISIONING are not counted, although they still run."""
    return sum(task.is_running for task in tasks)


def pending_count(tasks: Iterable[EcsTask]) -> int:
    return sum(task.is_pending for task in tasks)


def service_view(tables: EcsTables, service: EcsService, *, tags: bool) -> Json:
    tasks = tables.tasks_of(service.arn)
    deployments = tables.deployments_of(service.arn)
    view: Json = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster_arn,
        "loadBalancers": [],
        "serviceRegistries": [],
        "status": service.status,
        "desiredCount": service.desired_count,
        "runningCount": running_count(tasks),
        "pendingCount": pending_count(tasks),
        "taskDefinition": service.task_definition,
        "deploymentConfiguration": service.configuration,
        "deployments": [deployment_view(deployment, tasks) for deployment in deployments],
        "events": [
            {"id": event.id, "createdAt": as_timestamp(event.created_at), "message": event.message}
            for event in service.events
        ],
        "createdAt": as_timestamp(service.created_at),
        "placementConstraints": [],
        "placementStrategy": [],
        **service.settings,
    }
    view.update(_current_revisions(deployments, tasks))
    if tags:
        view["tags"] = tag_list(service.tags)
    return view


def _current_revisions(deployments: list[Deployment], tasks: list[EcsTask]) -> Json:
    current: Json = {
        "currentServiceRevisions": [
            {
                "arn": deployment.revision,
                "requestedTaskCount": deployment.desired_count,
                "runningTaskCount": running_count(t for t in tasks if t.deployment == deployment.id),
                "pendingTaskCount": pending_count(t for t in tasks if t.deployment == deployment.id),
            }
            for deployment in deployments
        ]
    }
    primary = next((d for d in deployments if d.status == "PRIMARY"), None)
    if primary is not None and primary.service_deployment is not None:
        current["currentServiceDeployment"] = primary.service_deployment
    return current


def deployment_view(deployment: Deployment, tasks: list[EcsTask]) -> Json:
    own = [task for task in tasks if task.deployment == deployment.id]
    settings = {key: deployment.settings[key] for key in _DEPLOYMENT_SETTINGS if key in deployment.settings}
    return {
        "id": deployment.id,
        "status": deployment.status,
        "taskDefinition": deployment.task_definition,
        "desiredCount": deployment.desired_count,
        "pendingCount": pending_count(own),
        "runningCount": running_count(own),
        "failedTasks": deployment.failed_tasks,
        "createdAt": as_timestamp(deployment.created_at),
        "updatedAt": as_timestamp(deployment.updated_at),
        "rolloutState": deployment.rollout_state,
        "rolloutStateReason": deployment.rollout_reason,
        **settings,
    }


def missing_service(arn_or_name: str, arn: str) -> Json:
    """A failure of DescribeServices: there is no such service."""
    return {"arn": arn_or_name if arn_or_name.startswith("arn:") else arn, "reason": "MISSING"}
