"""A newer revision of one service, registered like Terraform does and not deployed yet."""

from __future__ import annotations

from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from slipway.demo.process_group import DemoFailed

AwsCredentials = dict[str, Any]

FAMILY = "site"
ROLE = "arn:aws:iam::123456789012:role/ci"
_COPIED_FIELDS = (
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "requiresCompatibilities",
    "cpu",
    "runtimePlatform",
    "containerDefinitions",
)


def register_newer_revision(ecs_url: str, region: str) -> None:
    """Registers the revision in the sandbox's ECS, with more memory and a new variable.

    Raises:
        DemoFailed: ECS did not accept it.
    """
    try:
        httpx.post(f"{ecs_url}/sandbox/roles", json={"role": ROLE}, trust_env=False).raise_for_status()
        _register(_client("ecs", ecs_url, region, _assume_role(ecs_url, region)))
    except (httpx.HTTPError, BotoCoreError, ClientError) as error:
        raise DemoFailed(f"Terraform's revision could not be registered: {error}") from error


def _register(client: Any) -> None:
    definition = client.describe_task_definition(taskDefinition=FAMILY)["taskDefinition"]
    request = {key: definition[key] for key in _COPIED_FIELDS}
    request["containerDefinitions"][0]["environment"].append({"name": "SEARCH_URL", "value": "internal"})
    client.register_task_definition(
        **request, family=FAMILY, memory="1024", tags=[{"key": "team", "value": "shop"}]
    )


def _assume_role(ecs: str, region: str) -> AwsCredentials:
    own = {"AccessKeyId": "sandbox", "SecretAccessKey": "sandbox"}
    answer = _client("sts", ecs, region, own).assume_role(RoleArn=ROLE, RoleSessionName="terraform")
    keys: AwsCredentials = answer["Credentials"]
    return keys


def _client(service: str, ecs: str, region: str, keys: AwsCredentials) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=ecs,
        region_name=region,
        config=Config(proxies={}),
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
    )
