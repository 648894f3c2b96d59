"""IAM policies in the sandbox: what they allow, how AWS refuses, and which statements were used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from sandbox.ecs.http.policy_evaluation import Decision, IamRequest, Match, evaluate
from tests.sandbox.ecs.ecs_actions import CLUSTER

KEY = "ci"
HERE = "arn:aws:ecs:eu-west-1:123456789012"
WEB = f"{HERE}:service/production/web"
REQUEST = IamRequest("ecs:UpdateService", WEB, {"ecs:cluster": f"{HERE}:cluster/production"})


def statement(**changes: Any) -> dict[str, Any]:
    return {"Sid": "S", "Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*", **changes}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([statement()], True),
        ([statement(Action="ecs:*")], True),
        ([statement(Action=["ecs:DescribeServices", "ECS:updateservice"])], True),
        ([statement(Action="ecs:Describe*")], False),
        ([statement(Resource=WEB)], True),
        ([statement(Resource=f"{HERE}:service/production/w?b")], True),
        ([statement(Resource=f"{HERE}:service/*")], True),
        ([statement(Resource=WEB.replace("web", "api"))], False),
        ([statement(), statement(Effect="Deny", Resource=WEB)], False),
        ([statement(), statement(Effect="Deny", Resource=WEB.replace("web", "api"))], True),
    ],
)
def test_some_statement_has_to_allow_it_and_none_may_deny_it(
    statements: list[dict[str, Any]], allowed: bool
) -> None:
    assert evaluate(statements, REQUEST).is_allowed is allowed


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"k": "a"}}, {"k": "a"}, True),
        ({"StringEquals": {"k": ["a", "b"]}}, {"k": "b"}, True),
        ({"StringEquals": {"k": "a*"}}, {"k": "ab"}, False),
        ({"StringEquals": {"k": "a"}}, {}, False),
        ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"}, False),
        ({"StringLike": {"k": "a*"}}, {"k": "ab"}, True),
        ({"ArnLike": {"k": "arn:aws:ecs:*:1:cluster/*"}}, {"k": "arn:aws:ecs:eu-west-1:1:cluster/a"}, True),
        ({"ArnLike": {"k": "arn:aws:ecs:*:cluster/a"}}, {"k": "arn:aws:ecs:eu-west-1:1:cluster/a"}, False),
        ({"Null": {"k": "false"}}, {"k": "a"}, True),
        ({"Null": {"k": "false"}}, {}, False),
        ({"Null": {"k": "true"}}, {}, True),
        ({"ForAllValues:StringLike": {"k": "slipway:*"}}, {"k": ("slipway:a", "slipway:b")}, True),
        ({"ForAllValues:StringLike": {"k": "slipway:*"}}, {"k": ("slipway:a", "owner")}, False),
        ({"ForAllValues:StringLike": {"k": "slipway:*"}}, {}, True),
        ({"StringEquals": {"k": "a", "other": "b"}}, {"k": "a"}, False),
        ({"StringEquals": {"k": "a"}, "Null": {"other": "true"}}, {"k": "a"}, True),
    ],
)
def test_conditions_hold_as_in_iam(
    condition: dict[str, Any], context: dict[str, str | tuple[str, ...]], holds: bool
) -> None:
    request = IamRequest(REQUEST.action, REQUEST.resource, context)

    assert evaluate([statement(Condition=condition)], request).is_allowed is holds


def test_each_resource_of_a_statement_that_fits_is_named() -> None:
    resources = [WEB, WEB.replace("web", "api"), f"{HERE}:service/production/*"]

    assert evaluate([statement(Resource=resources)], REQUEST) == Decision(
        (Match("S", "ecs:UpdateService", resources[0]), Match("S", "ecs:UpdateService", resources[2])), False
    )


@pytest.mark.parametrize(
    "unknown",
    [
        {"NotAction": "ecs:*"},
        {"Principal": "*"},
        {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    ],
)
def test_what_is_not_evaluated_here_is_refused(ecs: EcsSandbox, unknown: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not evaluated here"):
        ecs.enforce_policies(KEY, [{"Statement": [{**statement(), **unknown}]}])


def error_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def test_a_user_may_do_what_the_policy_allows_and_others_may_do_everything(
    ecs: EcsSandbox, client: Any
) -> None:
    read = statement(Action="ecs:DescribeServices", Resource=WEB)
    ecs.enforce_policies(KEY, [{"Statement": [read]}])
    user = ecs.client("ecs", aws_access_key_id=KEY)

    assert user.describe_services(cluster=CLUSTER, services=["web"])["services"]
    assert error_of(lambda: user.describe_services(cluster=CLUSTER, services=["web", "api"])) == (
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecs:DescribeServices on "
        f"resource: {WEB.replace('web', 'api')} because no identity-based policy allows the "
        "ecs:DescribeServices action",
    )
    assert client.describe_services(cluster=CLUSTER, services=["web", "api"])["services"]
    assert ecs.used_permissions(KEY) == {Match("S", "ecs:DescribeServices", WEB)}


def test_a_statement_that_denies_is_named_as_one(ecs: EcsSandbox) -> None:
    deny = statement(Effect="Deny", Action="ecs:ListClusters")
    ecs.enforce_policies(KEY, [{"Statement": [statement(Action="ecs:*"), deny]}])

    code, message = error_of(lambda: ecs.client("ecs", aws_access_key_id=KEY).list_clusters())

    assert code == "AccessDeniedException"
    assert message.endswith("resource: * with an explicit deny in an identity-based policy")


def test_a_role_that_may_not_be_passed(ecs: EcsSandbox) -> None:
    ecs.enforce_policies(KEY, [{"Statement": [statement(Action="ecs:*")]}])
    user = ecs.client("ecs", aws_access_key_id=KEY)
    container = {"name": "a", "image": "a:1", "memory": 128}

    def register(**more: Any) -> None:
        user.register_task_definition(family="a", containerDefinitions=[container], **more)

    register()
    code, message = error_of(lambda: register(taskRoleArn="arn:aws:iam::123456789012:role/admin"))

    assert code == "ClientException"
    assert (
        "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/admin"
        in message
    )


def test_tags_at_creation_need_a_permission_of_their_own(ecs: EcsSandbox) -> None:
    register = statement(Action=["ecs:RegisterTaskDefinition", "iam:PassRole"])
    ecs.enforce_policies(KEY, [{"Statement": [register]}])
    user = ecs.client("ecs", aws_access_key_id=KEY)

    _, message = error_of(
        lambda: user.register_task_definition(
            family="a",
            containerDefinitions=[{"name": "a", "image": "a:1", "memory": 128}],
            tags=[{"key": "team", "value": "shop"}],
        )
    )

    assert f"perform: ecs:TagResource on resource: {HERE}:task-definition/a:*" in message


def test_a_role_has_policies_too_and_everybody_may_ask_who_they_are(ecs: EcsSandbox) -> None:
    role = "arn:aws:iam::123456789012:role/reader"
    ecs.add_role(role)
    ecs.enforce_policies(role, [{"Statement": []}])
    keys = ecs.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    options = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }

    assert ecs.client("sts", **options).get_caller_identity()["Account"] == "123456789012"
    code, message = error_of(lambda: ecs.client("ecs", **options).list_clusters())
    assert code == "AccessDeniedException"
    assert message.startswith("User: arn:aws:sts::123456789012:assumed-role/reader/me is not authorized")


def test_a_role_that_may_not_be_assumed(ecs: EcsSandbox) -> None:
    role = "arn:aws:iam::210987654321:role/slipway"
    ecs.add_role(role)
    ecs.enforce_policies(KEY, [{"Statement": [statement(Action="sts:AssumeRole", Resource=f"{role}-other")]}])
    sts = ecs.client("sts", aws_access_key_id=KEY)

    code, message = error_of(lambda: sts.assume_role(RoleArn=role, RoleSessionName="me"))

    assert (code, "sts:AssumeRole on resource: " + role in message) == ("AccessDenied", True)
