"""The session of boto3: what of the descriptions of AWS it keeps, and that this changes no call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import botocore.loaders
import botocore.session
import pytest
from botocore.config import Config

from workers.ecs import task_definitions
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.aws.aws_session import ENDPOINTS_KEPT, new_session

SERVICES = ("application-autoscaling", "cloudwatch", "ecr", "ecs", "iam", "logs", "sqs", "sts")
"""All that Slipway calls."""
KEYS: dict[str, Any] = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}


@pytest.fixture(autouse=True)
def _amazons_own_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture(scope="module")
def plain() -> botocore.session.Session:
    """A session as botocore makes it."""
    session = botocore.session.Session()
    session.register_component("data_loader", botocore.loaders.Loader())
    return session


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize("fips", [False, True])
def test_clients_call_what_botocores_own_would(
    plain: botocore.session.Session, service: str, region: str, fips: bool
) -> None:
    config = Config(use_fips_endpoint=fips)
    ours = _client(service, region, config=config)
    theirs: Any = plain.create_client(service, region, config=config, **KEYS)

    assert ours.meta.endpoint_url == theirs.meta.endpoint_url
    assert ours.meta.method_to_api_mapping == theirs.meta.method_to_api_mapping
    assert _signed_for(ours) == _signed_for(theirs)


def test_only_the_endpoints_of_what_is_called_are_kept() -> None:
    partitions = _load("endpoints")["partitions"]

    assert {name for each in partitions for name in each["services"]} == ENDPOINTS_KEPT
    assert len(partitions) > 3


@pytest.mark.parametrize("service", SERVICES)
def test_no_documentation_is_kept(plain: botocore.session.Session, service: str) -> None:
    version = _client(service, "eu-central-1").meta.service_model.api_version
    model = _load(f"{service}/{version}/service-2")

    assert _documented(model) == []
    assert _documented(plain.get_service_data(service))
    assert model["operations"].keys() == plain.get_service_data(service)["operations"].keys()


def test_a_process_that_is_forked_reads_no_description_of_aws_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = AwsClients()
    aws.build_ahead(["eu-west-1"])
    task_definitions.request_fields.cache_clear()
    read: list[str] = []
    monkeypatch.setattr(botocore.loaders.JSONFileLoader, "load_file", lambda _, path: read.append(str(path)))
    monkeypatch.setattr(os, "listdir", lambda path: read.append(str(path)) or [])  # type: ignore[func-returns-value]

    fields = task_definitions.request_fields()
    aws.region("eu-west-1").ecs.get_paginator("list_tasks")
    aws.region("eu-west-1").ecr.get_paginator("describe_images")

    assert read == []
    assert {"family", "containerDefinitions", "tags"} <= fields


def _client(service: str, region: str, **options: Any) -> Any:
    session: Any = new_session()
    return session.client(service, region, **options, **KEYS)


def _load(name: str) -> Any:
    return new_session()._session.get_component("data_loader").load_data(name)


def _documented(part: Any) -> list[str]:
    return list(_documentation(part))


def _documentation(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(text := part.get("documentation"), str):
            yield text
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _documentation(each)


def _signed_for(client: Any) -> tuple[str, str, str]:
    signer = client._request_signer
    return signer.signing_name, signer.region_name, signer.signature_version
