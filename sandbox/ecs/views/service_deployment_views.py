"""Service deployments and service revisions."""

from __future__ import annotations

from sandbox.ecs.records import EcsTask, LifecycleHook, ServiceDeployment
from sandbox.ecs.tables import EcsTables
from sandbox.ecs.views.json_parts import Json, as_timestamp, present_members
from sandbox.ecs.views.service_views import pending_count, running_count

_TIMES = ("createdAt", "startedAt", "finishedAt", "stoppedAt", "updatedAt")


def service_deployment_summary(service_deployment: ServiceDeployment) -> Json:
    members = {
        "serviceDeploymentArn": service_deployment.arn,
        "serviceArn": service_deployment.service,
        "clusterArn": service_deployment.cluster_arn,
        "startedAt": service_deployment.started_at,
        "createdAt": service_deployment.created_at,
        "finishedAt": service_deployment.finished_at,
        "targetServiceRevisionArn": service_deployment.target,
        "status": service_deployment.status,
        "statusReason": service_deployment.status_reason,
    }
    return present_members(members, times=_TIMES)


def service_deployment_view(tables: EcsTables, service_deployment: ServiceDeployment) -> Json:
    members = {
        "serviceDeploymentArn": service_deployment.arn,
        "serviceArn": service_deployment.service,
        "clusterArn": service_deployment.cluster_arn,
        "createdAt": service_deployment.created_at,
        "startedAt": service_deployment.started_at,
        "finishedAt": service_deployment.finished_at,
        "stoppedAt": service_deployment.stopped_at,
        "updatedAt": service_deployment.updated_at,
        "sourceServiceRevisions": [
            {
                **_revision_summary(tables, arn, service_deployment),
                **_source_traffic_weights(service_deployment, i),
            }
            for i, arn in enumerate(service_deployment.sources)
        ],
        "targetServiceRevision": {
            **_revision_summary(tables, service_deployment.target, service_deployment),
            **_traffic_weights(
                service_deployment, service_deployment.production_percent, service_deployment.test_percent
            ),
        },
        "status": service_deployment.status,
        "statusReason": service_deployment.status_reason,
        "lifecycleStage": service_deployment.lifecycle_stage,
        "deploymentConfiguration": service_deployment.configuration,
        "deploymentCircuitBreaker": {
            "status": service_deployment.breaker_status,
            "failureCount": service_deployment.failure_count,
            "threshold": service_deployment.threshold,
        },
    }
    members["alarms"] = {
        "status": service_deployment.alarm_status,
        "alarmNames": list(service_deployment.alarms),
        "triggeredAlarmNames": list(service_deployment.triggered_alarms),
    }
    if service_deployment.rollback is not None:
        members["rollback"] = {
            "reason": service_deployment.rollback.reason,
            "startedAt": as_timestamp(service_deployment.rollback.started_at),
            "serviceRevisionArn": service_deployment.rollback.revision,
        }
    if service_deployment.stages:
        members["lifecycleHookDetails"] = [_hook_json(hook) for hook in service_deployment.hooks]
    return present_members(members, times=_TIMES)


def _source_traffic_weights(service_deployment: ServiceDeployment, index: int) -> Json:
    """Traffic that does not go to the target goes to the last completed revision."""
    if index:
        return _traffic_weights(service_deployment, 0.0, 0.0)
    return _traffic_weights(
        service_deployment,
        round(100 - service_deployment.production_percent, 1),
        round(100 - service_deployment.test_percent, 1),
    )


def _traffic_weights(service_deployment: ServiceDeployment, production: float, test: float) -> Json:
    if not service_deployment.stages:
        return {}
    return {"requestedProductionTrafficWeight": production, "requestedTestTrafficWeight": test}


def _hook_json(hook: LifecycleHook) -> Json:
    members = {
        "hookId": hook.id,
        "targetType": hook.target_type,
        "targetArn": hook.target_arn,
        "status": hook.status,
        "expiresAt": hook.expires_at,
        "timeoutAction": hook.timeout_action,
    }
    return present_members(members, times=("expiresAt",))


def _revision_summary(tables: EcsTables, revision: str, service_deployment: ServiceDeployment) -> Json:
    """A revision and the tasks of all its deployments, including that of a rollback."""
    deployments = [d for d in tables.deployments.values() if d.revision == revision]
    ids = {deployment.id for deployment in deployments}
    tasks: list[EcsTask] = [
        task for task in tables.tasks_of(service_deployment.service) if task.deployment in ids
    ]
    shown = [d for d in deployments if d.status != "INACTIVE"]
    return {
        "arn": revision,
        "requestedTaskCount": sum(d.desired_count for d in shown),
        "runningTaskCount": running_count(tasks),
        "pendingTaskCount": pending_count(tasks),
    }
