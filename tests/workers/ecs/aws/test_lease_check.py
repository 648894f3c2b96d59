"""A request that changes AWS is sent only while this process has the deploy, also if it is delayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from deploys.errors import AwsResultUnknown, LeaseLost, LeaseTooShort, SlipwayError
from deploys.stores.claim_holder import uptime
from tests.workers.ecs.fake_aws import FakeAws
from workers.ecs import services
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.lease_check import LEASE_CHECK

SERVICE = {"service": {"serviceName": "web", "serviceArn": "arn:web", "status": "ACTIVE", "desiredCount": 0}}


@pytest.fixture(autouse=True)
def _claimed(aws: FakeAws) -> None:
    """These tests say themselves what is claimed."""
    aws.respond_with("UpdateService", SERVICE)
    aws.respond_with("DescribeServices", {"services": [], "failures": []})


@contextmanager
def refusing(error: SlipwayError) -> Iterator[None]:
    def refuse() -> float:
        raise error

    with LEASE_CHECK.by(refuse):
        yield


@pytest.mark.parametrize("error", [LeaseTooShort(id="web1"), LeaseLost(id="web1")])
def test_a_change_is_not_sent_without_the_claim(
    aws: FakeAws, region: RegionClients, error: SlipwayError
) -> None:
    with refusing(error), pytest.raises(type(error)):
        services.update(region, "production", "web", desired=0)

    assert aws.requests == []


def test_reads_need_no_claim(aws: FakeAws, region: RegionClients) -> None:
    with refusing(LeaseLost(id="web1")):
        services.describe(region, "production", ["web"])
    services.describe(region, "production", ["web"])

    assert len(aws.requests) == 2


def test_only_a_step_may_change_aws(aws: FakeAws, region: RegionClients) -> None:
    with pytest.raises(RuntimeError, match="UpdateService changes AWS, and only a step of a deploy"):
        services.update(region, "production", "web", desired=0)
    with pytest.raises(RuntimeError, match="RegisterScalableTarget changes AWS"):
        region.scaling.register_scalable_target(
            ServiceNamespace="ecs", ResourceId="a/b/c", ScalableDimension="ecs:service:DesiredCount"
        )

    assert aws.requests == []


def test_each_change_asks_again(aws: FakeAws, region: RegionClients) -> None:
    asked: list[float] = []

    def confirm() -> float:
        asked.append(uptime())
        return uptime() + 10

    with LEASE_CHECK.by(confirm):
        for desired in (0, 2):
            services.update(region, "production", "web", desired=desired)

    assert len(asked) == 2
    assert [each["desiredCount"] for each in aws.request_bodies("UpdateService")] == [0, 2]


def test_a_change_is_sent_whole(aws: FakeAws, region: RegionClients) -> None:
    """Its body is read in pieces."""
    big = {"family": "web", "containerDefinitions": [{"name": "web", "image": "x" * 60_000}]}
    aws.respond_with("RegisterTaskDefinition", {"taskDefinition": {}})

    with LEASE_CHECK.by(lambda: uptime() + 10):
        region.ecs.register_task_definition(**big)  # type: ignore[arg-type]

    assert aws.request_bodies("RegisterTaskDefinition") == [big]


def test_a_change_that_is_delayed_while_it_connects_is_not_made(
    aws: FakeAws, region: RegionClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a slow name server, whose time no timeout of the call limits, or by a pause."""
    times = iter([uptime(), uptime() + 20])
    monkeypatch.setattr("workers.ecs.aws.lease_check.uptime", partial(next, times))
    began = next(times)

    with LEASE_CHECK.by(lambda: began + 5), pytest.raises(AwsResultUnknown):
        services.update(region, "production", "web", desired=0)

    assert aws.requests == []
