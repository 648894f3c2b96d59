"""AWS for the tests of the adapters: one that is played, one by moto. No real one can be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.workers.ecs.played import PlayedAws, played_aws
from workers.ecs.session import Aws, Region

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def _strangers_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    be_a_stranger(monkeypatch)


def be_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets what this machine may do in AWS."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


@pytest.fixture(scope="session")
def _stage() -> Iterator[tuple[PlayedAws, Region]]:
    """One server and one set of clients for all tests of this process: building clients takes long."""
    with played_aws() as played, pytest.MonkeyPatch.context() as environment:
        be_a_stranger(environment)
        environment.setenv("AWS_ENDPOINT_URL", played.url)
        here = Aws()
        here.warm([REGION])
        environment.undo()
        yield played, here.region(REGION)


@pytest.fixture
def aws(_stage: tuple[PlayedAws, Region], monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedAws]:
    """AWS as this test plays it."""
    played, _ = _stage
    monkeypatch.setenv("AWS_ENDPOINT_URL", played.url)
    yield played
    played.forget()


@pytest.fixture
def region(_stage: tuple[PlayedAws, Region], aws: PlayedAws) -> Region:
    """eu-west-1 of the played AWS."""
    return _stage[1]


@pytest.fixture
def moto_region() -> Iterator[Region]:
    """eu-west-1 of moto's AWS, empty."""
    with mock_aws():
        yield Aws().region(REGION)
