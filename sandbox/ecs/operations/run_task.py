"""RunTask: tasks without a service."""

from __future__ import annotations

from sandbox.ecs.aws_services.ecr_images import ImageBehaviour
from sandbox.ecs.ecs_errors import InvalidParameterException
from sandbox.ecs.operations.client_tokens import remember_token, tasks_started_before
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.operations.resource_tags import checked_tags
from sandbox.ecs.tasks.task_launch import LaunchRequest, launch_task
from sandbox.ecs.views.json_parts import Json
from sandbox.ecs.views.task_views import task_view

MAX_TASKS = 10


def run_task(call: EcsCall) -> Json:
    params, cluster = call.params, call.cluster_name
    if started_before := tasks_started_before(call, cluster):
        return {"tasks": [task_view(task, tags=True) for task in started_before], "failures": []}
    definition = call.get_active_task_definition(params["taskDefinition"])
    network = params.get("networkConfiguration") or {}
    if definition.content["networkMode"] == "awsvpc" and not network:
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    count = params.get("count", 1)
    if not 1 <= count <= MAX_TASKS:
        raise InvalidParameterException(f"count must be between 1 and {MAX_TASKS}, not {count}.")
    overrides = params.get("overrides") or {}
    _check_overrides(overrides, {container["name"] for container in definition.containers})
    images = [call.region.images.resolve(container["image"]) for container in definition.containers]
    if any(image.behaviour is ImageBehaviour.NOROOM for image in images):
        return {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time"}] * count}
    tags = checked_tags(params.get("tags"))
    if params.get("propagateTags") == "TASK_DEFINITION":
        tags = {**definition.tags, **tags}
    order = LaunchRequest(
        definition=definition,
        cluster=cluster,
        group=params.get("group") or f"family:{definition.family}",
        network=network,
        launch_type=params.get("launchType") or "FARGATE",
        platform_version=params.get("platformVersion"),
        started_by=params.get("startedBy"),
        overrides=overrides,
        tags=tags,
    )
    tasks = [launch_task(call.region, order) for _ in range(count)]
    remember_token(call, cluster, tasks)
    return {"tasks": [task_view(task, tags=True) for task in tasks], "failures": []}


def _check_overrides(overrides: Json, containers: set[str]) -> None:
    for override in overrides.get("containerOverrides", []):
        if override.get("name") not in containers:
            raise InvalidParameterException(
                "Override for container named "
                f"{override.get('name')} is not a container in the TaskDefinition."
            )
