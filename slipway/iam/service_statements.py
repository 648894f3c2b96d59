"""The permissions that Slipway needs for one service, for its strategy and its keys in services.yml.

Resources and condition keys are those of AWS's Service Authorization Reference ("Actions, resources, and
condition keys for Amazon Elastic Container Service", and the same of the other services).
"""

from __future__ import annotations

from collections.abc import Iterator

from deploys.catalogue.service import LogLines, Service, Strategy
from slipway.iam.service_facts import ServiceFacts, partition_of
from slipway.iam.statement import Conditions, Statement

TO_TASKS: Conditions = {"StringEquals": {"iam:PassedToService": ("ecs-tasks.amazonaws.com",)}}
_SLIPWAY_TAGS: Conditions = {"ForAllValues:StringLike": {"aws:TagKeys": ("slipway:*",)}}
_COUNT_OF_ECS: Conditions = {
    "StringEquals": {
        "application-autoscaling:service-namespace": ("ecs",),
        "application-autoscaling:scalable-dimension": ("ecs:service:DesiredCount",),
    }
}


def service_statements(service: Service, facts: ServiceFacts) -> tuple[Statement, ...]:
    """The statements for one service. Pure."""
    names = _Names(service, facts)
    return (
        *_reading(service, facts, names),
        *_rolling_out(service, names),
        *_stopping(service, facts, names),
        *_registering(facts, names),
        *_running_one_off_tasks(service, names),
    )


class _Names:
    """The ARNs that several statements name."""

    def __init__(self, service: Service, facts: ServiceFacts) -> None:
        self.partition = partition_of(service)
        ecs = f"arn:{self.partition}:ecs:{service.region}:{facts.account}"
        cluster, name = service.cluster, service.ecs_service
        self.service = f"{ecs}:service/{cluster}/{name}"
        self.rollouts = f"{ecs}:service-deployment/{cluster}/{name}/*"
        self.tasks = f"{ecs}:task/{cluster}/*"
        self.revisions = tuple(f"{ecs}:task-definition/{family}:*" for family in facts.families)
        self.scalable_targets = (
            f"arn:{self.partition}:application-autoscaling:{service.region}:{facts.account}:scalable-target/*"
        )
        self.in_cluster: Conditions = {"ArnEquals": {"ecs:cluster": (f"{ecs}:cluster/{cluster}",)}}


def _in_regions(*regions: str) -> Conditions:
    return {"StringEquals": {"aws:RequestedRegion": tuple(dict.fromkeys(regions))}}


def _reading(service: Service, facts: ServiceFacts, names: _Names) -> Iterator[Statement]:
    yield Statement(
        "ReadRevisionsAndScaling",
        (
            "ecs:DescribeTaskDefinition",
            "ecs:ListTaskDefinitions",
            "application-autoscaling:DescribeScalableTargets",
        ),
        conditions=_in_regions(service.region),
    )
    yield Statement(
        "ReadServicesAndRollouts",
        ("ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments"),
        (names.service, names.rollouts),
        names.in_cluster,
    )
    yield Statement("ListTasks", ("ecs:ListTasks",), conditions=names.in_cluster)
    yield Statement("ReadTasks", ("ecs:DescribeTasks",), (names.tasks,), names.in_cluster)
    if facts.repositories:
        yield Statement("ReadImages", ("ecr:DescribeImages", "ecr:BatchGetImage"), facts.repositories)
        regions = (repository.split(":")[3] for repository in facts.repositories)
        yield Statement(
            "ReadCacheRules", ("ecr:DescribePullThroughCacheRules",), conditions=_in_regions(*regions)
        )
    if facts.log_streams and service.logs is LogLines.SHOW:
        yield Statement("ReadLogs", ("logs:GetLogEvents",), facts.log_streams)
    if service.after and service.after.alarms:
        yield Statement("ReadAlarms", ("cloudwatch:DescribeAlarms",), conditions=_in_regions(service.region))


def _rolling_out(service: Service, names: _Names) -> Iterator[Statement]:
    yield Statement(
        "UpdateServices",
        ("ecs:UpdateService",),
        (names.service,),
        {**names.in_cluster, "ArnLikeIfExists": {"ecs:task-definition": names.revisions}},
    )
    yield Statement(
        "NoShellInContainers",
        ("ecs:UpdateService",),
        conditions={"StringEquals": {"ecs:enable-execute-command": ("true",)}},
        effect="Deny",
    )
    actions = ["ecs:StopServiceDeployment"]
    if service.strategy is Strategy.NATIVE:
        actions.append("ecs:ContinueServiceDeployment")
    yield Statement(
        "StopAndContinueRollouts", tuple(actions), (names.service, names.rollouts), names.in_cluster
    )


def _stopping(service: Service, facts: ServiceFacts, names: _Names) -> Iterator[Statement]:
    if service.strategy is not Strategy.STOP_START:
        return
    yield Statement("ReadTaskProtection", ("ecs:GetTaskProtection",), (names.tasks,), names.in_cluster)
    yield Statement("TagServices", ("ecs:TagResource", "ecs:UntagResource"), (names.service,), _SLIPWAY_TAGS)
    if facts.is_scaled:
        yield Statement(
            "SuspendAutoScaling",
            ("application-autoscaling:RegisterScalableTarget",),
            (names.scalable_targets,),
            _COUNT_OF_ECS,
        )


def _registering(facts: ServiceFacts, names: _Names) -> Iterator[Statement]:
    yield Statement("RegisterRevisions", ("ecs:RegisterTaskDefinition",), names.revisions)
    yield Statement(
        "KeepTheTagsOfCopies",
        ("ecs:TagResource",),
        names.revisions,
        {"StringEquals": {"ecs:CreateAction": ("RegisterTaskDefinition",)}},
    )
    yield Statement("TagRevisions", ("ecs:TagResource",), names.revisions, _SLIPWAY_TAGS)
    if facts.passed_roles:
        yield Statement("PassExactlyTheseRoles", ("iam:PassRole",), facts.passed_roles, TO_TASKS)


def _running_one_off_tasks(service: Service, names: _Names) -> Iterator[Statement]:
    if not service.before and not service.may_run:
        return
    yield Statement("RunOneOffTasks", ("ecs:RunTask",), names.revisions, names.in_cluster)
    yield Statement(
        "NoShellInContainers",
        ("ecs:RunTask",),
        conditions={"StringEquals": {"ecs:enable-execute-command": ("true",)}},
        effect="Deny",
    )
    yield Statement(
        "TagOneOffTasks",
        ("ecs:TagResource",),
        (names.tasks,),
        {"StringEquals": {"ecs:CreateAction": ("RunTask",)}},
    )
    yield Statement(
        "StopOneOffTasks",
        ("ecs:StopTask",),
        (names.tasks,),
        {**names.in_cluster, "Null": {"aws:ResourceTag/slipway:deploy": ("false",)}},
    )
