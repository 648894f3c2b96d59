"""What the fast ECS answers: the members that its callers read, as Amazon names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import names
from benchmarks.played.ecs_services import DRAIN_SECONDS, TASKS, BenchService, EcsServices, Rollout, digest_of

Json = dict[str, Any]


class CallRefused(Exception):
    """An answer of AWS that is an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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


def _definition(services: EcsServices, revision: str) -> tuple[BenchService, int]:
    found = services.family(revision)
    if found is None:
        raise CallRefused("ClientException", "Unable to describe task definition.")
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
        shown.append(_deployment_json(service, before, "ACTIVE", _old_tasks(primary, now), now))
    return shown


def _old_tasks(primary: Rollout, now: float) -> int:
    """Tasks of the version before that still run (count)."""
    ends_soon = primary.ends_at is not None and now >= primary.ends_at - DRAIN_SECONDS
    return 1 if ends_soon else TASKS


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
        _, revision = _definition(services, asked["taskDefinition"])
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
                "runningTaskCount": 0 if ended else _old_tasks(rollout, now),
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


def _list_tasks(services: EcsServices, asked: Json, now: float) -> Json:
    service = services.find(str(asked["serviceName"]))
    if service is None:
        raise CallRefused("ServiceNotFoundException", "Service not found.")
    if asked.get("desiredStatus", "RUNNING") != "RUNNING":
        return {"taskArns": []}
    return {"taskArns": [arn for arn, _ in _tasks(service, now)]}


def _tasks(service: BenchService, now: float) -> list[tuple[str, Rollout]]:
    """The tasks that run: their ARNs and what they belong to."""
    primary = service.primary
    counts = [(primary, primary.running(now))]
    if not primary.has_ended(now):
        counts.append((service.rollouts[-2], _old_tasks(primary, now)))
    return [(_task_arn(rollout, nth), rollout) for rollout, count in counts for nth in range(count)]


def _task_arn(rollout: Rollout, nth: int) -> str:
    return names.arn("task", f"{names.CLUSTER}/{rollout.number}{nth:013d}")


def _describe_tasks(services: EcsServices, asked: Json, now: float) -> Json:
    found: list[Json] = []
    missing: list[Json] = []
    for arn in asked["tasks"]:
        index = arn.rsplit("/", 1)[-1][4:10]
        service = services.find(names.service(int(index))) if index.isdigit() else None
        rollout = dict(_tasks(service, now)).get(arn) if service else None
        if service is None or rollout is None:
            missing.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(_task_json(service, rollout, arn))
    return {"tasks": found, "failures": missing}


def _task_json(service: BenchService, rollout: Rollout, arn: str) -> Json:
    image = service.images[rollout.revision - 1]
    digest = image.partition("@")[2] or digest_of(image.rpartition(":")[2])
    return {
        "taskArn": arn,
        "clusterArn": names.arn("cluster", names.CLUSTER),
        "taskDefinitionArn": service.definition_arn(rollout.revision),
        "desiredStatus": "RUNNING",
        "lastStatus": "RUNNING",
        "healthStatus": "UNKNOWN",
        "launchType": "FARGATE",
        "group": f"service:{service.name}",
        "startedBy": rollout.deployment_id,
        "createdAt": rollout.began_at,
        "startedAt": rollout.began_at,
        "containers": [
            {
                "name": "app",
                "image": image,
                "imageDigest": digest,
                "lastStatus": "RUNNING",
                "healthStatus": "UNKNOWN",
                "runtimeId": f"{rollout.number}-1",
            }
        ],
    }


def _describe_task_definition(services: EcsServices, asked: Json, now: float) -> Json:
    service, revision = _definition(services, asked["taskDefinition"])
    return {
        "taskDefinition": _definition_json(service, revision, now),
        "tags": service.definition_tags.get(revision, []),
    }


def _definition_json(service: BenchService, revision: int, now: float) -> Json:
    return {
        "taskDefinitionArn": service.definition_arn(revision),
        "family": service.name,
        "revision": revision,
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "volumes": [],
        "placementConstraints": [],
        "executionRoleArn": f"arn:aws:iam::{names.ACCOUNT}:role/{names.CLUSTER}",
        "containerDefinitions": [
            {
                "name": "app",
                "image": service.images[revision - 1],
                "essential": True,
                "environment": [{"name": "LEVEL", "value": "info"}],
            }
        ],
        "registeredAt": now,
    }


def _register_task_definition(services: EcsServices, asked: Json, now: float) -> Json:
    if services.find(asked["family"]) is None:
        raise CallRefused("ClientException", "This family is not played here.")
    tags = asked.get("tags", [])
    service, revision = services.register(asked["family"], asked["containerDefinitions"][0]["image"], tags)
    return {"taskDefinition": _definition_json(service, revision, now), "tags": tags}


def _deregister_task_definition(services: EcsServices, asked: Json, now: float) -> Json:
    service, revision = _definition(services, asked["taskDefinition"])
    return {"taskDefinition": {**_definition_json(service, revision, now), "status": "INACTIVE"}}


def _list_task_definitions(services: EcsServices, asked: Json, now: float) -> Json:
    service, newest = _definition(services, asked["familyPrefix"])
    return {"taskDefinitionArns": [service.definition_arn(each) for each in range(newest, 0, -1)][:100]}


def _tag_resource(services: EcsServices, asked: Json, now: float) -> Json:
    service = services.find(asked["resourceArn"])
    if service is not None:
        service.tags.update({each["key"]: each["value"] for each in asked["tags"]})
    return {}


def _untag_resource(services: EcsServices, asked: Json, now: float) -> Json:
    service = services.find(asked["resourceArn"])
    for key in asked["tagKeys"] if service else ():
        assert service is not None
        service.tags.pop(key, None)
    return {}


def _describe_scalable_targets(services: EcsServices, asked: Json, now: float) -> Json:
    return {"ScalableTargets": []}


def _describe_images(services: EcsServices, asked: Json, now: float) -> Json:
    """Every tag exists."""
    wanted = asked.get("imageIds") or [{"imageTag": tag} for tag in (names.FIRST_TAG, names.NEXT_TAG)]
    return {
        "imageDetails": [
            {
                "registryId": names.ACCOUNT,
                "repositoryName": names.REPOSITORY,
                "imageDigest": each.get("imageDigest") or digest_of(each["imageTag"]),
                "imageTags": [each["imageTag"]] if "imageTag" in each else [],
                "imageSizeInBytes": 50_000_000,
                "imagePushedAt": now - 3600,
                "imageManifestMediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "imageStatus": "ACTIVE",
            }
            for each in wanted
        ]
    }


_HANDLERS: Mapping[str, Callable[[EcsServices, Json, float], Json]] = {
    "DescribeServices": _describe_services,
    "UpdateService": _update_service,
    "ListServiceDeployments": _list_service_deployments,
    "DescribeServiceDeployments": _describe_service_deployments,
    "ListTasks": _list_tasks,
    "DescribeTasks": _describe_tasks,
    "DescribeTaskDefinition": _describe_task_definition,
    "RegisterTaskDefinition": _register_task_definition,
    "DeregisterTaskDefinition": _deregister_task_definition,
    "ListTaskDefinitions": _list_task_definitions,
    "TagResource": _tag_resource,
    "UntagResource": _untag_resource,
    "DescribeScalableTargets": _describe_scalable_targets,
    "DescribeImages": _describe_images,
}
