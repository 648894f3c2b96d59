"""A deploy of a stop-start service whose record is lost, and the orphan recovery that finds it."""

from __future__ import annotations

from deploys.catalogue.service import Service
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.restore_point import SuspendedState
from tests.builders import SIGNER
from tests.workers.engine_harness import TIMING, EngineHarness, SilentJobQueue
from tests.workers.flows.autoscaled_service import suspend_by_hand
from workers.ecs import scalable_targets
from workers.ecs.aws.aws_clients import AwsClients
from workers.orphan_recovery import OrphanRecovery

SERVICE = "billing"
BEFORE = SuspendedState(scheduled=True)


def a_recovery(harness: EngineHarness, *known: Service) -> OrphanRecovery:
    return OrphanRecovery(
        known,
        harness.store,
        harness.redis,
        AwsClients(),
        SilentJobQueue(),
        signer=SIGNER,
        settle_seconds=TIMING.settle_seconds,
        now=harness.ecs.now,
    )


def start_deploy(harness: EngineHarness, phase: Phase, tag: str = "1.4.2") -> Deploy:
    """A deploy of billing, which is scaled, in this phase."""
    harness.ecs.autoscale(SERVICE, minimum=2, maximum=6)
    suspend_by_hand(BEFORE)
    deploy_id = harness.request_deploy(SERVICE, tag)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    return harness.until_phase(deploy_id, phase)


def lose_redis(harness: EngineHarness) -> None:
    harness.redis.flushall()


def let_time_pass(harness: EngineHarness, seconds: float) -> None:
    for _ in range(int(seconds / 10)):
        harness.tick(10)


def read_suspension() -> SuspendedState:
    target = scalable_targets.read_target(AwsClients().region("eu-west-1"), "production", SERVICE)
    assert target is not None
    return target.suspended


def desired_count(harness: EngineHarness) -> int:
    count: int = harness.describe_service(SERVICE)["desiredCount"]
    return count


def scan_twice(harness: EngineHarness, recovery: OrphanRecovery) -> None:
    recovery.scan()
    let_time_pass(harness, 80)
    recovery.scan()
