"""The operations on task definitions: register, describe, list, deregister, delete."""

from __future__ import annotations

from dataclasses import replace

from sandbox.ecs.ecs_errors import ClientException, InvalidParameterException
from sandbox.ecs.ids import short_name, user_arn
from sandbox.ecs.operations import task_definition_content
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.operations.resource_tags import checked_tags
from sandbox.ecs.records import TaskDefinition
from sandbox.ecs.views.json_parts import Json, tag_list
from sandbox.ecs.views.task_views import task_definition_view

_STATUSES = ("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS")


def register_task_definition(call: EcsCall) -> Json:
    family = call.params["family"]
    known = [d.revision for d in call.tables.task_definitions.values() if d.family == family]
    definition = make_task_definition(call, max(known, default=0) + 1)
    return _response(call, definition, tags=True)


def make_task_definition(call: EcsCall, revision: int) -> TaskDefinition:
    family = call.params["family"]
    tags = checked_tags(call.params.get("tags"))
    definition = TaskDefinition(
        arn=call.region.ids.arn("task-definition", f"{family}:{revision}"),
        family=family,
        revision=revision,
        content=task_definition_content.checked_content(call.params),
        registered_at=call.region.now,
        registered_by=call.caller_arn or user_arn(call.region.account),
        tags=tags,
    )
    return call.region.tables.task_definitions.put(definition.arn, definition)


def _response(call: EcsCall, definition: TaskDefinition, *, tags: bool) -> Json:
    answer: Json = {"taskDefinition": task_definition_view(definition)}
    if tags and definition.tags:
        answer["tags"] = tag_list(definition.tags)
    return answer


def describe_task_definition(call: EcsCall) -> Json:
    definition = call.find_task_definition(call.params["taskDefinition"])
    if definition is None:
        raise ClientException("Unable to describe task definition.")
    return _response(call, definition, tags="TAGS" in (call.params.get("include") or []))


def deregister_task_definition(call: EcsCall) -> Json:
    text = call.params["taskDefinition"]
    if ":" not in short_name(text):
        raise ClientException("Revision is missing.")
    definition = call.find_task_definition(text)
    if definition is None:
        raise ClientException("The specified task definition does not exist.")
    if definition.status == "ACTIVE":
        definition = replace(definition, status="INACTIVE", deregistered_at=call.region.now)
        call.region.tables.task_definitions.put(definition.arn, definition)
    return _response(call, definition, tags=False)


def delete_task_definitions(call: EcsCall) -> Json:
    deleted, failures = [], []
    for text in call.required_list("taskDefinitions", 10):
        definition = call.find_task_definition(text) if ":" in short_name(text) else None
        if definition is None:
            failures.append({"arn": text, "reason": "The specified task definition identifier is invalid."})
        elif definition.status == "ACTIVE":
            reason = "The specified task definition is still in ACTIVE status. Please deregister the target."
            failures.append({"arn": definition.arn, "reason": reason})
        else:
            deleting = replace(definition, status="DELETE_IN_PROGRESS", delete_requested_at=call.region.now)
            call.region.tables.task_definitions.put(definition.arn, deleting)
            deleted.append(task_definition_view(deleting))
    return {"taskDefinitions": deleted, "failures": failures}


def list_task_definitions(call: EcsCall) -> Json:
    prefix, status = call.params.get("familyPrefix"), _wanted_status(call)
    found = [
        definition
        for definition in call.tables.task_definitions.values()
        if definition.status == status and prefix in (None, definition.family)
    ]
    descending = call.params.get("sort") == "DESC"
    found.sort(key=lambda definition: (definition.family, definition.revision), reverse=descending)
    page, token = call.paginate([definition.arn for definition in found], default=100, maximum=100)
    return {"taskDefinitionArns": page, **token}


def _wanted_status(call: EcsCall) -> str:
    status: str = call.params.get("status", "ACTIVE")
    if status not in _STATUSES:
        raise InvalidParameterException(f"status must be one of {', '.join(_STATUSES)}, not {status}.")
    return status
