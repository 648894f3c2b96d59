"""How many calls a second AWS takes from one account in one region, as far as AWS has published it.

Sources: "Request throttling for the Amazon ECS API" (Amazon ECS developer guide), and the service quotas of
Amazon ECR, CloudWatch, CloudWatch Logs and STS. AWS publishes none for other calls that Slipway makes, such
as `ecr:DescribeImages` and those to Application Auto Scaling: those have no budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ApiLimit:
    """One bucket of tokens that AWS keeps for an account in a region. Several operations may share it."""

    name: str
    """For metrics and Redis keys."""
    about: str
    """What it limits, for people: `new revisions of task definitions`."""
    per_second: float
    """Calls a second that AWS takes for any length of time."""
    burst: int
    """Calls that AWS takes at once (count)."""
    operations: tuple[str, ...]
    """Of AWS's API: `ecs:UpdateService`."""


_REVISION_CHANGES = ("ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition")
_REVISION_READS = ("ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "ecs:ListTaskDefinitionFamilies")
_SERVICE_CHANGES = ("ecs:UpdateService", "ecs:CreateService", "ecs:DeleteService")
_SERVICE_READS = ("ecs:DescribeServices", "ecs:ListServices")
# The last two are of this kind, though AWS's table does not name them.
_DEPLOYMENTS = (
    "ecs:DescribeServiceDeployments",
    "ecs:ListServiceDeployments",
    "ecs:StopServiceDeployment",
    "ecs:ContinueServiceDeployment",
)
_TASK_CHANGES = ("ecs:RunTask", "ecs:StopTask", "ecs:StartTask", "ecs:ExecuteCommand")
_TASK_READS = ("ecs:DescribeTasks", "ecs:ListTasks", "ecs:DescribeContainerInstances")
_PROTECTION = ("ecs:GetTaskProtection", "ecs:UpdateTaskProtection")

LIMITS = (
    ApiLimit("task-definition-changes", "new revisions of task definitions", 1, 20, _REVISION_CHANGES),
    ApiLimit("task-definition-reads", "reads of task definitions", 20, 50, _REVISION_READS),
    ApiLimit("service-changes", "changes of services", 5, 50, _SERVICE_CHANGES),
    ApiLimit("service-reads", "reads of services", 20, 100, _SERVICE_READS),
    ApiLimit("service-deployments", "reads of rollouts", 20, 50, _DEPLOYMENTS),
    ApiLimit("service-revisions", "reads of service revisions", 20, 50, ("ecs:DescribeServiceRevisions",)),
    ApiLimit("task-changes", "starts and stops of tasks", 40, 100, _TASK_CHANGES),
    ApiLimit("task-reads", "reads of tasks", 20, 100, _TASK_READS),
    ApiLimit("task-protection", "reads of task protection", 80, 200, _PROTECTION),
    ApiLimit("tag-changes", "changes of tags", 10, 20, ("ecs:TagResource", "ecs:UntagResource")),
    ApiLimit("tag-reads", "reads of tags", 20, 50, ("ecs:ListTagsForResource",)),
    ApiLimit("cluster-reads", "reads of clusters", 20, 50, ("ecs:DescribeClusters", "ecs:ListClusters")),
    ApiLimit("image-reads", "reads of images", 2000, 2000, ("ecr:BatchGetImage",)),
    ApiLimit("alarm-reads", "reads of alarms", 9, 9, ("cloudwatch:DescribeAlarms",)),
    # 10 in some regions, 25 in the others.
    ApiLimit("log-reads", "reads of logs", 10, 10, ("logs:GetLogEvents",)),
    ApiLimit("sts", "calls to STS", 600, 600, ("sts:AssumeRole", "sts:GetCallerIdentity")),
)

LIMITS_BY_OPERATION: Mapping[str, ApiLimit] = {
    operation: limit for limit in LIMITS for operation in limit.operations
}
"""Operations that are missing have no published limit."""
LIMITS_BY_NAME: Mapping[str, ApiLimit] = {limit.name: limit for limit in LIMITS}
