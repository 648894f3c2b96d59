"""ListTasks, DescribeTasks and StopTask."""

from __future__ import annotations

from sandbox.ecs.ecs_errors import InvalidParameterException
from sandbox.ecs.ids import short_name
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.records import EcsTask
from sandbox.ecs.tasks import task_shutdown
from sandbox.ecs.views.json_parts import Json
from sandbox.ecs.views.task_views import task_view


def list_tasks(call: EcsCall) -> Json:
    """Lists only tasks whose desired status is RUNNING, unless `desiredStatus` is STOPPED."""
    params, cluster = call.params, call.cluster_name
    status = params.get("desiredStatus", "RUNNING")
    if status not in ("RUNNING", "PENDING", "STOPPED"):
        raise InvalidParameterException("desiredStatus must be RUNNING, PENDING or STOPPED.")
    others = {"containerInstance", "desiredStatus", "family", "launchType", "serviceName"}
    if params.get("startedBy") and any(params.get(other) for other in others):
        raise InvalidParameterException("cannot specify startedBy with other arguments")
    service = call.get_service("serviceName").arn if params.get("serviceName") else None

    def wanted(task: EcsTask) -> bool:
        return (
            task.cluster == cluster
            and task.desired_status == status
            and service in (None, task.service)
            and params.get("startedBy") in (None, task.started_by)
            and params.get("launchType") in (None, task.launch_type)
            and params.get("family") in (None, _family(task))
        )

    arns = [task.arn for task in call.tables.tasks.values() if wanted(task)]
    page, token = call.paginate(arns, default=100, maximum=100)
    return {"taskArns": page, **token}


def _family(task: EcsTask) -> str:
    return short_name(task.task_definition).partition(":")[0]


def describe_tasks(call: EcsCall) -> Json:
    cluster = call.cluster_name
    tags = "TAGS" in (call.params.get("include") or [])
    found, failures = [], []
    for id_or_arn in call.required_list("tasks", 100):
        task = call.find_task(cluster, id_or_arn)
        if task is None:
            arn = call.region.ids.arn("task", cluster, short_name(id_or_arn))
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(task_view(task, tags=tags))
    return {"tasks": found, "failures": failures}


def stop_task(call: EcsCall) -> Json:
    task = call.find_task(call.cluster_name, call.params["task"])
    if task is None:
        raise InvalidParameterException("The referenced task was not found.")
    task_shutdown.stop_by_user(call.region, task.arn, call.params.get("reason") or "Task stopped by user")
    return {"task": task_view(call.region.tables.tasks[task.arn], tags=False)}
