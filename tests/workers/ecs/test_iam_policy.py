"""The workers' IAM policy: allows each call of Slipway on what is its own, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs.http.policy_evaluation import IamRequest, listed
from tests.iam_policy import is_allowed, workers_policy
from tests.workers.ecs.test_access_denied import CALLS, ELSEWHERE

HERE = "arn:aws:ecs:eu-west-1:123456789012"
SERVICE, DEPLOYMENT = f"{HERE}:service/production/web", f"{HERE}:service-deployment/production/web/abc"
REVISION, TASK = f"{HERE}:task-definition/web-family:7", f"{HERE}:task/production/{'a' * 32}"
STREAM = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web:log-stream:web/web/abc"
REPOSITORY = "arn:aws:ecr:eu-west-1:123456789012:repository/web"
TARGET = "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/0ec5abcd"
TASK_ROLE = "arn:aws:iam::123456789012:role/web-task"
CLUSTER = {"ecs:cluster": f"{HERE}:cluster/production"}
REGION = {"aws:RequestedRegion": "eu-west-1"}
SCALING = {
    "application-autoscaling:service-namespace": "ecs",
    "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
}
TO_TASKS = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
OURS = {"aws:ResourceTag/slipway:deploy": "w7x8y9zt"}

OWN = [
    *(
        IamRequest(action, "*", REGION)
        for action in (
            "ecs:DescribeTaskDefinition",
            "ecs:ListTaskDefinitions",
            "application-autoscaling:DescribeScalableTargets",
            "ecr:DescribePullThroughCacheRules",
            "cloudwatch:DescribeAlarms",
        )
    ),
    IamRequest("ecs:DescribeServices", SERVICE, CLUSTER),
    IamRequest("ecs:ListServiceDeployments", SERVICE, CLUSTER),
    IamRequest("ecs:DescribeServiceDeployments", SERVICE, CLUSTER),
    IamRequest("ecs:DescribeServiceDeployments", DEPLOYMENT, CLUSTER),
    IamRequest("ecs:ListTasks", "*", CLUSTER),
    IamRequest("ecs:DescribeTasks", TASK, CLUSTER),
    IamRequest("ecs:GetTaskProtection", TASK, CLUSTER),
    IamRequest("ecr:DescribeImages", REPOSITORY),
    IamRequest("ecr:BatchGetImage", REPOSITORY),
    IamRequest("logs:GetLogEvents", STREAM),
    IamRequest("ecs:UpdateService", SERVICE, {**CLUSTER, "ecs:task-definition": REVISION}),
    IamRequest("ecs:UpdateService", SERVICE, CLUSTER),
    IamRequest("ecs:StopServiceDeployment", SERVICE, CLUSTER),
    IamRequest("ecs:StopServiceDeployment", DEPLOYMENT, CLUSTER),
    IamRequest("ecs:ContinueServiceDeployment", SERVICE, CLUSTER),
    IamRequest("ecs:ContinueServiceDeployment", DEPLOYMENT, CLUSTER),
    IamRequest("ecs:TagResource", SERVICE, {"aws:TagKeys": ("slipway:restore", "slipway:signature")}),
    IamRequest("ecs:UntagResource", SERVICE, {"aws:TagKeys": ("slipway:restore",)}),
    IamRequest("ecs:RegisterTaskDefinition", REVISION, {"ecs:privileged": "false"}),
    IamRequest(
        "ecs:TagResource",
        REVISION,
        {"ecs:CreateAction": "RegisterTaskDefinition", "aws:TagKeys": ("team", "slipway:deploy")},
    ),
    IamRequest("ecs:TagResource", REVISION, {"aws:TagKeys": ("slipway:rollback",)}),
    IamRequest("ecs:RunTask", REVISION, CLUSTER),
    IamRequest("ecs:TagResource", TASK, {"ecs:CreateAction": "RunTask", "aws:TagKeys": ("slipway:deploy",)}),
    IamRequest("ecs:StopTask", TASK, {**CLUSTER, **OURS}),
    IamRequest("application-autoscaling:RegisterScalableTarget", TARGET, SCALING),
    IamRequest("iam:PassRole", TASK_ROLE, TO_TASKS),
]
"""What Slipway asks for, once for each resource that AWS checks."""

OTHER_CLUSTER = {"ecs:cluster": f"{HERE}:cluster/staging"}
SHELL = {"ecs:enable-execute-command": "true"}
FOREIGN = [
    *(IamRequest(each.action, each.resource, {"aws:RequestedRegion": "us-east-1"}) for each in OWN[:5]),
    IamRequest("ecs:DescribeServices", f"{HERE}:service/production/billing", CLUSTER),
    IamRequest("ecs:DescribeServices", f"{HERE}:service/staging/web", OTHER_CLUSTER),
    IamRequest("ecs:DescribeServices", SERVICE, OTHER_CLUSTER),
    IamRequest("ecs:DescribeServiceDeployments", f"{HERE}:service-deployment/production/web2/abc", CLUSTER),
    IamRequest("ecs:ListTasks", "*", OTHER_CLUSTER),
    IamRequest("ecs:ListTasks", "*"),
    IamRequest("ecs:DescribeTasks", f"{HERE}:task/staging/abc", CLUSTER),
    IamRequest("ecs:DescribeTasks", TASK, OTHER_CLUSTER),
    IamRequest("ecs:GetTaskProtection", f"{HERE}:task/staging/abc", CLUSTER),
    IamRequest("ecs:GetTaskProtection", TASK, OTHER_CLUSTER),
    IamRequest("ecr:DescribeImages", "arn:aws:ecr:eu-west-1:123456789012:repository/web/secret"),
    IamRequest("ecr:PutImage", REPOSITORY),
    IamRequest("logs:GetLogEvents", STREAM.replace("/ecs/web", "/ecs/billing")),
    IamRequest("logs:GetLogEvents", STREAM.replace(":web/web", ":billing/web")),
    IamRequest("ecs:UpdateService", f"{HERE}:service/production/billing", CLUSTER),
    IamRequest("ecs:UpdateService", SERVICE.replace("123456789012", "210987654321"), CLUSTER),
    IamRequest("ecs:UpdateService", SERVICE, OTHER_CLUSTER),
    IamRequest(
        "ecs:UpdateService", SERVICE, {**CLUSTER, "ecs:task-definition": f"{HERE}:task-definition/admin:1"}
    ),
    IamRequest("ecs:UpdateService", SERVICE, {**CLUSTER, **SHELL}),
    IamRequest("ecs:DeleteService", SERVICE, CLUSTER),
    IamRequest("ecs:CreateService", SERVICE, CLUSTER),
    IamRequest("ecs:ExecuteCommand", TASK, CLUSTER),
    IamRequest("ecs:StopServiceDeployment", f"{HERE}:service-deployment/production/billing/abc", CLUSTER),
    IamRequest("ecs:ContinueServiceDeployment", DEPLOYMENT, OTHER_CLUSTER),
    IamRequest("ecs:TagResource", SERVICE, {"aws:TagKeys": ("slipway:restore", "owner")}),
    IamRequest(
        "ecs:TagResource", f"{HERE}:service/production/billing", {"aws:TagKeys": ("slipway:restore",)}
    ),
    IamRequest("ecs:UntagResource", SERVICE, {"aws:TagKeys": ("owner",)}),
    IamRequest("ecs:UntagResource", REVISION, {"aws:TagKeys": ("slipway:deploy",)}),
    IamRequest("ecs:TagResource", REVISION, {"aws:TagKeys": ("owner",)}),
    IamRequest("ecs:TagResource", TASK, {"aws:TagKeys": ("slipway:deploy",)}),
    IamRequest("ecs:RegisterTaskDefinition", f"{HERE}:task-definition/admin:1"),
    IamRequest("ecs:RegisterTaskDefinition", REVISION, {"ecs:privileged": "true"}),
    IamRequest("ecs:DeregisterTaskDefinition", REVISION),
    IamRequest("ecs:RunTask", REVISION, OTHER_CLUSTER),
    IamRequest("ecs:RunTask", f"{HERE}:task-definition/admin:1", CLUSTER),
    IamRequest("ecs:RunTask", REVISION, {**CLUSTER, **SHELL}),
    IamRequest("ecs:StopTask", TASK, CLUSTER),
    IamRequest("ecs:StopTask", f"{HERE}:task/staging/abc", {**CLUSTER, **OURS}),
    IamRequest("ecs:StopTask", TASK, {**OTHER_CLUSTER, **OURS}),
    IamRequest("ecs:TagResource", f"{HERE}:task/staging/abc", {"ecs:CreateAction": "RunTask"}),
    IamRequest(
        "ecs:TagResource", f"{HERE}:task-definition/admin:1", {"ecs:CreateAction": "RegisterTaskDefinition"}
    ),
    IamRequest("ecs:TagResource", f"{HERE}:task-definition/admin:1", {"aws:TagKeys": ("slipway:rollback",)}),
    IamRequest(
        "application-autoscaling:RegisterScalableTarget",
        TARGET,
        {**SCALING, "application-autoscaling:service-namespace": "dynamodb"},
    ),
    IamRequest(
        "application-autoscaling:RegisterScalableTarget",
        TARGET.replace("123456789012", "210987654321"),
        SCALING,
    ),
    IamRequest("application-autoscaling:DeregisterScalableTarget", TARGET, SCALING),
    IamRequest("application-autoscaling:PutScalingPolicy", TARGET, SCALING),
    IamRequest("iam:PassRole", "arn:aws:iam::123456789012:role/admin", TO_TASKS),
    IamRequest("iam:PassRole", TASK_ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
]
"""What somebody with the workers' credentials might try instead."""

