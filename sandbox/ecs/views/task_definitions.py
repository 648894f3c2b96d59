"""Task definitions."""

from __future__ import annotations

from sandbox.ecs.records import TaskDefinition
from sandbox.ecs.views.parts import Json, present

_TIMES = ("registeredAt", "deregisteredAt", "deleteRequestedAt")


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
    return present(members, times=_TIMES)
