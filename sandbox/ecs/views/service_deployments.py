"""Service deployments and service revisions."""

from __future__ import annotations

from sandbox.ecs.records import ServiceDeployment, ServiceRevision, Task
from sandbox.ecs.tables import Tables
from sandbox.ecs.views.parts import Json, present, timestamp
from sandbox.ecs.views.services import pending_count, running_count

_TIMES = ("createdAt", "startedAt", "finishedAt", "stoppedAt", "updatedAt")
_REVISION_SETTINGS = (
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
    "platformFamily",
    "loadBalancers",
    "serviceRegistries",
    "networkConfiguration",
    "volumeConfigurations",
)


def brief(story: ServiceDeployment) -> Json:
    members = {
        "serviceDeploymentArn": story.arn,
        "serviceArn": story.service,
        "clusterArn": story.cluster_arn,
        "startedAt": story.started_at,
        "createdAt": story.created_at,
        "finishedAt": story.finished_at,
        "targetServiceRevisionArn": story.target,
        "status": story.status,
        "statusReason": story.status_reason,
    }
    return present(members, times=_TIMES)


def full(tables: Tables, story: ServiceDeployment) -> Json:
    members = {
        "serviceDeploymentArn": story.arn,
        "serviceArn": story.service,
        "clusterArn": story.cluster_arn,
        "createdAt": story.created_at,
        "startedAt": story.started_at,
        "finishedAt": story.finished_at,
        "stoppedAt": story.stopped_at,
        "updatedAt": story.updated_at,
        "sourceServiceRevisions": [_summary(tables, arn, story) for arn in story.sources],
        "targetServiceRevision": _summary(tables, story.target, story),
        "status": story.status,
        "statusReason": story.status_reason,
        "lifecycleStage": story.lifecycle_stage,
        "deploymentConfiguration": story.configuration,
        "deploymentCircuitBreaker": {
            "status": story.breaker_status,
            "failureCount": story.failure_count,
            "threshold": story.threshold,
        },
    }
    if story.rollback is not None:
        members["rollback"] = {
            "reason": story.rollback.reason,
            "startedAt": timestamp(story.rollback.started_at),
            "serviceRevisionArn": story.rollback.revision,
        }
    return present(members, times=_TIMES)


def _summary(tables: Tables, revision: str, story: ServiceDeployment) -> Json:
    """What a revision has: its deployments' tasks, a rollback's among them."""
    deployments = [d for d in tables.deployments.values() if d.revision == revision]
    ids = {deployment.id for deployment in deployments}
    tasks: list[Task] = [task for task in tables.tasks_of(story.service) if task.deployment in ids]
    shown = [d for d in deployments if d.status != "INACTIVE"]
    return {
        "arn": revision,
        "requestedTaskCount": sum(d.desired_count for d in shown),
        "runningTaskCount": running_count(tasks),
        "pendingTaskCount": pending_count(tasks),
    }


def revision_view(revision: ServiceRevision) -> Json:
    settings = {key: revision.settings[key] for key in _REVISION_SETTINGS if key in revision.settings}
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": revision.service,
        "clusterArn": revision.cluster_arn,
        "taskDefinition": revision.task_definition,
        "containerImages": list(revision.images),
        "guardDutyEnabled": False,
        "createdAt": timestamp(revision.created_at),
        **settings,
    }
