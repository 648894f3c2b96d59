"""Every call that Slipway makes to AWS, denied: the error names the action, and on which resource."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import workers.ecs
from deploys.errors import AwsDenied, AwsError, ServiceDeploymentsUnavailable
from deploys.records.restore_point import ALL_SUSPENDED
from deploys.records.traffic import HookAction
from tests.workers.ecs.fake_aws import FakeAws
from workers.ecs import (
    alarms,
    one_off_tasks,
    scalable_targets,
    service_deployments,
    services,
    task_definitions,
    tasks,
)
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.images import ecr, image_indexes, image_reference

CLUSTER = "production"
HERE = "arn:aws:ecs:eu-west-1:123456789012"
SERVICE = f"{HERE}:service/production/web"
REVISION = f"{HERE}:task-definition/web:7"
TASK = f"{HERE}:task/production/{'a' * 32}"
DEPLOYMENT = f"{HERE}:service-deployment/production/web/abc"
REPOSITORY = "arn:aws:ecr:eu-west-1:123456789012:repository/web"
IMAGE = image_reference.parse_image("123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.2")
ECR_REPOSITORY = image_reference.EcrRepository("123456789012", "eu-west-1", "web")
DIGEST = "sha256:" + "a" * 64
TARGET = "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/*"
WORKER = "arn:aws:sts::123456789012:assumed-role/slipway-workers/i-0abc"
ORDER = one_off_tasks.RunTaskRequest(CLUSTER, REVISION, "web", ("migrate",), "w7x8y9zt", "token", {})

CALLS: dict[str, tuple[str, Callable[[RegionClients], object]]] = {
    # the permission: on what, and what makes the call
    "ecs:DescribeServices": (SERVICE, lambda r: services.describe(r, CLUSTER, ["web"])),
    "ecs:UpdateService": (SERVICE, lambda r: services.update(r, CLUSTER, "web", desired=0)),
    "ecs:TagResource": (SERVICE, lambda r: services.tag(r, SERVICE, {"a": "b"})),
    "ecs:UntagResource": (SERVICE, lambda r: services.untag(r, SERVICE, ["a"])),
    "ecs:DescribeTaskDefinition": ("*", lambda r: task_definitions.describe(r, REVISION)),
    "ecs:ListTaskDefinitions": ("*", lambda r: task_definitions.find_registered_for(r, "web", 7, "w7x8y9zt")),
    "ecs:RegisterTaskDefinition": (
        f"{HERE}:task-definition/web:*",
        lambda r: task_definitions.register(r, {"family": "web", "containerDefinitions": []}),
    ),
    "ecs:ListTasks": ("*", lambda r: tasks.list_service_tasks(r, CLUSTER, "web")),
    "ecs:DescribeTasks": (TASK, lambda r: tasks.describe(r, CLUSTER, [TASK])),
    "ecs:GetTaskProtection": (TASK, lambda r: tasks.read_protection(r, CLUSTER, [TASK])),
    "ecs:RunTask": (REVISION, lambda r: one_off_tasks.run(r, ORDER)),
    "ecs:StopTask": (TASK, lambda r: one_off_tasks.stop(r, CLUSTER, TASK, "done")),
    "ecs:ListServiceDeployments": (
        SERVICE,
        lambda r: service_deployments.find_by_deployment_id(r, CLUSTER, "web", "ecs-svc/1", 0.0),
    ),
    "ecs:DescribeServiceDeployments": (DEPLOYMENT, lambda r: service_deployments.describe(r, [DEPLOYMENT])),
    "ecs:StopServiceDeployment": (DEPLOYMENT, lambda r: service_deployments.stop(r, DEPLOYMENT)),
    "ecs:ContinueServiceDeployment": (
        DEPLOYMENT,
        lambda r: service_deployments.continue_past_hook(r, DEPLOYMENT, "hook", HookAction.CONTINUE),
    ),
    "ecr:DescribeImages": (REPOSITORY, lambda r: ecr.find_image(r, IMAGE)),
    "ecr:BatchGetImage": (REPOSITORY, lambda r: image_indexes.read_manifest(r, ECR_REPOSITORY, DIGEST)),
    "ecr:DescribePullThroughCacheRules": ("*", lambda r: ecr.is_pulled_through(r, IMAGE)),
    "cloudwatch:DescribeAlarms": (
        "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors",
        lambda r: alarms.read(r, ["errors"]),
    ),
    "application-autoscaling:DescribeScalableTargets": (
        "*",
        lambda r: scalable_targets.read_target(r, CLUSTER, "web"),
    ),
    "application-autoscaling:RegisterScalableTarget": (
        TARGET,
        lambda r: scalable_targets.set_suspension(r, CLUSTER, "web", ALL_SUSPENDED),
    ),
}
ELSEWHERE = {"sts:AssumeRole", "logs:GetLogEvents", "sts:GetCallerIdentity"}
"""Denied, the first has a message of its own, and the second is no error but a log that is not shown. The
third is never denied (STS API reference, GetCallerIdentity)."""


def deny(aws: FakeAws, action: str, resource: str) -> None:
    on = "" if resource == "*" else f" on resource: {resource}"
    aws.respond_error(
        action.partition(":")[2],
        "AccessDeniedException",
        f"User: {WORKER} is not authorized to perform: {action}{on} because no identity-based policy allows "
        f"the {action} action",
    )


@pytest.mark.parametrize("action", CALLS)
def test_a_denied_call_says_which_action_on_which_resource(
    aws: FakeAws, region: RegionClients, action: str
) -> None:
    resource, call = CALLS[action]
    deny(aws, action, resource)

    with pytest.raises(AwsError) as raised:
        call(region)

    error = raised.value
    needs = f"`{WORKER}` needs it" if resource == "*" else f"`{WORKER}` needs it on `{resource}`"
    assert isinstance(error, AwsDenied | ServiceDeploymentsUnavailable)
    assert action in error.message
    assert needs in error.message
    assert error.facts["action"] == action
    assert [asked.operation for asked in aws.requests] == [action.partition(":")[2]]


PASSING = {"ecs:RegisterTaskDefinition", "ecs:RunTask"}


@pytest.mark.parametrize("action", sorted(PASSING))
def test_a_role_that_may_not_be_passed_is_named_instead_of_the_call(
    aws: FakeAws, region: RegionClients, action: str
) -> None:
    role = "arn:aws:iam::123456789012:role/web-task"
    aws.respond_error(
        action.partition(":")[2],
        "ClientException",
        f"User: {WORKER} is not authorized to perform: iam:PassRole on resource: {role}",
    )

    with pytest.raises(AwsDenied) as raised:
        CALLS[action][1](region)

    assert raised.value.message == (
        f"AWS does not allow iam:PassRole: `{WORKER}` needs it on `{role}`. "
        "Add it to the role of the workers."
    )


def test_there_is_a_row_for_every_call_in_the_code() -> None:
    code = "".join(file.read_text() for file in Path(workers.ecs.__file__).parent.rglob("*.py"))
    named = set(re.findall(r'"((?:ecs|ecr|logs|cloudwatch|application-autoscaling|sts):[A-Z]\w+)"', code))

    assert named == {*CALLS, *ELSEWHERE}
