from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from deploys.errors import AwsCredentials, AwsRefused, AwsUnavailable, AwsUncertain
from tests.workers.ecs.played import PlayedAws, Reply
from workers.ecs import services, session, tasks
from workers.ecs.session import WORST_CALL_SECONDS, Aws, Region


def test_a_call_ends_within_thirteen_seconds_by_its_own_limits(region: Region) -> None:
    config: Any = region.ecs.meta.config

    assert (config.connect_timeout, config.read_timeout) == (3.0, 10.0)
    assert WORST_CALL_SECONDS == 13.0


def test_slipway_tells_aws_its_name(aws: PlayedAws, region: Region) -> None:
    aws.answer("DescribeServices", {"services": [], "failures": []})

    services.describe(region, "production", ["web"])

    assert "slipway" in aws.asked[0].headers["User-Agent"].split()


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("ServerException", 500)])
def test_no_call_is_repeated_inside_the_sdk(
    aws: PlayedAws, region: Region, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    aws.error("UpdateService", code, status=status)
    aws.error("DescribeTasks", code, status=status)

    with pytest.raises(AwsUnavailable):
        services.update(region, "production", "web", desired=0)
    with pytest.raises(AwsUnavailable):
        tasks.describe(region, "production", ["arn:1"])

    assert [asked.operation for asked in aws.asked] == ["UpdateService", "DescribeTasks"]


def test_the_environment_cannot_bring_retries_back(aws: PlayedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    aws.error("UpdateService", "ServerException", status=500)

    with pytest.raises(AwsUnavailable):
        services.update(Aws().region("eu-west-1"), "production", "web", desired=0)

    assert len(aws.asked) == 1


def test_a_change_without_an_answer_in_time_is_uncertain(
    aws: PlayedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "READ_SECONDS", 0.2)
    aws.reply("UpdateService", Reply(b"", hang=True))
    began = time.monotonic()

    with pytest.raises(AwsUncertain) as raised:
        services.update(Aws().region("eu-west-1"), "production", "web", desired=0)

    assert raised.value.facts["code"] == "ReadTimeoutError"
    assert time.monotonic() - began < 5
    assert len(aws.asked) == 1


def test_a_read_without_an_answer_in_time_is_only_unavailable(
    aws: PlayedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "READ_SECONDS", 0.2)
    aws.reply("DescribeTasks", Reply(b"", hang=True))

    with pytest.raises(AwsUnavailable) as raised:
        tasks.describe(Aws().region("eu-west-1"), "production", ["arn:1"])

    assert not isinstance(raised.value, AwsUncertain)


def test_a_refused_connection_did_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")

        with pytest.raises(AwsUnavailable) as raised:
            services.update(Aws().region("eu-west-1"), "production", "web", desired=0)

    assert not isinstance(raised.value, AwsUncertain)


def test_missing_credentials_are_said_in_words(aws: PlayedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(AwsCredentials) as raised:
        services.describe(Aws().region("eu-west-1"), "production", ["web"])

    assert raised.value.message == (
        "AWS does not accept the credentials of the workers for ecs:DescribeServices: "
        "Unable to locate credentials. Renew them where the workers run."
    )


def test_a_profile_that_does_not_exist_is_said_in_words(
    aws: PlayedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(AwsCredentials, match="profile \\(nobody\\) could not be found"):
        Aws()


def test_a_region_that_cannot_be_one_is_said_in_words(aws: PlayedAws) -> None:
    with pytest.raises(AwsRefused, match="any call to ecs in eu west: Provided region_name 'eu west'"):
        Aws().warm(["eu west"])


def test_a_region_is_one_object_and_keeps_its_clients(aws: PlayedAws) -> None:
    here = Aws()

    assert here.region("eu-west-1") is here.region("eu-west-1")
    assert here.region("eu-west-1").ecs is here.region("eu-west-1").ecs
    assert here.region("us-east-1").ecs is not here.region("eu-west-1").ecs
    assert here.region("eu-west-1").elsewhere("us-east-1") is here.region("us-east-1")
    assert here.region("us-east-1").ecs.meta.region_name == "us-east-1"


def test_warming_builds_every_client_and_sends_nothing(
    aws: PlayedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Aws()
    here.warm(["eu-west-1", "us-east-1"])
    built: list[str] = []
    monkeypatch.setattr(Aws, "build", lambda self, service, region: built.append(service))

    for name in ("eu-west-1", "us-east-1"):
        region = here.region(name)
        assert all((region.ecs, region.ecr, region.logs))

    assert built == []
    assert aws.asked == []
