"""Time in the region: the wall clock at any speed, or a clock that a test advances."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.ecs import EcsSandbox, ManualClock
from sandbox.ecs.region import EventQueue
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    deploy_tag,
    describe_service,
    newest_service_deployment,
    primary_deployment,
    service_tasks,
)


def wait_for_completion(client: Any, name: str, deadline: float) -> None:
    end = time.monotonic() + deadline
    while primary_deployment(client, name)["rolloutState"] != "COMPLETED":
        assert time.monotonic() < end, describe_service(client, name)["events"][:5]
        time.sleep(0.05)


def test_at_speed_a_rollout_is_short_and_its_times_are_true() -> None:
    with EcsSandbox(speed=40) as ecs:
        client = ecs.client("ecs")
        began = time.time()
        deploy_tag(client, "web", "1.4.2")

        wait_for_completion(client, "web", deadline=15)

        ended = time.time()
        assert 1 < ended - began < 10
        service_deployment = newest_service_deployment(client, "web")
        assert began - 0.001 <= service_deployment["createdAt"].timestamp()
        assert service_deployment["finishedAt"].timestamp() <= ended + 0.001
        for task in service_tasks(client, "web"):
            assert began < task["createdAt"].timestamp() < task["startedAt"].timestamp() < ended
        assert abs(ecs.now() - time.time()) < 1


def test_time_stands_still_until_it_is_advanced() -> None:
    clock = ManualClock(start=1_700_000_000)
    with EcsSandbox(clock=clock) as ecs:
        client = ecs.client("ecs")
        deploy_tag(client, "web", "1.4.2")
        time.sleep(0.05)
        assert ecs.now() == 1_700_000_000
        assert primary_deployment(client, "web")["pendingCount"] == 0

        ecs.advance(2)

        assert primary_deployment(client, "web")["pendingCount"] == 3
        assert primary_deployment(client, "web")["createdAt"].timestamp() == 1_700_000_000


def test_a_clock_advanced_by_somebody_else_moves_the_region_too() -> None:
    clock = ManualClock()
    with EcsSandbox(clock=clock) as ecs:
        client = ecs.client("ecs")
        deploy_tag(client, "web", "1.4.2")

        clock.advance(200)

        assert primary_deployment(client, "web")["rolloutState"] == "COMPLETED"


def test_one_long_advance_is_the_same_as_many_short_ones() -> None:
    stories = []
    for steps in (1, 300):
        with EcsSandbox(clock=ManualClock(start=1_700_000_000), seed=5) as ecs:
            client = ecs.client("ecs")
            deploy_tag(client, "web", "1.5.0-crash")
            for _ in range(steps):
                ecs.advance(300 / steps)
            messages = [(e["message"], e["createdAt"]) for e in describe_service(client, "web")["events"]]
            lives = [(t["id"], t["startedAt"], t["stoppedAt"]) for t in ecs.state()["tasks"]]
            stories.append((messages, lives))

    (told_once, lives_once), (told_often, lives_often) = stories
    assert [text for text, _ in told_once] == [text for text, _ in told_often]
    assert [life[0] for life in lives_once] == [life[0] for life in lives_often]
    for once, often in zip(lives_once, lives_often, strict=True):
        assert once[1:] == pytest.approx(often[1:])


def test_only_one_sandbox_at_a_time_in_a_process() -> None:
    with EcsSandbox(), pytest.raises(RuntimeError, match="already open in this process"):
        EcsSandbox().start()


def test_each_sandbox_starts_from_scratch() -> None:
    with EcsSandbox(clock=ManualClock()) as ecs:
        client = ecs.client("ecs")
        client.create_cluster(clusterName="extra")
        client.update_service(cluster=CLUSTER, service="web", desiredCount=9)
        ecs.client("ecr").delete_repository(repositoryName="web", force=True)
        ecs.faults.add(kind="throttle", times=None)

    with EcsSandbox(clock=ManualClock()) as ecs:
        client = ecs.client("ecs")
        assert len(client.list_clusters()["clusterArns"]) == 1
        assert describe_service(client, "web")["desiredCount"] == 3
        assert len(ecs.client("ecr").describe_repositories()["repositories"]) == 6


def test_a_port_that_is_taken() -> None:
    with EcsSandbox() as ecs:
        taken = int(ecs.url.rpartition(":")[2])
        from_another = EcsSandbox(port=taken)
        with pytest.raises(RuntimeError):
            from_another.start()
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        sandbox = EcsSandbox(port=other.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            sandbox.start()
    with EcsSandbox() as ecs:
        assert ecs.state()["services"], "a start that failed leaves the process free for the next"


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="only moves forward"):
        ManualClock().advance(-1)


def test_a_speed_must_be_positive() -> None:
    with pytest.raises(ValueError, match="speed"):
        EcsSandbox(speed=0).start()
    with EcsSandbox(speed=0.5):
        pass


def test_happenings_of_one_moment_keep_the_order_they_were_planned_in() -> None:
    agenda, calls = EventQueue(), list[str]()
    agenda.schedule(2, lambda: calls.append("c"))
    agenda.schedule(1, lambda: calls.append("a"))
    agenda.schedule(1, lambda: calls.append("b"))

    while (due := agenda.take_due(1)) is not None:
        due[1]()

    assert calls == ["a", "b"]
