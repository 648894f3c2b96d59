"""What is said when AWS denies a call: which permission on which resource, and who can allow it."""

from __future__ import annotations

import pytest

from deploys.errors import (
    AwsDenied,
    AwsExplicitDeny,
)
from tests.workers.ecs.aws.translated_errors import a_client_error, translate

WORKER = "arn:aws:sts::123456789012:assumed-role/slipway/i-0abc"
SERVICE = "arn:aws:ecs:eu-west-1:123456789012:service/production/web"
ROLE = "arn:aws:iam::123456789012:role/web-task"


@pytest.mark.parametrize(
    ("code", "said", "message"),
    [
        (
            "AccessDeniedException",
            f"User: {WORKER} is not authorized to perform: ecs:UpdateService on resource: {SERVICE} because "
            "no identity-based policy allows the ecs:UpdateService action",
            f"AWS does not allow ecs:UpdateService: `{WORKER}` needs it on `{SERVICE}`. "
            "Add it to the role of the workers.",
        ),
        (
            "ClientException",
            f"User: {WORKER} is not authorized to perform: iam:PassRole on resource: {ROLE}",
            f"AWS does not allow iam:PassRole: `{WORKER}` needs it on `{ROLE}`. "
            "Add it to the role of the workers.",
        ),
        (
            "AccessDeniedException",
            f"User: {WORKER} is not authorized to perform: iam:PassRole on resource: {ROLE} because "
            "no permissions boundary allows the iam:PassRole action",
            f"AWS does not allow iam:PassRole: `{WORKER}` needs it on `{ROLE}` (because no permissions "
            "boundary allows the iam:PassRole action). Adding it to the role does not help: the "
            "permissions boundary that holds for the caller has to allow it.",
        ),
        (
            "AccessDenied",
            f"User: {WORKER} is not authorized to perform: sts:AssumeRole",
            f"AWS does not allow sts:AssumeRole: `{WORKER}` needs it. Add it to the role of the workers.",
        ),
        (
            "AccessDeniedException",
            f"User: {WORKER} is not authorized to perform: ecs:UpdateService on resource: {SERVICE} with "
            "an explicit deny in a service control policy",
            f"AWS does not allow ecs:UpdateService: `{WORKER}` needs it on `{SERVICE}` (with an "
            "explicit deny in a service control policy). An explicit deny wins over what a role allows, so "
            "the owner of that policy has to remove it.",
        ),
        (
            "AccessDeniedException",
            "You don't have access to <this>",
            "AWS does not allow ecs:UpdateService: AccessDeniedException: You don't have access to "
            "&lt;this&gt;. Add it to the role of the workers.",
        ),
        (
            "AccessDeniedException",
            "",
            "AWS does not allow ecs:UpdateService: AccessDeniedException. Add it to the role of the workers.",
        ),
    ],
)
def test_a_denial_names_the_permission_and_the_resource(code: str, said: str, message: str) -> None:
    error = translate(a_client_error(code, said), changes=True)

    assert isinstance(error, AwsDenied)
    assert error.message == message


THE_ROLE = "Add it to the role of the workers."
THE_OWNER = (
    "That belongs to account 210987654321, and its policy there has to allow it: the role of the caller "
    "alone cannot."
)


@pytest.mark.parametrize(
    ("because", "advice"),
    [
        (" because no identity-based policy allows the ecr:DescribeImages action", THE_ROLE),
        (" because no resource-based policy allows the ecr:DescribeImages action", THE_OWNER),
        ("", THE_OWNER),
        *(
            (
                f" because no {policy} allows the ecr:DescribeImages action",
                f"Adding it to the role does not help: the {policy} that holds for the caller has to "
                "allow it.",
            )
            for policy in ("session policy", "service control policy", "VPC endpoint policy")
        ),
    ],
)
def test_a_registry_of_another_account_is_told_whose_policy_denies_it(because: str, advice: str) -> None:
    repository = "arn:aws:ecr:eu-west-1:210987654321:repository/web"
    said = (
        f"User: {WORKER} is not authorized to perform: ecr:DescribeImages on resource: {repository}{because}"
    )

    error = translate(a_client_error("AccessDeniedException", said), changes=True)

    assert isinstance(error, AwsDenied)
    assert error.message.startswith(
        f"AWS does not allow ecr:DescribeImages: `{WORKER}` needs it on `{repository}`"
    )
    assert error.message.endswith(advice)


def test_a_denial_keeps_its_parts_as_facts() -> None:
    said = f"User: {WORKER} is not authorized to perform: iam:PassRole on resource: {ROLE}."

    facts = translate(a_client_error("AccessDeniedException", said), changes=True).facts

    assert (facts["action"], facts["resource"], facts["who"]) == ("iam:PassRole", ROLE, WORKER)
    assert (facts["code"], facts["request_id"]) == ("AccessDeniedException", "req-1")


def test_only_an_explicit_deny_is_somebody_elses_to_lift() -> None:
    denied = f"User: {WORKER} is not authorized to perform: ecs:UpdateService on resource: {SERVICE}"

    assert type(translate(a_client_error("AccessDeniedException", denied), changes=True)) is AwsDenied
    explicit = f"{denied} with an explicit deny in an identity-based policy"
    assert type(translate(a_client_error("AccessDeniedException", explicit), changes=True)) is AwsExplicitDeny
