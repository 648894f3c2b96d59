"""AWS for the tests of the adapters: a fake endpoint, and moto's AWS. The real one cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from deploys.stores.claim_holder import uptime
from tests.workers.ecs.fake_aws import FakeAws, serve_fake_aws
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.aws.lease_check import LEASE_CHECK

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def _claimed() -> Iterator[None]:
    """These tests call the adapters as a step does whose deploy is claimed for long."""
    with LEASE_CHECK.by(lambda: uptime() + 3600):
        yield


@pytest.fixture(autouse=True)
def _without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_credentials(monkeypatch)


def forget_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes this machine's credentials for AWS from the environment."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


@pytest.fixture(scope="session")
def _fake_aws_and_region() -> Iterator[tuple[FakeAws, RegionClients]]:
    """One server and one set of clients for all tests of this process, because building clients is slow."""
    with serve_fake_aws() as fake_aws, pytest.MonkeyPatch.context() as environment:
        forget_credentials(environment)
        environment.setenv("AWS_ENDPOINT_URL", fake_aws.url)
        clients = AwsClients()
        clients.build_ahead([REGION])
        environment.undo()
        yield fake_aws, clients.region(REGION)


@pytest.fixture
def aws(
    _fake_aws_and_region: tuple[FakeAws, RegionClients], monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeAws]:
    """An AWS whose answers the test defines."""
    fake_aws, _ = _fake_aws_and_region
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_aws.url)
    yield fake_aws
    fake_aws.reset()


@pytest.fixture
def region(_fake_aws_and_region: tuple[FakeAws, RegionClients], aws: FakeAws) -> RegionClients:
    """eu-west-1 of the fake AWS."""
    return _fake_aws_and_region[1]


@pytest.fixture
def moto_region() -> Iterator[RegionClients]:
    """eu-west-1 of moto's AWS, which is empty."""
    with mock_aws():
        yield AwsClients().region(REGION)
