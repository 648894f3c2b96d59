"""Which permissions AWS asks for when it gets a request: the actions, their resources and condition keys.

As in the Service Authorization Reference of each service. Some requests need several: RunTask with tags also
needs ecs:TagResource on the new task, and iam:PassRole on the roles that the task gets (ECS developer guide,
"Grant permission to tag resources on creation", "IAM roles for Amazon ECS"). ECS checks service deployments
by their own ARN or by that of their service; both are asked for here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.ecs.http.aws_request import AwsRequest
from sandbox.ecs.http.policy_evaluation import Context, IamRequest
from sandbox.ecs.ids import EcsIds, short_name
from sandbox.ecs.records import TaskDefinition
from sandbox.ecs.region import EcsRegion

TO_TASKS: Context = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
_IAM_SERVICE_NAMES = {"monitoring": "cloudwatch"}
"""Services with another name in permissions than in signatures."""


def action_name(request: AwsRequest) -> str:
    """The action of the request, as policies name it."""
    return f"{_IAM_SERVICE_NAMES.get(request.service, request.service)}:{request.operation}"


def needed_permissions(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    """Everything that has to be allowed. region: where the request's resources are looked up."""
    everywhere = {"aws:RequestedRegion": request.region}
    read = _READERS.get(request.operation, _without_resource)
    for needed in read(request, region):
        yield IamRequest(needed.action, needed.resource, {**everywhere, **needed.context})


