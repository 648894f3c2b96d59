from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from deploys.errors import AwsCredentials, AwsRefused, AwsResultUnknown, AwsUnavailable
from deploys.stores.claim_holder import HEARTBEAT_SECONDS, RENEW_SECONDS
from tests.workers.ecs.fake_aws import FakeAws, RawResponse
from workers.ecs import services, tasks
from workers.ecs.aws import aws_clients
from workers.ecs.aws.aws_clients import MAX_CALL_SECONDS, AwsClients, RegionClients


def test_a_call_ends_before_its_process_can_seem_dead(region: RegionClients) -> None:
    config: Any = region.ecs.meta.config

    assert (config.connect_timeout, config.read_timeout) == (2.0, 8.0)
    assert MAX_CALL_SECONDS == 10.0
    assert MAX_CALL_SECONDS + 2 * RENEW_SECONDS < HEARTBEAT_SECONDS


def test_slipway_tells_aws_its_name(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("DescribeServices", {"services": [], "failures": []})

    services.describe(region, "production", ["web"])

    assert "slipway" in aws.requests[0].headers["User-Agent"].split()


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("ServerException", 500)])
def test_no_call_is_repeated_inside_the_sdk(
    aws: FakeAws, region: RegionClients, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    aws.respond_error("UpdateService", code, status=status)
    aws.respond_error("DescribeTasks", code, status=status)

    with pytest.raises(AwsUnavailable):
        services.update(region, "production", "web", desired=0)
    with pytest.raises(AwsUnavailable):
        tasks.describe(region, "production", ["arn:1"])

    assert [asked.operation for asked in aws.requests] == ["UpdateService", "DescribeTasks"]


def test_the_environment_cannot_bring_retries_back(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    aws.respond_error("UpdateService", "ServerException", status=500)

    with pytest.raises(AwsUnavailable):
        services.update(AwsClients().region("eu-west-1"), "production", "web", desired=0)

    assert len(aws.requests) == 1


def test_a_change_without_an_answer_in_time_is_uncertain(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_clients, "READ_SECONDS", 0.2)
    aws.respond_raw("UpdateService", RawResponse(b"", hang=True))
    began = time.monotonic()

    with pytest.raises(AwsResultUnknown) as raised:
        services.update(AwsClients().region("eu-west-1"), "production", "web", desired=0)

    assert raised.value.facts["code"] == "ReadTimeoutError"
    assert time.monotonic() - began < 5
    assert len(aws.requests) == 1


def test_a_read_without_an_answer_in_time_is_only_unavailable(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_clients, "READ_SECONDS", 0.2)
    aws.respond_raw("DescribeTasks", RawResponse(b"", hang=True))

    with pytest.raises(AwsUnavailable) as raised:
        tasks.describe(AwsClients().region("eu-west-1"), "production", ["arn:1"])

    assert not isinstance(raised.value, AwsResultUnknown)


def test_a_refused_connection_did_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")

        with pytest.raises(AwsUnavailable) as raised:
            services.update(AwsClients().region("eu-west-1"), "production", "web", desired=0)

    assert not isinstance(raised.value, AwsResultUnknown)


def test_missing_credentials_are_said_in_words(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(AwsCredentials) as raised:
        services.describe(AwsClients().region("eu-west-1"), "production", ["web"])

    assert raised.value.message == (
        "AWS does not accept the credentials of the workers for ecs:DescribeServices: "
        "Unable to locate credentials. Renew them where the workers run."
    )


def test_a_profile_that_does_not_exist_is_said_in_words(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(AwsCredentials, match="profile \\(nobody\\) could not be found"):
        AwsClients()


def test_a_region_that_cannot_be_one_is_said_in_words(aws: FakeAws) -> None:
    with pytest.raises(AwsRefused, match="any call to ecs in eu west: Provided region_name 'eu west'"):
        AwsClients().build_ahead(["eu west"])


def test_a_region_is_one_object_and_keeps_its_clients(aws: FakeAws) -> None:
    here = AwsClients()

    assert here.region("eu-west-1") is here.region("eu-west-1")
    assert here.region("eu-west-1").ecs is here.region("eu-west-1").ecs
    assert here.region("us-east-1").ecs is not here.region("eu-west-1").ecs
    assert here.region("eu-west-1").in_region("us-east-1") is here.region("us-east-1")
    assert here.region("us-east-1").ecs.meta.region_name == "us-east-1"


def test_warming_builds_every_client_and_sends_nothing(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    here = AwsClients()
    here.build_ahead(["eu-west-1", "us-east-1"])
    built: list[str] = []
    monkeypatch.setattr(AwsClients, "build_client", lambda self, service, region: built.append(service))

    for name in ("eu-west-1", "us-east-1"):
        region = here.region(name)
        assert all((region.ecs, region.ecr, region.logs))

    assert built == []
    assert aws.requests == []
