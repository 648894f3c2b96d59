"""Tasks, their containers, and task definitions."""

from __future__ import annotations

from sandbox.ecs.records import EcsTask, TaskContainer, TaskDefinition
from sandbox.ecs.views.json_parts import Json, present_members, tag_list

_TIMES = (
    "connectivityAt",
    "createdAt",
    "pullStartedAt",
    "pullStoppedAt",
    "startedAt",
    "stoppingAt",
    "executionStoppedAt",
    "stoppedAt",
)


def task_view(task: EcsTask, *, tags: bool) -> Json:
    members = {
        "attachments": [_interface_json(task)],
        "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        "availabilityZone": task.availability_zone,
        "clusterArn": task.cluster_arn,
        "connectivity": None if task.connected_at is None else "CONNECTED",
        "connectivityAt": task.connected_at,
        "containers": [_container_json(task, container) for container in task.containers],
        "cpu": task.cpu,
        "createdAt": task.created_at,
        "desiredStatus": task.desired_status,
        "enableExecuteCommand": False,
        "executionStoppedAt": task.execution_stopped_at,
        "group": task.group,
        "healthStatus": _task_health(task),
        "lastStatus": task.last_status,
        "launchType": task.launch_type,
        "memory": task.memory,
        "overrides": {
            "containerOverrides": [{"name": container.name} for container in task.containers],
            "inferenceAcceleratorOverrides": [],
            **task.overrides,
        },
        "platformVersion": task.platform_version,
        "platformFamily": "Linux",
        "pullStartedAt": task.pull_started_at,
        "pullStoppedAt": task.pull_stopped_at,
        "startedAt": task.started_at,
        "startedBy": task.started_by,
        "stopCode": task.stop_code,
        "stoppedAt": task.stopped_at,
        "stoppedReason": task.stopped_reason,
        "stoppingAt": task.stopping_at,
        "tags": tag_list(task.tags) if tags else [],
        "taskArn": task.arn,
        "taskDefinitionArn": task.task_definition,
        "version": task.version,
        "ephemeralStorage": {"sizeInGiB": 20},
        "fargateEphemeralStorage": {"sizeInGiB": 20},
    }
    return present_members(members, times=_TIMES)


def _task_health(task: EcsTask) -> str:
    """The worst health of the essential containers: UNHEALTHY, then UNKNOWN, then HEALTHY."""
    states = {container.health for container in task.containers if container.essential}
    return next(state for state in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if state in states)


def _container_json(task: EcsTask, container: TaskContainer) -> Json:
    interfaces = []
    if container.runtime_id is not None:
        interfaces = [{"attachmentId": task.attachment_id, "privateIpv4Address": task.ip}]
    members = {
        "containerArn": container.arn,
        "taskArn": task.arn,
        "name": container.name,
        "image": container.image,
        "imageDigest": container.image_digest,
        "runtimeId": container.runtime_id,
        "lastStatus": container.last_status,
        "exitCode": container.exit_code,
        "reason": container.reason,
        "networkBindings": [],
        "networkInterfaces": interfaces,
        "healthStatus": container.health,
        "cpu": container.cpu,
        "memory": container.memory,
    }
    return present_members(members)


def _interface_json(task: EcsTask) -> Json:
    if task.is_stopped:
        status = "DELETED"
    elif task.last_status == "PROVISIONING":
        status = "PRECREATED"
    else:
        status = "ATTACHED"
    details = {
        "subnetId": task.subnet,
        "networkInterfaceId": task.interface_id,
        "macAddress": task.mac,
        "privateDnsName": f"ip-{task.ip.replace('.', '-')}.{task.availability_zone[:-1]}.compute.internal",
        "privateIPv4Address": task.ip,
    }
    return {
        "id": task.attachment_id,
        "type": "ElasticNetworkInterface",
        "status": status,
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }


_DEFINITION_TIMES = ("registeredAt", "deregisteredAt", "deleteRequestedAt")


def task_definition_view(definition: TaskDefinition) -> Json:
    members = {
        "taskDefinitionArn": definition.arn,
        "family": definition.family,
        "revision": definition.revision,
        "status": definition.status,
        "registeredAt": definition.registered_at,
        "deregisteredAt": definition.deregistered_at,
        "deleteRequestedAt": definition.delete_requested_at,
        "registeredBy": definition.registered_by,
        **definition.content,
    }
    return present_members(members, times=_DEFINITION_TIMES)
