"""What the fast ECS answers: the members that its callers read, as Amazon names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import names
from benchmarks.played import ecs_task_answers
from benchmarks.played.ecs_services import TASKS, BenchService, CallRefused, EcsServices, Rollout

Json = dict[str, Any]


def answer(services: EcsServices, api: str, asked: Json, now: float) -> Json:
    """The answer to a call.

    Raises:
        CallRefused: AWS would refuse it, or it is not played here.
    """
    handler = _HANDLERS.get(api)
    if handler is None:
        raise CallRefused("UnknownOperationException", f"{api} is not played here")
    return handler(services, asked, now)


def _service(services: EcsServices, asked: Json) -> BenchService:
    found = services.find(str(asked["service"]))
    if found is None:
        raise CallRefused("ServiceNotFoundException", "Service not found.")
    return found


def _describe_services(services: EcsServices, asked: Json, now: float) -> Json:
    found = {name: services.find(name) for name in asked["services"]}
    return {
        "services": [_service_json(each, now) for each in found.values() if each],
        "failures": [
            {"arn": names.arn("service", f"{names.CLUSTER}/{name}"), "reason": "MISSING"}
            for name, each in found.items()
            if each is None
        ],
    }


def _service_json(service: BenchService, now: float) -> Json:
    deployments = _deployments(service, now)
    return {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": names.arn("cluster", names.CLUSTER),
        "status": "ACTIVE",
        "launchType": "FARGATE",
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "desiredCount": TASKS,
        "runningCount": sum(each["runningCount"] for each in deployments),
        "pendingCount": sum(each["pendingCount"] for each in deployments),
        "taskDefinition": service.definition_arn(service.primary.revision),
        "deploymentConfiguration": {
            "strategy": "ROLLING",
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "deployments": deployments,
        "events": [],
        "loadBalancers": [],
        "serviceRegistries": [],
        "createdAt": service.rollouts[0].began_at,
        "tags": [{"key": key, "value": value} for key, value in service.tags.items()],
    }


def _deployments(service: BenchService, now: float) -> list[Json]:
    """PRIMARY first; while it goes on, also the one before it."""
    primary = service.primary
    shown = [_deployment_json(service, primary, "PRIMARY", primary.running(now), now)]
    if not primary.has_ended(now):
        before = service.rollouts[-2]
        shown.append(_deployment_json(service, before, "ACTIVE", primary.old_tasks(now), now))
    return shown


def _deployment_json(service: BenchService, rollout: Rollout, status: str, running: int, now: float) -> Json:
    primary = status == "PRIMARY"
    return {
        "id": rollout.deployment_id,
        "status": status,
        "taskDefinition": service.definition_arn(rollout.revision),
        "desiredCount": TASKS if primary else 0,
        "pendingCount": TASKS - running if primary else 0,
        "runningCount": running,
        "failedTasks": 0,
        "createdAt": rollout.began_at,
        "updatedAt": rollout.began_at,
        "launchType": "FARGATE",
        "rolloutState": "COMPLETED" if rollout.has_ended(now) else "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {rollout.deployment_id} "
        f"{'completed' if rollout.has_ended(now) else 'in progress'}.",
    }


def _update_service(services: EcsServices, asked: Json, now: float) -> Json:
    service = _service(services, asked)
    if "taskDefinition" in asked:
        _, revision = ecs_task_answers.find_definition(services, asked["taskDefinition"])
        if revision != service.primary.revision or asked.get("forceNewDeployment"):
            services.update(service, revision, now)
    return {"service": _service_json(service, now)}


def _list_service_deployments(services: EcsServices, asked: Json, now: float) -> Json:
    service = _service(services, asked)
    after = float(asked.get("createdAt", {}).get("after", 0))
    return {
        "serviceDeployments": [
            {
                "serviceDeploymentArn": service.service_deployment_arn(each),
                "serviceArn": service.arn,
                "clusterArn": names.arn("cluster", names.CLUSTER),
                "createdAt": each.began_at,
                "startedAt": each.began_at,
                "targetServiceRevisionArn": service.service_revision_arn(each),
                "status": "SUCCESSFUL" if each.has_ended(now) else "IN_PROGRESS",
            }
            for each in reversed(service.rollouts)
            if each.began_at >= after
        ]
    }


def _describe_service_deployments(services: EcsServices, asked: Json, now: float) -> Json:
    found = [services.service_deployment(arn) for arn in asked["serviceDeploymentArns"]]
    return {
        "serviceDeployments": [_service_deployment_json(*each, now) for each in found if each],
        "failures": [],
    }


def _service_deployment_json(service: BenchService, rollout: Rollout, now: float) -> Json:
    before = service.rollouts[max(0, service.rollouts.index(rollout) - 1)]
    ended, running = rollout.has_ended(now), rollout.running(now)
    return {
        "serviceDeploymentArn": service.service_deployment_arn(rollout),
        "serviceArn": service.arn,
        "clusterArn": names.arn("cluster", names.CLUSTER),
        "createdAt": rollout.began_at,
        "startedAt": rollout.began_at,
        "sourceServiceRevisions": [
            {
                "arn": service.service_revision_arn(before),
                "requestedTaskCount": 0,
                "runningTaskCount": rollout.old_tasks(now),
                "pendingTaskCount": 0,
            }
        ],
        "targetServiceRevision": {
            "arn": service.service_revision_arn(rollout),
            "requestedTaskCount": TASKS,
            "runningTaskCount": running,
            "pendingTaskCount": TASKS - running,
        },
        "status": "SUCCESSFUL" if ended else "IN_PROGRESS",
        "deploymentConfiguration": {
            "strategy": "ROLLING",
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
        },
        "deploymentCircuitBreaker": {
            "status": "MONITORING_COMPLETE" if ended else "MONITORING",
            "failureCount": 0,
            "threshold": 3,
        },
        "alarms": {"status": "DISABLED", "alarmNames": [], "triggeredAlarmNames": []},
    }


_HANDLERS: Mapping[str, Callable[[EcsServices, Json, float], Json]] = {
    "DescribeServices": _describe_services,
    "UpdateService": _update_service,
    "ListServiceDeployments": _list_service_deployments,
    "DescribeServiceDeployments": _describe_service_deployments,
    "ListTasks": ecs_task_answers.list_tasks,
    "DescribeTasks": ecs_task_answers.describe_tasks,
    "DescribeTaskDefinition": ecs_task_answers.describe_task_definition,
    "RegisterTaskDefinition": ecs_task_answers.register_task_definition,
    "DeregisterTaskDefinition": ecs_task_answers.deregister_task_definition,
    "ListTaskDefinitions": ecs_task_answers.list_task_definitions,
    "TagResource": ecs_task_answers.tag_resource,
    "UntagResource": ecs_task_answers.untag_resource,
    "DescribeScalableTargets": ecs_task_answers.describe_scalable_targets,
    "DescribeImages": ecs_task_answers.describe_images,
}
