"""When orphan recovery scans, how often it asks AWS, and when it acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import ALL_SUSPENDED
from deploys.stores import redis_keys
from deploys.stores.lost_deploys import LostDeploys
from tests.builders import SIGNER, a_service, a_stop_start_service
from tests.workers.engine_harness import EngineHarness, SilentJobQueue
from tests.workers.lost_deploys import (
    SERVICE,
    a_recovery,
    desired_count,
    let_time_pass,
    lose_redis,
    read_suspension,
    scan_twice,
    start_deploy,
)
from workers.ecs import services
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.state import ServiceState
from workers.flows.stopped_service.restore_tags import TAG_KEYS
from workers.orphan_recovery import OrphanRecovery
from workers.scheduler import ORPHAN_RECOVERY_SECONDS


@pytest.fixture
def recovery(harness: EngineHarness) -> OrphanRecovery:
    """Knows a rolling service and two stop-start services."""
    return a_recovery(
        harness, a_service("web"), a_stop_start_service("ledger"), a_stop_start_service(SERVICE)
    )


def test_a_service_that_cannot_be_read_does_not_hide_the_others(
    harness: EngineHarness, recovery: OrphanRecovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read together, ten a call."""
    start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    real = services.describe

    def describe(region: Any, cluster: str, names: Sequence[str]) -> dict[str, ServiceState]:
        if "ledger" in names:
            raise KeyError("serviceArn")
        return real(region, cluster, names)

    monkeypatch.setattr(services, "describe", describe)
    scan_twice(harness, recovery)

    assert [deploy.service.name for deploy in harness.store.active()] == [SERVICE]


def test_one_scan_is_not_enough_nor_two_within_a_lease_and_a_call(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)

    recovery.scan()
    let_time_pass(harness, 70)
    recovery.scan()

    assert harness.store.get(lost.id) is None
    assert (desired_count(harness), read_suspension()) == (0, ALL_SUSPENDED)


def test_two_services_at_zero_are_named_at_once_and_back_within_two_minutes(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = [start_deploy(harness, Phase.DRAINING)]
    other = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(other, Phase.AWAITING_APPROVAL)
    harness.approve(other)
    lost.append(harness.until_phase(other, Phase.DRAINING))
    lose_redis(harness)
    lost_at = harness.ecs.now()

    recovery.scan_if_due()
    found = LostDeploys(harness.redis).all()
    assert [(each.service, each.desired_count, each.restore_count) for each in found] == [
        ("billing", 0, 2),
        ("ledger", 0, 1),
    ]
    assert {each.deploy_id for each in found} == {each.id for each in lost}
    while harness.ecs.now() < lost_at + 120:
        for _ in range(int(ORPHAN_RECOVERY_SECONDS)):
            harness.tick()
        recovery.scan_if_due()

    assert {harness.describe_service(name)["desiredCount"] for name in ("billing", "ledger")} == {1, 2}
    assert [harness.running_tags(name) for name in ("billing", "ledger")] == [{"1.4.0"}] * 2
    assert LostDeploys(harness.redis).all() == []


def test_it_asks_aws_every_five_minutes_and_at_once_when_redis_was_restarted_or_lost(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    def scans(seconds: int) -> int:
        before = len(harness.ecs.calls("DescribeServices"))
        for _ in range(0, seconds, int(ORPHAN_RECOVERY_SECONDS)):
            recovery.scan_if_due()
            harness.ecs.advance(ORPHAN_RECOVERY_SECONDS)
        return len(harness.ecs.calls("DescribeServices")) - before

    assert scans(600) == 2
    harness.redis.set(redis_keys.REDIS_RUN, "the one before")
    assert scans(15) == 1
    assert scans(60) == 0
    harness.redis.flushall()
    assert scans(15) == 1
    assert scans(60) == 0


def test_a_scan_that_aws_did_not_answer_is_repeated(harness: EngineHarness, recovery: OrphanRecovery) -> None:
    harness.ecs.faults.add(operation="ecs:DescribeServices", kind="throttle", times=2)

    for _ in range(3):
        recovery.scan_if_due()
        harness.ecs.advance(ORPHAN_RECOVERY_SECONDS)
    recovery.scan_if_due()

    assert len(harness.ecs.calls("DescribeServices")) == 3


def test_tags_that_somebody_removed_between_two_scans_are_forgotten(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    recovery.scan()
    ecs = harness.ecs.client("ecs")
    arn = harness.describe_service(SERVICE)["serviceArn"]
    ecs.untag_resource(resourceArn=arn, tagKeys=list(TAG_KEYS))
    let_time_pass(harness, 300)

    recovery.scan()

    assert harness.store.active() == []
    assert desired_count(harness) == 0


def test_ten_services_a_call_and_a_cluster_that_does_not_answer_hides_no_other(
    harness: EngineHarness,
) -> None:
    many = [a_stop_start_service(f"none{n}") for n in range(24)]
    elsewhere = a_stop_start_service("far", region="eu-central-1")
    recovery = OrphanRecovery(
        [elsewhere, *many, a_stop_start_service(SERVICE)],
        harness.store,
        harness.redis,
        AwsClients(),
        SilentJobQueue(),
        signer=SIGNER,
        settle_seconds=75,
        now=harness.ecs.now,
    )
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    harness.ecs.faults.add(operation="DescribeServices", kind="throttle", times=1)
    asked = len(harness.ecs.calls("DescribeServices"))

    scan_twice(harness, recovery)

    calls = harness.ecs.calls("DescribeServices")[asked:]
    assert [len(call.params["services"]) for call in calls] == [1, 10, 10, 5, 1, 1], (
        "what was read is not read again, but for what waits"
    )
    assert harness.until_over(lost.id).outcome is Outcome.ROLLED_BACK
