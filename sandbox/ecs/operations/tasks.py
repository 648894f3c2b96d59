"""ListTasks, DescribeTasks and StopTask."""

from __future__ import annotations

from sandbox.ecs.errors import InvalidParameterException
from sandbox.ecs.names import short_name
from sandbox.ecs.operations.call import Call
from sandbox.ecs.records import Task
from sandbox.ecs.tasks import ending
from sandbox.ecs.views.parts import Json
from sandbox.ecs.views.tasks import task_view


def list_tasks(call: Call) -> Json:
    """Only tasks that are wanted to run, unless `desiredStatus` is STOPPED."""
    params, cluster = call.params, call.cluster
    status = params.get("desiredStatus", "RUNNING")
    if status not in ("RUNNING", "PENDING", "STOPPED"):
        raise InvalidParameterException("desiredStatus must be RUNNING, PENDING or STOPPED.")
    others = {"containerInstance", "desiredStatus", "family", "launchType", "serviceName"}
    if params.get("startedBy") and any(params.get(other) for other in others):
        raise InvalidParameterException("cannot specify startedBy with other arguments")
    service = call.service("serviceName").arn if params.get("serviceName") else None

    def wanted(task: Task) -> bool:
        return (
            task.cluster == cluster
            and task.desired_status == status
            and service in (None, task.service)
            and params.get("startedBy") in (None, task.started_by)
            and params.get("launchType") in (None, task.launch_type)
            and params.get("family") in (None, _family(task))
        )

    arns = [task.arn for task in call.tables.tasks.values() if wanted(task)]
    page, token = call.page(arns, default=100, most=100)
    return {"taskArns": page, **token}


def _family(task: Task) -> str:
    return short_name(task.task_definition).partition(":")[0]


def describe_tasks(call: Call) -> Json:
    cluster = call.cluster
    tags = "TAGS" in (call.params.get("include") or [])
    found, failures = [], []
    for id_or_arn in call.at_most("tasks", 100):
        task = call.find_task(cluster, id_or_arn)
        if task is None:
            arn = call.region.names.arn("task", cluster, short_name(id_or_arn))
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(task_view(task, tags=tags))
    return {"tasks": found, "failures": failures}


def stop_task(call: Call) -> Json:
    task = call.find_task(call.cluster, call.params["task"])
    if task is None:
        raise InvalidParameterException("The referenced task was not found.")
    ending.stop(call.region, task.arn, call.params.get("reason") or "Task stopped by user")
    return {"task": task_view(call.region.tables.tasks[task.arn], tags=False)}
