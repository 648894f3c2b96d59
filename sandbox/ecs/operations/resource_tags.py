"""Tags of services, tasks, task definitions and clusters."""

from __future__ import annotations

from dataclasses import replace

from moto.ecs.models import Cluster

from sandbox.ecs.ecs_errors import InvalidParameterException, ResourceNotFoundException
from sandbox.ecs.ids import short_name
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.records import EcsService, EcsTask, TaskDefinition
from sandbox.ecs.views.json_parts import Json, tag_list, tags_from

MAX_TAGS = 50
TaggedResource = EcsService | EcsTask | TaskDefinition | Cluster


def checked_tags(listed: list[Json] | None) -> dict[str, str]:
    """The tags as a dict. Raises InvalidParameterException for a reserved key or an empty list, as ECS
    does."""
    if listed is not None and not listed:
        raise InvalidParameterException("Tags can not be empty.")
    tags = tags_from(listed)
    if any(key.lower().startswith("aws:") for key in tags):
        raise InvalidParameterException("Tag keys beginning with aws: are reserved for use by AWS.")
    if len(tags) > MAX_TAGS:
        raise InvalidParameterException(f"A resource can have at most {MAX_TAGS} tags.")
    return tags


def list_tags_for_resource(call: EcsCall) -> Json:
    return {"tags": tag_list(_tags_of(_find_resource(call)))}


def tag_resource(call: EcsCall) -> Json:
    resource = _find_resource(call)
    _store_tags(call, resource, {**_tags_of(resource), **checked_tags(call.params["tags"])})
    return {}


def untag_resource(call: EcsCall) -> Json:
    resource = _find_resource(call)
    removed_keys = set(call.params["tagKeys"])
    _store_tags(
        call, resource, {key: value for key, value in _tags_of(resource).items() if key not in removed_keys}
    )
    return {}


def _find_resource(call: EcsCall) -> TaggedResource:
    arn: str = call.params["resourceArn"]
    kind = arn.split(":")[-1 if arn.count(":") == 5 else 5].partition("/")[0] if arn.count(":") >= 5 else ""
    tables = call.tables
    found: TaggedResource | None
    if kind == "service":
        found = tables.services.get(arn)
    elif kind == "task":
        found = tables.tasks.get(arn)
    elif kind == "task-definition":
        found = tables.task_definitions.get(arn)
    elif kind == "cluster":
        found = call.clusters.get(short_name(arn))
    else:
        raise InvalidParameterException("The ARN provided is invalid.")
    if found is None:
        raise ResourceNotFoundException("The specified resource is not found.")
    return found


def _tags_of(resource: TaggedResource) -> dict[str, str]:
    return tags_from(resource.tags) if isinstance(resource, Cluster) else resource.tags


def _store_tags(call: EcsCall, resource: TaggedResource, tags: dict[str, str]) -> None:
    tables = call.region.tables
    if isinstance(resource, Cluster):
        resource.tags = tag_list(tags)
    elif isinstance(resource, EcsService):
        tables.services.put(resource.arn, replace(resource, tags=tags))
    elif isinstance(resource, EcsTask):
        tables.tasks.put(resource.arn, replace(resource, tags=tags))
    else:
        tables.task_definitions.put(resource.arn, replace(resource, tags=tags))