NO_NARROWER = {"ecs:ListTasks", "cloudwatch:DescribeAlarms"}
"""They take a resource, but not one that Slipway could name; the page says why."""
SUPPORTED: dict[str, tuple[set[str], set[str]]] = {
    # the types of resource, the condition keys
    "ecs:DescribeTaskDefinition": (set(), set()),
    "ecs:ListTaskDefinitions": (set(), set()),
    "application-autoscaling:DescribeScalableTargets": (set(), set()),
    "ecr:DescribePullThroughCacheRules": (set(), set()),
    "cloudwatch:DescribeAlarms": ({"alarm"}, set()),
    "ecs:DescribeServices": ({"service"}, {"ecs:cluster"}),
    "ecs:ListServiceDeployments": ({"service"}, {"ecs:cluster"}),
    "ecs:DescribeServiceDeployments": ({"service", "service-deployment"}, {"ecs:cluster"}),
    "ecs:ListTasks": ({"container-instance"}, {"ecs:cluster"}),
    "ecs:DescribeTasks": ({"task"}, {"ecs:cluster"}),
    "ecs:GetTaskProtection": ({"task"}, {"ecs:cluster"}),
    "ecr:DescribeImages": ({"repository"}, set()),
    "ecr:BatchGetImage": ({"repository"}, set()),
    "logs:GetLogEvents": ({"log-group"}, set()),
    "ecs:UpdateService": (
        {"service"},
        {"ecs:cluster", "ecs:task-definition", "ecs:enable-execute-command"},
    ),
    "ecs:StopServiceDeployment": ({"service", "service-deployment"}, {"ecs:cluster"}),
    "ecs:ContinueServiceDeployment": ({"service", "service-deployment"}, {"ecs:cluster"}),
    "ecs:TagResource": ({"service", "task-definition", "task"}, {"aws:TagKeys", "ecs:CreateAction"}),
    "ecs:UntagResource": ({"service", "task-definition", "task"}, {"aws:TagKeys"}),
    "application-autoscaling:RegisterScalableTarget": ({"scalable-target"}, set(SCALING)),
    "ecs:RegisterTaskDefinition": ({"task-definition"}, {"ecs:privileged"}),
    "ecs:RunTask": ({"task-definition"}, {"ecs:cluster", "ecs:enable-execute-command"}),
    "ecs:StopTask": ({"task"}, {"ecs:cluster", "aws:ResourceTag/slipway:deploy"}),
    "iam:PassRole": ({"role"}, {"iam:PassedToService"}),
}
"""AWS's Service Authorization Reference, of October 2026. A condition on a key that an action does not have
never holds, so its statement would allow nothing."""


