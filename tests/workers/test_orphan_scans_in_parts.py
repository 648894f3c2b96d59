"""A scan that nothing calls for leaves AWS's calls to the looks at rollouts, and goes on in the next job."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from deploys.aws_limits import LIMITS_BY_NAME
from deploys.stores import redis_keys
from deploys.stores.aws_budget import AwsBudget, BucketKey, CallNeed, Waiter
from deploys.stores.lost_deploys import LostDeploy, LostDeploys
from deploys.stores.orphan_scans import LATE_SECONDS, SCAN_EVERY_SECONDS, OrphanScans
from tests.builders import SIGNER, a_stop_start_service
from tests.workers.engine_harness import EngineHarness, SilentJobQueue
from tests.workers.lost_deploys import SERVICE
from workers.ecs.aws import call_budget
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.aws.call_budget import OWN_ACCOUNT
from workers.orphan_recovery import JOBS_OF_A_ROUTINE_SCAN, OrphanRecovery
from workers.scheduler import ORPHAN_RECOVERY_SECONDS

SERVICES = 600
READS = BucketKey(OWN_ACCOUNT, "eu-west-1", LIMITS_BY_NAME["service-reads"])


@dataclass
class Scans:
    """Orphan recovery with the budget of production, of which every service was read a while ago."""

    harness: EngineHarness

    def __post_init__(self) -> None:
        self.budget = AwsBudget(self.harness.redis, now=self.harness.ecs.now)
        self.state = OrphanScans(self.harness.redis, now=self.harness.ecs.now)
        self.recovery = OrphanRecovery(
            [
                *(a_stop_start_service(f"none{number:03}") for number in range(SERVICES - 1)),
                a_stop_start_service(SERVICE),
            ],
            self.harness.store,
            self.harness.redis,
            AwsClients(),
            SilentJobQueue(),
            signer=SIGNER,
            settle_seconds=75,
            budget=self.budget,
            now=self.harness.ecs.now,
        )
        self.state.note_restart()
        self.state.note_scan()

    def run(self) -> list[str]:
        """One job; the services that it reads."""
        before = len(self.harness.ecs.calls("DescribeServices"))
        self.recovery.scan_if_due()
        calls = self.harness.ecs.calls("DescribeServices")[before:]
        return [name.rpartition("/")[2] for call in calls for name in call.params["services"]]

    def take_for_looks(self) -> int:
        """How many calls for looks need not wait now (count)."""
        taken = 0
        while not self.budget.take(READS, Waiter("watch", CallNeed.PROGRESS, 0.0)).seconds:
            taken += 1
        self.budget.leave(READS, "watch")
        return taken


@pytest.fixture
def scans(harness: EngineHarness, monkeypatch: pytest.MonkeyPatch) -> Scans:
    """The time of the budget stands still while a job runs, so an urgent scan waits for no call either."""
    monkeypatch.setattr(call_budget, "RECOVERY_PATIENCE_SECONDS", 0.0)
    return Scans(harness)


def test_it_leaves_calls_to_the_looks_and_reads_each_service_once(
    harness: EngineHarness, scans: Scans
) -> None:
    harness.ecs.advance(SCAN_EVERY_SECONDS)
    read: list[str] = []
    jobs = 0
    while scans.state.is_due():
        now = scans.run()
        assert len(now) == SERVICES / JOBS_OF_A_ROUTINE_SCAN, "evenly"
        assert scans.take_for_looks() >= 10
        read, jobs = read + now, jobs + 1
        harness.ecs.advance(ORPHAN_RECOVERY_SECONDS)

    assert len(read) == len(set(read)) == SERVICES
    assert SCAN_EVERY_SECONDS + jobs * ORPHAN_RECOVERY_SECONDS < LATE_SECONDS

    harness.ecs.advance(SCAN_EVERY_SECONDS)
    assert scans.run() == read[: len(now)], "the next scan begins with the first"


def test_it_reads_nothing_while_the_looks_need_all_calls(harness: EngineHarness, scans: Scans) -> None:
    harness.ecs.advance(SCAN_EVERY_SECONDS)
    scans.take_for_looks()

    assert scans.run() == []
    assert scans.state.is_due()


def test_one_that_was_not_completed_for_long_goes_on_before_the_looks(
    harness: EngineHarness, scans: Scans
) -> None:
    harness.ecs.advance(SCAN_EVERY_SECONDS)
    first = scans.run()
    harness.ecs.advance(LATE_SECONDS - SCAN_EVERY_SECONDS)
    scans.take_for_looks()

    later = scans.run()

    assert len(later) == 100, "all calls that are not kept for restores and changes"
    assert not set(first) & set(later)


@pytest.mark.parametrize("what", ["restarted", "lost"])
def test_all_services_are_read_at_once_after_redis_was_restarted_or_lost(
    harness: EngineHarness, scans: Scans, what: str
) -> None:
    harness.ecs.advance(SCAN_EVERY_SECONDS)
    first = scans.run()
    harness.ecs.advance(ORPHAN_RECOVERY_SECONDS)
    if what == "lost":
        harness.redis.flushall()
    else:
        harness.redis.set(redis_keys.REDIS_RUN, "the one before")

    assert set(first) <= set(scans.run())


def test_a_service_that_waits_to_be_brought_back_is_read_again(harness: EngineHarness, scans: Scans) -> None:
    harness.ecs.advance(SCAN_EVERY_SECONDS)
    first, second, *_ = scans.run()
    waiting = LostDeploy(
        deploy_id="lost",
        service=second,
        found_at=harness.ecs.now(),
        recover_at=harness.ecs.now() + 75,
        desired_count=0,
        restore_count=2,
    )
    LostDeploys(harness.redis).save(waiting)

    again = scans.run()

    assert second in again
    assert first not in again
