"""Roles that are assumed, and accounts that only their keys reach."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import CLUSTER, deploy_tag, register_revision

OTHER = "210987654321"
ROLE = f"arn:aws:iam::{OTHER}:role/slipway"


def assume(ecs: EcsSandbox, role: str = ROLE, **more: Any) -> dict[str, Any]:
    answer = ecs.client("sts").assume_role(RoleArn=role, RoleSessionName="slipway-abc", **more)
    keys: dict[str, Any] = answer["Credentials"]
    return keys


def client_with(ecs: EcsSandbox, service: str, keys: dict[str, Any]) -> Any:
    return ecs.client(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def image(client: Any, service: str) -> str:
    (found,) = client.describe_services(cluster=CLUSTER, services=[service])["services"]
    definition = client.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    return str(definition["containerDefinitions"][0]["image"])


def test_two_accounts_have_services_of_the_same_names_and_never_mix(ecs: EcsSandbox, client: Any) -> None:
    ecs.add_role(ROLE)
    available = client_with(ecs, "ecs", assume(ecs))

    deploy_tag(available, "web", "1.4.2")
    ecs.advance(300)

    assert image(available, "web") == f"{OTHER}.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.2"
    assert image(client, "web") == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.0"
    assert available.list_clusters()["clusterArns"] == [f"arn:aws:ecs:eu-west-1:{OTHER}:cluster/production"]
    arn = available.list_tasks(cluster=CLUSTER, serviceName="web")["taskArns"][0]
    assert client.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"] == []
    assert {call.account for call in ecs.calls("UpdateService")} == {OTHER}


@pytest.mark.parametrize(
    ("role", "given"),
    [
        (f"arn:aws:iam::{OTHER}:role/nobody", {}),
        (ROLE, {}),
        (ROLE, {"ExternalId": "wrong"}),
    ],
)
def test_an_unknown_role_and_a_wrong_external_id_are_denied_alike(
    ecs: EcsSandbox, role: str, given: dict[str, str]
) -> None:
    ecs.add_role(ROLE, external_id="right")

    with pytest.raises(ClientError) as raised:
        assume(ecs, role, **given)

    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert raised.value.response["Error"]["Code"] == "AccessDenied"
    assert raised.value.response["Error"]["Message"] == (
        "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: sts:AssumeRole "
        f"on resource: {role} because no identity-based policy allows the sts:AssumeRole action"
    )


def test_the_right_external_id_is_accepted_and_so_is_a_needless_one(ecs: EcsSandbox) -> None:
    ecs.add_role(ROLE, external_id="right")
    ecs.add_role("arn:aws:iam::123456789012:role/teams/open")

    assert assume(ecs, ExternalId="right")
    assert assume(ecs, "arn:aws:iam::123456789012:role/teams/open", ExternalId="unasked")


def test_keys_end_when_they_were_said_to(ecs: EcsSandbox) -> None:
    ecs.add_role(ROLE)
    keys = assume(ecs, DurationSeconds=900)
    available = client_with(ecs, "ecs", keys)
    assert keys["Expiration"].timestamp() == pytest.approx(ecs.now() + 900, abs=1)

    ecs.advance(899)
    assert available.list_clusters()["clusterArns"]
    ecs.advance(1)

    with pytest.raises(ClientError, match=r"ExpiredTokenException.*The security token included"):
        available.list_clusters()
    with pytest.raises(ClientError, match=r"ExpiredToken\).*The security token included"):
        client_with(ecs, "sts", keys).get_caller_identity()


def test_a_refusal_names_the_session(ecs: EcsSandbox) -> None:
    ecs.add_role(ROLE)
    available = client_with(ecs, "ecs", assume(ecs))
    ecs.faults.add(kind="access-denied", operation="UpdateService")

    with pytest.raises(
        ClientError, match=f"User: arn:aws:sts::{OTHER}:assumed-role/slipway/slipway-abc is not"
    ):
        available.update_service(cluster=CLUSTER, service="web", desiredCount=1)


def test_a_revision_says_who_registered_it_and_keeps_saying_so(ecs: EcsSandbox) -> None:
    role = "arn:aws:iam::123456789012:role/ci"
    ecs.add_role(role)
    by_role, by_user = client_with(ecs, "ecs", assume(ecs, role)), ecs.client("ecs")

    made = [register_revision(by_role, "web", "1.4.1"), register_revision(by_user, "web", "1.4.2")]

    message = [by_user.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in made]
    assert [each["registeredBy"] for each in message] == [
        "arn:aws:sts::123456789012:assumed-role/ci/slipway-abc",
        "arn:aws:iam::123456789012:user/sandbox",
    ]
    assert message[0]["registeredAt"].timestamp() == pytest.approx(ecs.now(), abs=60)


def test_roles_are_made_from_outside_too(ecs: EcsSandbox) -> None:
    made = httpx.post(f"{ecs.url}/sandbox/roles", json={"role": ROLE, "external_id": "right"})
    refused = httpx.post(f"{ecs.url}/sandbox/roles", json={"role": "slipway"})

    assert made.json() == {"role": ROLE}
    assert assume(ecs, ExternalId="right")
    assert refused.status_code == 400
    assert "'slipway' is not the ARN of a role" in refused.json()["error"]
