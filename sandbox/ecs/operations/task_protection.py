"""UpdateTaskProtection and GetTaskProtection: tasks that scale-in and deployments leave alone."""

from __future__ import annotations

from functools import partial

from sandbox.ecs.errors import InvalidParameterException
from sandbox.ecs.names import short_name
from sandbox.ecs.operations.call import Call
from sandbox.ecs.records import Task
from sandbox.ecs.region import Region
from sandbox.ecs.views.parts import Json, present

MOST_UPDATED = 10
MOST_READ = 100
DEFAULT_MINUTES = 120
LONGEST_MINUTES = 2880
"""Amazon's default and limit, from the ECS model."""


def update_task_protection(call: Call) -> Json:
    minutes = call.params.get("expiresInMinutes", DEFAULT_MINUTES)
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidParameterException(f"expiresInMinutes must be between 1 and {LONGEST_MINUTES}.")
    enabled = call.params["protectionEnabled"]
    if not enabled and "expiresInMinutes" in call.params:
        raise InvalidParameterException("expiresInMinutes can only be given when protectionEnabled is true.")
    region = call.region
    until = region.now + region.pace.seconds(60.0 * minutes) if enabled else None
    found, failures = _service_tasks(call, call.at_most("tasks", MOST_UPDATED))
    changed = []
    for task in found:
        changed.append(region.update_task(task.arn, protected_until=until))
        if until is not None:
            region.agenda.plan(until, partial(_lapse, region, task.arn, until))
        elif task.service is not None:
            region.look_at(task.service)
    return {"protectedTasks": [_view(task, region.now) for task in changed], "failures": failures}


def get_task_protection(call: Call) -> Json:
    listed = call.at_most("tasks", MOST_READ)
    found, failures = _service_tasks(call, listed)
    return {"protectedTasks": [_view(task, call.region.now) for task in found], "failures": failures}


def _service_tasks(call: Call, listed: list[str]) -> tuple[list[Task], list[Json]]:
    """The tasks named that run for a service, and why the others are none of those."""
    cluster = call.cluster
    found: list[Task] = []
    failures: list[Json] = []
    for id_or_arn in listed:
        task = call.find_task(cluster, id_or_arn)
        arn = call.region.names.arn("task", cluster, short_name(id_or_arn))
        if task is None or task.gone:
            failures.append({"arn": arn, "reason": "MISSING"})
        elif task.service is None or not task.live:
            failures.append({"arn": arn, "reason": "TASK_NOT_VALID"})
        else:
            found.append(task)
    return found, failures


def _view(task: Task, now: float) -> Json:
    protected = task.protected(now)
    members = {
        "taskArn": task.arn,
        "protectionEnabled": protected,
        "expirationDate": task.protected_until if protected else None,
    }
    return present(members, times=("expirationDate",))


def _lapse(region: Region, arn: str, until: float) -> None:
    """What was held back by the protection can go on, unless it was renewed."""
    task = region.tables.tasks.get(arn)
    if task is None or task.protected_until != until:
        return
    region.update_task(arn, protected_until=None)
    if task.service is not None:
        region.look_at(task.service)
