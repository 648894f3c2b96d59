"""What STS says of who asks, and what IAM's simulator says that they may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox

KEY = "ci"
USER = f"arn:aws:iam::123456789012:user/{KEY}"
ROLE = "arn:aws:iam::123456789012:role/deploys/ci"
WEB = "arn:aws:ecs:eu-west-1:123456789012:service/production/web"
API = WEB.replace("web", "api")
ASK = {"Sid": "Ask", "Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}


def statement(**changes: Any) -> dict[str, Any]:
    return {"Sid": "S", "Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*", **changes}


def simulate(ecs: EcsSandbox, source: str = USER, **params: Any) -> list[tuple[str, str, str, list[str]]]:
    iam = ecs.client("iam", aws_access_key_id=KEY)
    wanted = {"ActionNames": ["ecs:UpdateService"], "ResourceArns": [WEB], **params}
    answer = iam.simulate_principal_policy(PolicySourceArn=source, **wanted)
    return [
        (
            each["EvalActionName"],
            each["EvalResourceName"],
            each["EvalDecision"],
            each["MissingContextValues"],
        )
        for each in answer["EvaluationResults"]
    ]


def error_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_each_action_is_judged_on_each_resource(ecs: EcsSandbox) -> None:
    ecs.enforce_policies(KEY, [{"Statement": [ASK, statement(), statement(Effect="Deny", Resource=API)]}])

    actions, resources = ["ecs:UpdateService", "ecs:StopTask"], [WEB, API]
    assert simulate(ecs, ActionNames=actions, ResourceArns=resources) == [
        ("ecs:UpdateService", WEB, "allowed", []),
        ("ecs:UpdateService", API, "explicitDeny", []),
        ("ecs:StopTask", WEB, "implicitDeny", []),
        ("ecs:StopTask", API, "implicitDeny", []),
    ]
    assert {each.operation for each in ecs.calls()} == {"SimulatePrincipalPolicy"}
    assert {each.sid for each in ecs.used_permissions(KEY)} == {"Ask"}, "nothing else was used"


@pytest.mark.parametrize(
    ("condition", "kind", "values", "decision"),
    [
        ({"StringEquals": {"my:key": "a"}}, "string", ["a"], "allowed"),
        ({"StringEquals": {"my:key": "a"}}, "string", ["b"], "implicitDeny"),
        ({"ForAllValues:StringLike": {"my:key": "a*"}}, "stringList", ["a", "ab"], "allowed"),
        ({"ForAllValues:StringLike": {"my:key": "a*"}}, "stringList", ["a", "b"], "implicitDeny"),
    ],
)
def test_conditions_are_judged_by_the_context_that_is_given(
    ecs: EcsSandbox, condition: Any, kind: str, values: list[str], decision: str
) -> None:
    ecs.enforce_policies(KEY, [{"Statement": [ASK, statement(Condition=condition)]}])
    entry = {"ContextKeyName": "my:key", "ContextKeyType": kind, "ContextKeyValues": values}

    assert simulate(ecs, ContextEntries=[entry]) == [("ecs:UpdateService", WEB, decision, [])]
    assert simulate(ecs)[0][3] == ["my:key"], "the key is missing"


def test_without_a_resource_every_resource_is_meant(ecs: EcsSandbox) -> None:
    ecs.enforce_policies(KEY, [{"Statement": [ASK, statement(Resource=WEB)]}])

    assert simulate(ecs, ResourceArns=[]) == [("ecs:UpdateService", "*", "implicitDeny", [])]


def test_who_may_not_ask_is_refused(ecs: EcsSandbox) -> None:
    ecs.enforce_policies(KEY, [{"Statement": [statement(), {**ASK, "Resource": ROLE}]}])

    assert error_of(lambda: simulate(ecs)) == (
        "AccessDenied",
        f"User: {USER} is not authorized to perform: iam:SimulatePrincipalPolicy on resource: {USER} because "
        "no identity-based policy allows the iam:SimulatePrincipalPolicy action",
    )


def test_only_users_and_roles_that_exist_can_be_asked_about(ecs: EcsSandbox) -> None:
    ecs.add_role(ROLE)
    session = "arn:aws:sts::123456789012:assumed-role/ci/build-7"

    assert error_of(lambda: simulate(ecs, session)) == (
        "InvalidInput",
        f"Invalid Entity Arn: {session} does not clearly define entity type and name.",
    )
    without_path = ROLE.replace("deploys/", "")
    assert error_of(lambda: simulate(ecs, without_path)) == (
        "NoSuchEntity",
        "The role with name ci cannot be found.",
    )
    assert simulate(ecs, ROLE)[0][2] == "allowed"
    assert ecs.client("iam").get_role(RoleName="ci")["Role"]["Arn"] == ROLE
    assert error_of(lambda: ecs.client("iam").get_role(RoleName="cd"))[0] == "NoSuchEntity"


def test_the_policies_of_a_role_count_for_the_role(ecs: EcsSandbox) -> None:
    ecs.enforce_policies(ROLE, [{"Statement": [statement(Resource=API)]}])

    assert [each[2] for each in simulate(ecs, ROLE, ResourceArns=[WEB, API])] == [
        "implicitDeny",
        "allowed",
    ]


def test_sts_says_who_asks(ecs: EcsSandbox) -> None:
    ecs.add_role(ROLE)
    keys = ecs.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="build-7")["Credentials"]
    session = ecs.client(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )

    user = ecs.client("sts", aws_access_key_id=KEY).get_caller_identity()
    role = session.get_caller_identity()

    assert (user["Arn"], user["Account"]) == (USER, "123456789012")
    assert role["Arn"] == "arn:aws:sts::123456789012:assumed-role/ci/build-7"
