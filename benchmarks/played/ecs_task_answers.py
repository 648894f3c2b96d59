"""What the fast ECS answers about tasks, task definitions, tags, scaling and images.

Each function takes what was asked and the time (epoch seconds), and returns the answer of the operation with
its name.
"""

from __future__ import annotations

from typing import Any

from benchmarks import names
from benchmarks.played.ecs_services import BenchService, CallRefused, EcsServices, Rollout, digest_of

Json = dict[str, Any]


def find_definition(services: EcsServices, revision: str) -> tuple[BenchService, int]:
    """The service and the number of a revision. Raises CallRefused if it is not there."""
    found = services.family(revision)
    if found is None:
        raise CallRefused("ClientException", "Unable to describe task definition.")
    return found


def list_tasks(services: EcsServices, asked: Json, now: float) -> Json:
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
        counts.append((service.rollouts[-2], primary.old_tasks(now)))
    return [(_task_arn(rollout, nth), rollout) for rollout, count in counts for nth in range(count)]


def _task_arn(rollout: Rollout, nth: int) -> str:
    return names.arn("task", f"{names.CLUSTER}/{rollout.number}{nth:013d}")


def describe_tasks(services: EcsServices, asked: Json, now: float) -> Json:
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


def describe_task_definition(services: EcsServices, asked: Json, now: float) -> Json:
    service, revision = find_definition(services, asked["taskDefinition"])
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


def register_task_definition(services: EcsServices, asked: Json, now: float) -> Json:
    if services.find(asked["family"]) is None:
        raise CallRefused("ClientException", "This family is not played here.")
    tags = asked.get("tags", [])
    service, revision = services.register(asked["family"], asked["containerDefinitions"][0]["image"], tags)
    return {"taskDefinition": _definition_json(service, revision, now), "tags": tags}


def deregister_task_definition(services: EcsServices, asked: Json, now: float) -> Json:
    service, revision = find_definition(services, asked["taskDefinition"])
    return {"taskDefinition": {**_definition_json(service, revision, now), "status": "INACTIVE"}}


def list_task_definitions(services: EcsServices, asked: Json, now: float) -> Json:
    service, newest = find_definition(services, asked["familyPrefix"])
    return {"taskDefinitionArns": [service.definition_arn(each) for each in range(newest, 0, -1)][:100]}


def tag_resource(services: EcsServices, asked: Json, now: float) -> Json:
    service = services.find(asked["resourceArn"])
    if service is not None:
        service.tags.update({each["key"]: each["value"] for each in asked["tags"]})
    return {}


def untag_resource(services: EcsServices, asked: Json, now: float) -> Json:
    service = services.find(asked["resourceArn"])
    for key in asked["tagKeys"] if service else ():
        assert service is not None
        service.tags.pop(key, None)
    return {}


def describe_scalable_targets(services: EcsServices, asked: Json, now: float) -> Json:
    return {"ScalableTargets": []}


def describe_images(services: EcsServices, asked: Json, now: float) -> Json:
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
