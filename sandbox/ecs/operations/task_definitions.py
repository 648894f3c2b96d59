"""Task definitions: registered, described, listed, deregistered, deleted."""

from __future__ import annotations

from dataclasses import replace

from sandbox.ecs.errors import ClientException, InvalidParameterException
from sandbox.ecs.names import short_name
from sandbox.ecs.operations import task_definition_content
from sandbox.ecs.operations.call import Call
from sandbox.ecs.operations.tags import checked_tags
from sandbox.ecs.records import TaskDefinition
from sandbox.ecs.roles import user_arn
from sandbox.ecs.views.parts import Json, tag_list
from sandbox.ecs.views.task_definitions import task_definition_view

_STATUSES = ("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS")


def register_task_definition(call: Call) -> Json:
    family = call.params["family"]
    known = [d.revision for d in call.tables.task_definitions.values() if d.family == family]
    definition = make_task_definition(call, max(known, default=0) + 1)
    return _shown(call, definition, tags=True)


def make_task_definition(call: Call, revision: int) -> TaskDefinition:
    family = call.params["family"]
    tags = checked_tags(call.params.get("tags"))
    definition = TaskDefinition(
        arn=call.region.names.arn("task-definition", f"{family}:{revision}"),
        family=family,
        revision=revision,
        content=task_definition_content.checked(call.params),
        registered_at=call.region.now,
        registered_by=call.caller or user_arn(call.region.account),
        tags=tags,
    )
    return call.region.tables.task_definitions.put(definition.arn, definition)


def _shown(call: Call, definition: TaskDefinition, *, tags: bool) -> Json:
    answer: Json = {"taskDefinition": task_definition_view(definition)}
    if tags and definition.tags:
        answer["tags"] = tag_list(definition.tags)
    return answer


def describe_task_definition(call: Call) -> Json:
    definition = call.find_task_definition(call.params["taskDefinition"])
    if definition is None:
        raise ClientException("Unable to describe task definition.")
    return _shown(call, definition, tags="TAGS" in (call.params.get("include") or []))


def deregister_task_definition(call: Call) -> Json:
    text = call.params["taskDefinition"]
    if ":" not in short_name(text):
        raise ClientException("Revision is missing.")
    definition = call.find_task_definition(text)
    if definition is None:
        raise ClientException("The specified task definition does not exist.")
    if definition.status == "ACTIVE":
        definition = replace(definition, status="INACTIVE", deregistered_at=call.region.now)
        call.region.tables.task_definitions.put(definition.arn, definition)
    return _shown(call, definition, tags=False)


def delete_task_definitions(call: Call) -> Json:
    deleted, failures = [], []
    for text in call.at_most("taskDefinitions", 10):
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


def list_task_definitions(call: Call) -> Json:
    prefix, status = call.params.get("familyPrefix"), _status(call)
    found = [
        definition
        for definition in call.tables.task_definitions.values()
        if definition.status == status and prefix in (None, definition.family)
    ]
    descending = call.params.get("sort") == "DESC"
    found.sort(key=lambda definition: (definition.family, definition.revision), reverse=descending)
    page, token = call.page([definition.arn for definition in found], default=100, most=100)
    return {"taskDefinitionArns": page, **token}


def _status(call: Call) -> str:
    status: str = call.params.get("status", "ACTIVE")
    if status not in _STATUSES:
        raise InvalidParameterException(f"status must be one of {', '.join(_STATUSES)}, not {status}.")
    return status


def list_task_definition_families(call: Call) -> Json:
    prefix = call.params.get("familyPrefix") or ""
    active: dict[str, bool] = {}
    for definition in call.tables.task_definitions.values():
        active[definition.family] = active.get(definition.family, False) or definition.status == "ACTIVE"
    status = call.params.get("status", "ALL")
    families = sorted(
        family
        for family, is_active in active.items()
        if family.startswith(prefix) and status in ("ALL", "ACTIVE" if is_active else "INACTIVE")
    )
    page, token = call.page(families, default=100, most=100)
    return {"families": page, **token}
