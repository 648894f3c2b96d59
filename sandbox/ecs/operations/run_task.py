"""RunTask: tasks that belong to no service."""

from __future__ import annotations

from sandbox.ecs.errors import InvalidParameterException
from sandbox.ecs.images import Behaviour
from sandbox.ecs.operations.call import Call
from sandbox.ecs.operations.client_tokens import earlier_tasks, remember
from sandbox.ecs.operations.tags import checked_tags
from sandbox.ecs.tasks.launch import Order, launch
from sandbox.ecs.views.parts import Json
from sandbox.ecs.views.tasks import task_view

MOST_TASKS = 10


def run_task(call: Call) -> Json:
    params, cluster = call.params, call.cluster
    if earlier := earlier_tasks(call, cluster):
        return {"tasks": [task_view(task, tags=True) for task in earlier], "failures": []}
    definition = call.active_task_definition(params["taskDefinition"])
    network = params.get("networkConfiguration") or {}
    if definition.content["networkMode"] == "awsvpc" and not network:
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    count = params.get("count", 1)
    if not 1 <= count <= MOST_TASKS:
        raise InvalidParameterException(f"count must be between 1 and {MOST_TASKS}, not {count}.")
    overrides = params.get("overrides") or {}
    _check_overrides(overrides, {container["name"] for container in definition.containers})
    images = [call.region.images.find(container["image"]) for container in definition.containers]
    if any(image.behaviour is Behaviour.NOROOM for image in images):
        return {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time"}] * count}
    tags = checked_tags(params.get("tags"))
    if params.get("propagateTags") == "TASK_DEFINITION":
        tags = {**definition.tags, **tags}
    order = Order(
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
    tasks = [launch(call.region, order) for _ in range(count)]
    remember(call, cluster, tasks)
    return {"tasks": [task_view(task, tags=True) for task in tasks], "failures": []}


def _check_overrides(overrides: Json, containers: set[str]) -> None:
    for override in overrides.get("containerOverrides", []):
        if override.get("name") not in containers:
            raise InvalidParameterException(
                "Override for container named "
                f"{override.get('name')} is not a container in the TaskDefinition."
            )
