"""What IAM is asked about a statement, and what its answers mean."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from slipway.doctor.permission_simulation import (
    PolicySimulator,
    Question,
    Refusal,
    lacking_part,
    merge_questions,
    principal_of,
    questions_about,
)
from slipway.iam.statement import Statement

HERE = "arn:aws:ecs:eu-west-1:123456789012"
IN_REGION = ("aws:RequestedRegion", ("eu-west-1",))
IN_CLUSTER = ("ecs:cluster", (f"{HERE}:cluster/production",))


@pytest.mark.parametrize(
    ("statement", "questions"),
    [
        (
            Statement("Plain", ("ecs:ListTaskDefinitions",)),
            [Question(("ecs:ListTaskDefinitions",), ("*",), (IN_REGION,))],
        ),
        (
            Statement("Star", ("ecs:DescribeTasks",), (f"{HERE}:task/production/*",)),
            [Question(("ecs:DescribeTasks",), (f"{HERE}:task/production/0",), (IN_REGION,))],
        ),
        (
            Statement(
                "Condition",
                ("ecs:ListTasks",),
                conditions={"ArnEquals": {"ecs:cluster": (f"{HERE}:cluster/production",)}},
            ),
            [Question(("ecs:ListTasks",), ("*",), (IN_REGION, IN_CLUSTER))],
        ),
        (
            Statement(
                "EachValue",
                ("ecr:DescribePullThroughCacheRules",),
                conditions={"StringEquals": {"aws:RequestedRegion": ("eu-west-1", "us-east-1")}},
            ),
            [
                Question(("ecr:DescribePullThroughCacheRules",), ("*",), (IN_REGION,)),
                Question(
                    ("ecr:DescribePullThroughCacheRules",), ("*",), (("aws:RequestedRegion", ("us-east-1",)),)
                ),
            ],
        ),
        (
            Statement(
                "List",
                ("ecs:TagResource",),
                conditions={"ForAllValues:StringLike": {"aws:TagKeys": ("slipway:*",)}},
            ),
            [Question(("ecs:TagResource",), ("*",), (IN_REGION, ("aws:TagKeys", ("slipway:0",))))],
        ),
        (
            Statement(
                "Present",
                ("ecs:StopTask",),
                conditions={"Null": {"aws:ResourceTag/slipway:deploy": ("false",)}},
            ),
            [Question(("ecs:StopTask",), ("*",), (IN_REGION, ("aws:ResourceTag/slipway:deploy", ("0",))))],
        ),
        (
            Statement("Absent", ("ecs:StopTask",), conditions={"Null": {"aws:ResourceTag/mine": ("true",)}}),
            [Question(("ecs:StopTask",), ("*",), (IN_REGION,))],
        ),
        (
            Statement(
                "Kinds",
                ("ecs:DescribeServices", "ecs:DescribeServiceDeployments"),
                (f"{HERE}:service/production/web", f"{HERE}:service-deployment/production/web/*"),
            ),
            [
                Question(("ecs:DescribeServices",), (f"{HERE}:service/production/web",), (IN_REGION,)),
                Question(
                    ("ecs:DescribeServiceDeployments",),
                    (f"{HERE}:service/production/web", f"{HERE}:service-deployment/production/web/0"),
                    (IN_REGION,),
                ),
            ],
        ),
    ],
    ids=lambda value: value.sid if isinstance(value, Statement) else "",
)
def test_what_is_asked_about_a_statement(statement: Statement, questions: list[Question]) -> None:
    assert list(questions_about(statement, "eu-west-1")) == questions


def test_services_that_need_the_same_are_asked_about_together() -> None:
    questions = [Question(("ecs:DescribeTasks",), (each,), (IN_REGION,)) for each in ("a", "b", "a")]
    other = Question(("ecs:DescribeTasks",), ("c",), (IN_REGION, IN_CLUSTER))

    assert merge_questions([*questions, other]) == [
        Question(("ecs:DescribeTasks",), ("a", "b"), (IN_REGION,)),
        other,
    ]


def test_only_the_part_that_is_refused_is_lacking() -> None:
    statement = Statement(
        "Rollouts", ("ecs:StopServiceDeployment", "ecs:ContinueServiceDeployment"), ("one/*", "two/*")
    )
    elsewhere = (("aws:RequestedRegion", ("us-east-1",)),)

    def refusal(resource: str, context: Any = (IN_REGION,)) -> Refusal:
        return Refusal("ecs:ContinueServiceDeployment", resource, context, False, False)

    assert lacking_part(statement, "eu-west-1", [refusal("two/0")]) == Statement(
        "Rollouts", ("ecs:ContinueServiceDeployment",), ("two/*",)
    )
    assert lacking_part(statement, "eu-west-1", [refusal("three/0"), refusal("two/0", elsewhere)]) is None


@pytest.mark.parametrize(
    ("caller", "principal"),
    [
        ("arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:user/alice"),
        ("arn:aws:sts::123456789012:assumed-role/workers/i-0abc", "arn:aws:iam::123456789012:role/workers"),
        ("arn:aws-cn:sts::123456789012:assumed-role/workers/x", "arn:aws-cn:iam::123456789012:role/workers"),
        ("arn:aws:iam::123456789012:root", ""),
    ],
)
def test_whose_policies_count(caller: str, principal: str) -> None:
    assert principal_of(caller) == principal


@pytest.mark.parametrize(
    ("result", "refused"),
    [
        ({"EvalDecision": "allowed"}, []),
        ({"EvalDecision": "implicitDeny"}, [("a", False, False)]),
        ({"EvalDecision": "explicitDeny"}, [("a", True, False)]),
        (
            {
                "EvalDecision": "implicitDeny",
                "OrganizationsDecisionDetail": {"AllowedByOrganizations": False},
            },
            [("a", False, True)],
        ),
        (
            {
                "EvalDecision": "implicitDeny",
                "ResourceSpecificResults": [
                    {"EvalResourceName": "a", "EvalResourceDecision": "allowed"},
                    {"EvalResourceName": "b", "EvalResourceDecision": "explicitDeny"},
                ],
            },
            [("b", True, False)],
        ),
    ],
)
def test_what_an_answer_means(result: dict[str, Any], refused: list[tuple[str, bool, bool]]) -> None:
    """A result is for one resource, or lists several (IAM API reference, EvaluationResult)."""
    page = {"EvaluationResults": [{"EvalActionName": "ecs:RunTask", "EvalResourceName": "a", **result}]}
    region = MagicMock()
    region.client.return_value.get_paginator.return_value.paginate.return_value = [page]

    found = PolicySimulator(region, "arn").ask([Question(("ecs:RunTask",), ("a", "b"), (IN_REGION,))])

    assert [(each.resource, each.is_explicit, each.by_organisation) for each in found] == refused
