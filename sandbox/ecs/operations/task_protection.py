"""UpdateTaskProtection and GetTaskProtection: tasks that scale-in and deployments leave alone."""

from __future__ import annotations

from functools import partial

from sandbox.ecs.ecs_errors import InvalidParameterException
from sandbox.ecs.ids import short_name
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.records import EcsTask
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.views.json_parts import Json, present_members

MAX_UPDATED = 10
MAX_READ = 100
DEFAULT_MINUTES = 120
MAX_MINUTES = 2880
"""Amazon's default and limit, from the ECS model."""


def update_task_protection(call: EcsCall) -> Json:
    minutes = call.params.get("expiresInMinutes", DEFAULT_MINUTES)
    if not 1 <= minutes <= MAX_MINUTES:
        raise InvalidParameterException(f"expiresInMinutes must be between 1 and {MAX_MINUTES}.")
    enabled = call.params["protectionEnabled"]
    if not enabled and "expiresInMinutes" in call.params:
        raise InvalidParameterException("expiresInMinutes can only be given when protectionEnabled is true.")
    region = call.region
    until = region.now + region.time_scale.seconds(60.0 * minutes) if enabled else None
    found, failures = _service_tasks(call, call.required_list("tasks", MAX_UPDATED))
    changed = []
    for task in found:
        changed.append(region.update_task(task.arn, protected_until=until))
        if until is not None:
            region.event_queue.schedule(until, partial(_expire_protection, region, task.arn, until))
        elif task.service is not None:
            region.schedule_reconcile(task.service)
    return {"protectedTasks": [_protection_json(task, region.now) for task in changed], "failures": failures}


def get_task_protection(call: EcsCall) -> Json:
    listed = call.required_list("tasks", MAX_READ)
    found, failures = _service_tasks(call, listed)
    return {
        "protectedTasks": [_protection_json(task, call.region.now) for task in found],
        "failures": failures,
    }


def _service_tasks(call: EcsCall, listed: list[str]) -> tuple[list[EcsTask], list[Json]]:
    """The named tasks that run for a service, and the failures for the others."""
    cluster = call.cluster_name
    found: list[EcsTask] = []
    failures: list[Json] = []
    for id_or_arn in listed:
        task = call.find_task(cluster, id_or_arn)
        arn = call.region.ids.arn("task", cluster, short_name(id_or_arn))
        if task is None or task.is_stopped:
            failures.append({"arn": arn, "reason": "MISSING"})
        elif task.service is None or not task.is_wanted:
            failures.append({"arn": arn, "reason": "TASK_NOT_VALID"})
        else:
            found.append(task)
    return found, failures


def _protection_json(task: EcsTask, now: float) -> Json:
    protected = task.is_protected(now)
    members = {
        "taskArn": task.arn,
        "protectionEnabled": protected,
        "expirationDate": task.protected_until if protected else None,
    }
    return present_members(members, times=("expirationDate",))


def _expire_protection(region: EcsRegion, arn: str, until: float) -> None:
    """The protection has expired, unless it was renewed: the scheduler may stop the task now."""
    task = region.tables.tasks.get(arn)
    if task is None or task.protected_until != until:
        return
    region.update_task(arn, protected_until=None)
    if task.service is not None:
        region.schedule_reconcile(task.service)
