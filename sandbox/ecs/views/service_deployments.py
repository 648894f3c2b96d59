"""Service deployments and service revisions."""

from __future__ import annotations

from sandbox.ecs.records import Hook, ServiceDeployment, ServiceRevision, Task
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
        "sourceServiceRevisions": [
            {**_summary(tables, arn, story), **_source_traffic(story, i)}
            for i, arn in enumerate(story.sources)
        ],
        "targetServiceRevision": {
            **_summary(tables, story.target, story),
            **_traffic(story, story.production, story.test),
        },
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
    members["alarms"] = {
        "status": story.alarm_status,
        "alarmNames": list(story.alarms),
        "triggeredAlarmNames": list(story.alarms_rung),
    }
    if story.rollback is not None:
        members["rollback"] = {
            "reason": story.rollback.reason,
            "startedAt": timestamp(story.rollback.started_at),
            "serviceRevisionArn": story.rollback.revision,
        }
    if story.stages:
        members["lifecycleHookDetails"] = [_hook(hook) for hook in story.hooks]
    return present(members, times=_TIMES)


def _source_traffic(story: ServiceDeployment, index: int) -> Json:
    """What the target does not get goes to the last good revision."""
    if index:
        return _traffic(story, 0.0, 0.0)
    return _traffic(story, round(100 - story.production, 1), round(100 - story.test, 1))


def _traffic(story: ServiceDeployment, production: float, test: float) -> Json:
    if not story.stages:
        return {}
    return {"requestedProductionTrafficWeight": production, "requestedTestTrafficWeight": test}


def _hook(hook: Hook) -> Json:
    members = {
        "hookId": hook.id,
        "targetType": hook.target_type,
        "targetArn": hook.target_arn,
        "status": hook.status,
        "expiresAt": hook.expires_at,
        "timeoutAction": hook.timeout_action,
    }
    return present(members, times=("expiresAt",))


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
