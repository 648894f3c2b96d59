"""A service's role: how it is assumed, under which name, for how long, and what is said when it cannot be."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from deploys.catalogue.nested_keys import Role
from deploys.errors import (
    AwsCredentials,
    AwsDeniedToRole,
    AwsExplicitDeny,
    AwsResultUnknown,
    AwsUnavailable,
    RoleDenied,
)
from sandbox.ecs import EcsSandbox
from sandbox.ecs.account import ACCOUNT
from tests.builders import a_service
from workers.ecs import services, tasks
from workers.ecs.aws import principals
from workers.ecs.aws.assumed_roles import FRESH_SECONDS, RENEW_SECONDS, SESSION_SECONDS, TemporaryCredentials
from workers.ecs.aws.aws_clients import ACCOUNT_RETRY_SECONDS, SERVICES_BUILT_AHEAD, AwsClients
from workers.ecs.aws.call_budget import OWN_ACCOUNT
from workers.ecs.images import ecr
from workers.ecs.images.image_reference import parse_image
from workers.watch_interval import place_of

OTHER = "210987654321"
ARN = f"arn:aws:iam::{OTHER}:role/slipway"
ROLE = Role(arn=ARN, external_id="of-slipway")


@pytest.fixture
def account(ecs: EcsSandbox) -> EcsSandbox:
    """Another account, reached with a role that asks for an external id."""
    ecs.add_role(ARN, external_id="of-slipway")
    return ecs


@pytest.fixture
def aws(account: EcsSandbox) -> AwsClients:
    return AwsClients(now=account.now)


def assumed(ecs: EcsSandbox) -> list[dict[str, Any]]:
    """What STS was asked, in order."""
    return [call.params for call in ecs.calls("AssumeRole")]


def test_a_role_is_assumed_with_its_external_id_and_under_the_deploys_name(
    account: EcsSandbox, aws: AwsClients
) -> None:
    here = aws.for_service(a_service(role=ROLE), principals.session_for_deploy("abcd2345"))

    found = services.describe(here, "production", ["web"])

    (asked,) = assumed(account)
    assert asked == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": ARN,
        "RoleSessionName": "slipway-abcd2345",
        "DurationSeconds": "900",
        "ExternalId": "of-slipway",
    }
    assert f":{OTHER}:" in found["web"].revision


def test_without_an_external_id_none_is_sent(account: EcsSandbox, aws: AwsClients) -> None:
    account.add_role(f"{ARN}-open")

    services.describe(
        aws.region("eu-west-1", Role(arn=f"{ARN}-open"), "slipway-watch"), "production", ["web"]
    )

    assert "ExternalId" not in assumed(account)[0]


def test_sts_is_asked_in_the_services_own_region(account: EcsSandbox, aws: AwsClients) -> None:
    aws.region("us-east-1", ROLE, "slipway-watch").ensure_credentials()

    assert aws.region("us-east-1").client("sts").meta.region_name == "us-east-1"
    assert aws.region("eu-west-1")._clients == {}


def test_keys_are_fetched_once_for_all_that_is_done_under_a_name(
    account: EcsSandbox, aws: AwsClients
) -> None:
    here = aws.region("eu-west-1", ROLE, "slipway-watch")

    services.describe(here, "production", ["web"])
    services.describe(aws.region("eu-west-1", ROLE, "slipway-watch"), "production", ["api"])
    tasks.list_service_tasks(here, "production", "web")
    assert len(assumed(account)) == 1

    services.describe(aws.region("eu-west-1", ROLE, "slipway-abcd2345"), "production", ["web"])
    assert [asked["RoleSessionName"] for asked in assumed(account)] == ["slipway-watch", "slipway-abcd2345"]


def test_images_elsewhere_are_read_with_the_same_keys(account: EcsSandbox, aws: AwsClients) -> None:
    here = aws.region("eu-west-1", ROLE, "slipway-watch")
    far = here.in_region("us-east-1")

    assert here.in_region("eu-west-1") is here
    assert far is aws.region("us-east-1", ROLE, "slipway-watch")
    assert far.ecr.meta.region_name == "us-east-1"
    assert ecr.find_image(here, parse_image(f"{OTHER}.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.2"))
    assert {call.account for call in account.calls("DescribeImages")} == {OTHER}
    assert far.client("ecs")._request_signer._credentials.access_key == (
        here.client("ecs")._request_signer._credentials.access_key
    )


def test_keys_are_fetched_anew_before_they_end(account: EcsSandbox, aws: AwsClients) -> None:
    here = aws.region("eu-west-1", ROLE, "slipway-watch")
    services.describe(here, "production", ["web"])

    account.advance(SESSION_SECONDS - RENEW_SECONDS)
    services.describe(here, "production", ["web"])
    assert len(assumed(account)) == 1

    account.advance(1)
    services.describe(here, "production", ["web"])
    assert len(assumed(account)) == 2

    account.advance(SESSION_SECONDS - RENEW_SECONDS)
    assert services.describe(here, "production", ["web"]), "the new ones are in use"


def test_a_call_that_changes_something_never_waits_for_sts_once_it_was_made_ready(
    account: EcsSandbox, aws: AwsClients
) -> None:
    here = aws.region("eu-west-1", ROLE, "slipway-abcd2345")
    here.ensure_credentials()
    account.advance(SESSION_SECONDS - FRESH_SECONDS)
    here.ensure_credentials()
    assert len(assumed(account)) == 1, "there is enough left"

    account.advance(FRESH_SECONDS - RENEW_SECONDS)
    services.update(here, "production", "web", desired=2)
    assert len(assumed(account)) == 1, "the call itself asks for none, however late it comes"

    here.ensure_credentials()
    assert len(assumed(account)) == 2


def test_the_workers_own_credentials_need_no_role(account: EcsSandbox, aws: AwsClients) -> None:
    here = aws.for_service(a_service(), principals.session_for_deploy("abcd2345"))

    here.ensure_credentials()
    services.describe(here, "production", ["web"])

    assert here is aws.region("eu-west-1")
    assert assumed(account) == []


DENIED = [
    (
        Role(arn=ARN),
        "without an external id, because `services.yml` has none",
    ),
    (
        Role(arn=ARN, external_id="another"),
        "with the external id in `services.yml`",
    ),
    (
        Role(arn=f"arn:aws:iam::{OTHER}:role/nobody", external_id="of-slipway"),
        "with the external id in `services.yml`",
    ),
]


@pytest.mark.parametrize(("role", "external"), DENIED)
def test_a_role_that_cannot_be_assumed_is_named_with_what_to_do(
    aws: AwsClients, role: Role, external: str
) -> None:
    with pytest.raises(RoleDenied) as raised:
        services.describe(aws.region("eu-west-1", role, "slipway-watch"), "production", ["web"])

    assert raised.value.message == (
        "AWS does not let `arn:aws:iam::123456789012:user/sandbox` assume the role "
        f"`{role.arn}` (sts:AssumeRole). The role has to exist, its trust policy has to allow that "
        f"{external}, "
        "and the workers need the permission sts:AssumeRole on it."
    )
    assert raised.value.facts["action"] == "sts:AssumeRole"


def test_an_explicit_deny_is_told_as_one(account: EcsSandbox, aws: AwsClients) -> None:
    account.faults.add(
        kind="access-denied",
        operation="AssumeRole",
        code="AccessDenied",
        message="User: arn:aws:iam::1:user/w is not authorized to perform: sts:AssumeRole "
        f"on resource: {ARN} with an explicit deny in a service control policy",
    )

    with pytest.raises(AwsExplicitDeny, match=f"does not allow sts:AssumeRole: .*`{ARN}`"):
        aws.region("eu-west-1", ROLE, "slipway-watch").ensure_credentials()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "throttle"},
        {"kind": "error"},
        {"kind": "timeout-before"},
        {"kind": "timeout-after"},
    ],
)
def test_trouble_with_sts_leaves_no_doubt_whether_the_change_was_made(
    account: EcsSandbox, aws: AwsClients, fault: dict[str, Any]
) -> None:
    account.faults.add(operation="sts:AssumeRole", **fault)
    here = aws.region("eu-west-1", ROLE, "slipway-watch")

    with pytest.raises(AwsUnavailable, match="sts:AssumeRole") as raised:
        services.update(here, "production", "web", desired=2)

    assert not isinstance(raised.value, AwsResultUnknown)
    assert account.calls("UpdateService") == []
    services.update(here, "production", "web", desired=2)


def test_workers_without_credentials_are_reported_so(
    account: EcsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(AwsCredentials, match="credentials of the workers for sts:AssumeRole"):
        AwsClients().region("eu-west-1", ROLE, "slipway-watch").ensure_credentials()


def test_what_an_assumed_role_may_not_do_is_to_be_added_to_that_role(
    account: EcsSandbox, aws: AwsClients
) -> None:
    account.faults.add(kind="access-denied", operation="UpdateService")

    with pytest.raises(AwsDeniedToRole) as raised:
        services.update(aws.region("eu-west-1", ROLE, "slipway-abcd2345"), "production", "web", desired=2)

    assert raised.value.message == (
        f"AWS does not allow ecs:UpdateService: "
        f"`arn:aws:sts::{OTHER}:assumed-role/slipway/slipway-abcd2345` needs "
        f"it on `arn:aws:ecs:eu-west-1:{OTHER}:service/production/web`. Add it to that role, which "
        "`services.yml` "
        "names for the service."
    )


def test_keys_show_nothing_secret_when_they_are_printed_or_logged(
    account: EcsSandbox, aws: AwsClients, caplog: pytest.LogCaptureFixture
) -> None:
    keys = TemporaryCredentials("AKIA", "very-secret", "token-of-it", 0.0)
    assert repr(keys) == "TemporaryCredentials(access_key='AKIA', expires_at=0.0)"

    with caplog.at_level(logging.INFO):
        here = aws.region("eu-west-1", ROLE, "slipway-watch")
        services.describe(here, "production", ["web"])

    credentials = here.client("ecs")._request_signer._credentials
    assert credentials.secret_key not in caplog.text
    assert credentials.token not in caplog.text


def test_warming_for_roles_sends_nothing(account: EcsSandbox, aws: AwsClients) -> None:
    aws.build_ahead(["eu-west-1"])
    aws.build_ahead(["eu-west-1"], ("sts",))

    assert set(aws.region("eu-west-1")._clients) == {*SERVICES_BUILT_AHEAD, "sts"}
    assert account.calls() == []


def test_a_role_in_the_workers_own_account_shares_its_limits(account: EcsSandbox, aws: AwsClients) -> None:
    near = Role(arn=f"arn:aws:iam::{ACCOUNT}:role/near")
    aws.build_for([a_service(role=near), a_service("api", role=ROLE)])
    assert aws.region("eu-west-1", near, "slipway-watch").account == ACCOUNT, "not known yet"

    aws.refresh_credentials()
    account.advance(ACCOUNT_RETRY_SECONDS)
    aws.refresh_credentials()

    assert len(account.calls("GetCallerIdentity")) == 1
    assert aws.region("eu-west-1", near, "slipway-watch").account == OWN_ACCOUNT
    assert aws.region("eu-west-1", ROLE, "slipway-watch").account == OTHER
    assert place_of(f"eu-west-1/production@{near.arn}", aws.budget_account) == "own/eu-west-1"


def test_without_roles_nobody_asks_for_the_account(account: EcsSandbox, aws: AwsClients) -> None:
    aws.build_for([a_service()])

    aws.refresh_credentials()

    assert account.calls("GetCallerIdentity") == []


def test_if_sts_does_not_answer_it_is_asked_again_later(account: EcsSandbox, aws: AwsClients) -> None:
    aws.build_for([a_service(role=ROLE)])
    account.faults.add(operation="GetCallerIdentity", kind="throttle", times=1)

    with pytest.raises(AwsUnavailable):
        aws.refresh_credentials()
    aws.refresh_credentials()
    assert len(account.calls("GetCallerIdentity")) == 1
    account.advance(ACCOUNT_RETRY_SECONDS)
    aws.refresh_credentials()

    assert aws.budget_account(ACCOUNT) == OWN_ACCOUNT