def actions_of(statement: dict[str, Any]) -> set[str]:
    return set(listed(statement["Action"]))


def label(request: IamRequest) -> str:
    context = " ".join(map(str, request.context.values()))
    return f"{request.action} {request.resource.rpartition(':')[2]} {context}"


@pytest.mark.parametrize("request_", OWN, ids=label)
def test_what_slipway_does_with_its_own_is_allowed(request_: IamRequest) -> None:
    assert is_allowed(workers_policy(), request_)


@pytest.mark.parametrize("request_", FOREIGN, ids=label)
def test_everything_else_is_denied(request_: IamRequest) -> None:
    assert not is_allowed(workers_policy(), request_)


def test_the_policies_have_every_permission_that_the_code_needs_and_no_other() -> None:
    statements = [each for each in workers_policy() if each["Effect"] == "Allow"]
    allowed = {action for each in statements for action in actions_of(each)}

    elsewhere = {"sts:AssumeRole", "sts:GetCallerIdentity"}  # of the roles themselves; needs no permission
    assert allowed | elsewhere == {*CALLS, *ELSEWHERE, "iam:PassRole"}
    assert allowed == set(SUPPORTED) == {each.action for each in OWN}


@pytest.mark.parametrize("statement", workers_policy(), ids=lambda each: each["Sid"])
def test_no_statement_has_a_resource_or_condition_that_aws_does_not_know(statement: dict[str, Any]) -> None:
    keys = {key for each in statement.get("Condition", {}).values() for key in each}
    resources = listed(statement["Resource"])
    types = {each.split(":", 5)[5].replace(":", "/").split("/")[0] for each in resources if each != "*"}
    assert types <= {each for action in actions_of(statement) for each in SUPPORTED[action][0]}
    for action in actions_of(statement):
        known_types, known_keys = SUPPORTED[action]
        assert keys <= known_keys | {"aws:RequestedRegion"}, action
        if statement["Effect"] == "Deny":
            continue
        if action in NO_NARROWER or not known_types:
            assert resources == ["*"], action
        else:
            assert types & known_types, action


def test_every_statement_is_needed() -> None:
    policy = workers_policy()
    for statement in policy:
        without = [each for each in policy if each is not statement]
        wrong = [each for each in OWN if not is_allowed(without, each)]
        wrong += [each for each in FOREIGN if is_allowed(without, each)]
        assert wrong, statement["Sid"]


def test_every_condition_and_every_narrow_resource_is_needed() -> None:
    policy = workers_policy()
    for number, statement in enumerate(policy):
        if statement["Effect"] == "Deny":
            continue
        looser = [{**statement, "Resource": "*"}] if statement["Resource"] != "*" else []
        for operator in statement.get("Condition", {}):
            kept = {key: value for key, value in statement["Condition"].items() if key != operator}
            looser.append({**statement, "Condition": kept})
        for each in looser:
            changed = [*policy[:number], each, *policy[number + 1 :]]
            assert any(is_allowed(changed, request) for request in FOREIGN), each