def _without_resource(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    yield IamRequest(action_name(request))


def _on_services(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    params, cluster = request.params, _cluster_name(request)
    context: dict[str, str] = _in_cluster(region.ids, cluster)
    if definition := params.get("taskDefinition"):
        context["ecs:task-definition"] = _revision_arn(region, definition)
    if "enableExecuteCommand" in params:
        context["ecs:enable-execute-command"] = _boolean(params["enableExecuteCommand"])
    for name in params.get("services") or [params.get("service") or params.get("serviceName")]:
        resource = region.ids.arn("service", cluster, short_name(str(name)))
        yield IamRequest(action_name(request), resource, context)


def _on_service_deployments(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    params = request.params
    for arn in params.get("serviceDeploymentArns") or [params["serviceDeploymentArn"]]:
        cluster, service = str(arn).split("/")[1:3]
        context = _in_cluster(region.ids, cluster)
        yield IamRequest(action_name(request), arn, context)
        yield IamRequest(action_name(request), region.ids.arn("service", cluster, service), context)


def _on_cluster(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    yield IamRequest(action_name(request), "*", _in_cluster(region.ids, _cluster_name(request)))


def _on_tasks(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    params, cluster = request.params, _cluster_name(request)
    for task in params.get("tasks") or [params["task"]]:
        arn = region.ids.arn("task", cluster, short_name(task))
        known = region.tables.tasks.get(arn)
        tags = {f"aws:ResourceTag/{key}": value for key, value in (known.tags if known else {}).items()}
        yield IamRequest(action_name(request), arn, {**_in_cluster(region.ids, cluster), **tags})


def _registering(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    params = request.params
    revision = region.ids.arn("task-definition", f"{params['family']}:*")
    privileged = any(each.get("privileged") for each in params.get("containerDefinitions") or ())
    yield IamRequest(action_name(request), revision, {"ecs:privileged": _boolean(privileged)})
    yield from _tagging_at_creation(request, revision)
    yield from _passing_roles(params)


def _running_task(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    params, cluster = request.params, _cluster_name(request)
    arn = _revision_arn(region, params["taskDefinition"])
    shell = _boolean(params.get("enableExecuteCommand"))
    context = {**_in_cluster(region.ids, cluster), "ecs:enable-execute-command": shell}
    yield IamRequest(action_name(request), arn, context)
    yield from _tagging_at_creation(request, region.ids.arn("task", cluster, "*"))
    definition: TaskDefinition | None = region.tables.task_definitions.get(arn)
    yield from _passing_roles(definition.content if definition else {})


def _tagging_at_creation(request: AwsRequest, resource: str) -> Iterator[IamRequest]:
    if keys := tuple(tag["key"] for tag in request.params.get("tags") or ()):
        context: Context = {"ecs:CreateAction": request.operation, "aws:TagKeys": keys}
        yield IamRequest("ecs:TagResource", resource, context)


def _passing_roles(definition: dict[str, Any]) -> Iterator[IamRequest]:
    for member in ("taskRoleArn", "executionRoleArn"):
        if role := definition.get(member):
            yield IamRequest("iam:PassRole", role, TO_TASKS)


def _tagging(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    params = request.params
    keys = tuple(params.get("tagKeys") or (tag["key"] for tag in params.get("tags") or ()))
    yield IamRequest(action_name(request), params["resourceArn"], {"aws:TagKeys": keys})


def _on_repository(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    account = request.params.get("registryId") or request.account
    name = request.params["repositoryName"]
    yield IamRequest(action_name(request), f"arn:aws:ecr:{request.region}:{account}:repository/{name}")


def _on_log_stream(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    group, stream = request.params["logGroupName"], request.params["logStreamName"]
    where = f"arn:aws:logs:{request.region}:{request.account}"
    yield IamRequest(action_name(request), f"{where}:log-group:{group}:log-stream:{stream}")


def _on_scalable_target(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    """The id in the ARN of a target is generated."""
    params = request.params
    generated = hashlib.sha256(str(params.get("ResourceId")).encode()).hexdigest()[:32]
    where = f"arn:aws:application-autoscaling:{request.region}:{request.account}"
    context: Context = {
        "application-autoscaling:service-namespace": params["ServiceNamespace"],
        "application-autoscaling:scalable-dimension": params["ScalableDimension"],
    }
    yield IamRequest(action_name(request), f"{where}:scalable-target/{generated}", context)


def _on_queue(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    """A batch needs the permission of the single operation (SQS developer guide, "Amazon SQS API
    permissions")."""
    account, name = str(request.params.get("QueueUrl")).split("/")[-2:]
    action = action_name(request).removesuffix("Batch")
    yield IamRequest(action, f"arn:aws:sqs:{request.region}:{account}:{name}")


def _on_role(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    yield IamRequest(action_name(request), str(request.params.get("RoleArn", "*")))


def _on_principal(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    yield IamRequest(action_name(request), str(request.params.get("PolicySourceArn", "*")))


def _needs_nothing(request: AwsRequest, region: EcsRegion) -> Iterator[IamRequest]:
    """STS answers GetCallerIdentity whatever a policy says (STS API reference)."""
    return iter(())


def _cluster_name(request: AwsRequest) -> str:
    return short_name(str(request.params.get("cluster") or "default"))


def _in_cluster(ids: EcsIds, cluster: str) -> dict[str, str]:
    return {"ecs:cluster": ids.arn("cluster", cluster)}


def _revision_arn(region: EcsRegion, text: str) -> str:
    return text if text.startswith("arn:") else region.ids.arn("task-definition", text)


def _boolean(value: object) -> str:
    return "true" if value else "false"


_READERS: dict[str, Callable[[AwsRequest, EcsRegion], Iterator[IamRequest]]] = {
    **dict.fromkeys(
        ("CreateService", "DeleteService", "DescribeServices", "ListServiceDeployments", "UpdateService"),
        _on_services,
    ),
    **dict.fromkeys(
        ("ContinueServiceDeployment", "DescribeServiceDeployments", "StopServiceDeployment"),
        _on_service_deployments,
    ),
    **dict.fromkeys(("ListServices", "ListTasks"), _on_cluster),
    **dict.fromkeys(("DescribeTasks", "GetTaskProtection", "StopTask", "UpdateTaskProtection"), _on_tasks),
    "RegisterTaskDefinition": _registering,
    "RunTask": _running_task,
    **dict.fromkeys(("TagResource", "UntagResource"), _tagging),
    **dict.fromkeys(("BatchGetImage", "DescribeImages"), _on_repository),
    "GetLogEvents": _on_log_stream,
    "RegisterScalableTarget": _on_scalable_target,
    **dict.fromkeys(("DeleteMessageBatch", "GetQueueAttributes", "ReceiveMessage"), _on_queue),
    "AssumeRole": _on_role,
    "SimulatePrincipalPolicy": _on_principal,
    "GetCallerIdentity": _needs_nothing,
}
"""By operation. Any other needs its action on `*`, as those that take no resource do."""
