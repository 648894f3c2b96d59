"""Messages become deploys that are due, and few jobs; what cannot be handled now comes again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from deploys.errors import AwsUnavailable
from deploys.job_queue import JobQueue
from deploys.records.phases import Phase
from deploys.stores import redis_keys
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.heartbeats import HeartbeatWriter, read_heartbeats
from deploys.telemetry.metrics import EVENTS
from tests.builders import NOW
from tests.deploys.stores.test_ecs_events import begin, claim, due_at, step
from tests.reported_metrics import reported_metrics
from tests.workers.events.event_builders import (
    a_deployment_event,
    a_one_off_task_event,
    a_service_event,
    a_task_event,
)
from workers.events.__main__ import EventLoop
from workers.events.event_queue import QueuedEvent
from workers.events.event_receiver import EventReceiver
from workers.events.stop_signal import StopSignal


class CountingJobQueue(JobQueue):
    """Remembers what is enqueued."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, str]] = []

    def advance(self, deploy_id: str) -> None:
        self.jobs.append(("advance", deploy_id))

    def watch(self, cluster_key: str, *_: Any, **__: Any) -> None:
        self.jobs.append(("watch", cluster_key))


@pytest.fixture
def store(redis: Redis) -> DeployStore:
    return DeployStore(redis, now=lambda: NOW)


@pytest.fixture
def jobs() -> CountingJobQueue:
    return CountingJobQueue()


@pytest.fixture
def receiver(redis: Redis, jobs: CountingJobQueue) -> EventReceiver:
    return EventReceiver(EcsEvents(redis, now=lambda: NOW), DeployReader(redis), jobs, now=lambda: NOW)


def messages(*bodies: str) -> list[QueuedEvent]:
    return [QueuedEvent(body, f"receipt {number}", NOW - 1) for number, body in enumerate(bodies)]


def test_a_burst_of_events_makes_one_read_and_one_job(
    redis: Redis, store: DeployStore, receiver: EventReceiver, jobs: CountingJobQueue
) -> None:
    web = begin(store, Phase.FOLLOWING)
    api = begin(store, Phase.FOLLOWING, service="api")
    idle = begin(store, Phase.FOLLOWING, service="billing")

    receiver.handle(messages(*[a_task_event("web")] * 100, *[a_task_event("api", "STOPPED")] * 100))

    assert [due_at(redis, each.id) - NOW for each in (web, api, idle)] == [1, 0, 60], (
        "a task that starts can wait"
    )
    assert jobs.jobs == [("watch", "eu-west-1/production")], "one read for the cluster"


def test_the_same_events_again_make_one_more_read_later(
    redis: Redis, store: DeployStore, receiver: EventReceiver, jobs: CountingJobQueue
) -> None:
    web = begin(store, Phase.FOLLOWING)
    receiver.handle(messages(a_task_event("web", "STOPPED")))
    step(store, claim(store, web.id), Phase.FOLLOWING)
    jobs.jobs.clear()

    for _ in range(50):
        receiver.handle(messages(a_task_event("web", "STOPPED")))

    assert due_at(redis, web.id) == NOW + 1
    assert jobs.jobs == [], "the scheduler enqueues it when it is due"


def test_a_task_of_a_deploy_makes_only_that_one_due(
    redis: Redis, store: DeployStore, receiver: EventReceiver, jobs: CountingJobQueue
) -> None:
    before, after = begin(store, Phase.RUNNING_PRE_TASK), begin(store, Phase.RUNNING_PRE_TASK, service="api")

    receiver.handle(messages(a_one_off_task_event(before.id)))

    assert [due_at(redis, each.id) - NOW for each in (before, after)] == [0, 60]
    assert jobs.jobs == [("advance", before.id)]


FOREIGN = {
    "garbage": "\x00 not JSON",
    "another cluster": a_task_event(
        "web", detail={"clusterArn": "arn:aws:ecs:eu-west-1:1:cluster/x"}
    ).replace(":1:cluster/x", ":123456789012:cluster/foreign"),
    "another Region": a_service_event("web", region="us-east-1"),
    "another service": a_deployment_event("billing"),
    "another source": a_task_event("web", source="my.application"),
    "a deploy that settles": a_deployment_event("settling"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_about_no_deploy_that_waits_changes_nothing(
    redis: Redis, store: DeployStore, receiver: EventReceiver, jobs: CountingJobQueue, case: str
) -> None:
    begin(store, Phase.FOLLOWING)
    begin(store, Phase.SETTLING, service="settling")
    before = _dump(redis)

    receiver.handle(messages(FOREIGN[case]))

    assert _dump(redis) == before
    assert jobs.jobs == []


def _dump(redis: Redis) -> dict[bytes, bytes]:
    keys: Any = redis.keys("*")
    return {key: redis.dump(key) or b"" for key in sorted(keys)}


def test_nothing_of_an_event_gets_into_redis(
    redis: Redis, store: DeployStore, receiver: EventReceiver
) -> None:
    begin(store, Phase.FOLLOWING)
    marked = json.loads(a_deployment_event("web"))
    marked["detail"]["reason"] = marked["id"] = "SECRET-IN-AN-EVENT"

    receiver.handle(messages(json.dumps(marked)))

    assert not [key for key, value in _dump(redis).items() if b"SECRET-IN-AN-EVENT" in value]


def test_the_record_of_a_deploy_is_read_once_for_all_its_events(
    redis: Redis, store: DeployStore, jobs: CountingJobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(store, Phase.FOLLOWING)
    reader = DeployReader(redis)
    asked: list[str] = []
    readable = reader.readable
    monkeypatch.setattr(reader, "readable", lambda ids: asked.extend(ids) or readable(ids))  # type: ignore[func-returns-value]
    receiver = EventReceiver(EcsEvents(redis), reader, jobs)

    for _ in range(20):
        receiver.handle(messages(a_task_event("web")))

    assert len(asked) == 1


def test_events_are_counted_by_what_became_of_them(store: DeployStore, receiver: EventReceiver) -> None:
    begin(store, Phase.FOLLOWING)

    with reported_metrics(EVENTS) as reports:
        receiver.handle(messages(a_task_event("web"), a_task_event("web"), a_task_event("billing"), "?"))
        counted = reports.changed()

    assert counted == {
        'slipway_ecs_events_total{result="made due"}': 2,
        'slipway_ecs_events_total{result="no deploy"}': 1,
        'slipway_ecs_events_total{result="not understood"}': 1,
        "slipway_ecs_event_age_seconds_count": 4,
    }


class PlayedQueue:
    """What the loop needs of a queue, and in which order it asks."""

    def __init__(self, *answers: Callable[[], list[QueuedEvent]]) -> None:
        self._answers = list(answers)
        self.deleted: list[Sequence[QueuedEvent]] = []

    def receive(self) -> list[QueuedEvent]:
        return self._answers.pop(0)()

    def delete(self, events: Sequence[QueuedEvent]) -> None:
        self.deleted.append(events)


class PatientStop(StopSignal):
    """Does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def a_loop(queue: Any, receiver: Any, redis: Redis) -> EventLoop:
    beats = iter(range(0, 1000, 10))
    return EventLoop(
        queue, receiver, EcsEvents(redis), HeartbeatWriter(redis, "events", now=lambda: next(beats))
    )


def test_messages_are_deleted_once_their_deploys_are_due(
    redis: Redis, store: DeployStore, receiver: EventReceiver
) -> None:
    web = begin(store, Phase.FOLLOWING)
    received = messages(a_deployment_event("web"))
    queue = PlayedQueue(lambda: received)

    a_loop(queue, receiver, redis).run_once(PatientStop())

    assert due_at(redis, web.id) == NOW
    assert queue.deleted == [received]
    assert redis.exists(redis_keys.EVENTS_ALIVE) == 1
    assert [each.process for each in read_heartbeats(redis)] == ["events"]


def test_while_redis_is_away_messages_stay_in_the_queue(redis: Redis) -> None:
    class Receiver:
        def handle(self, queued: Sequence[QueuedEvent]) -> None:
            raise RedisConnectionError("no answer")

    queue, stop = PlayedQueue(lambda: messages("x")), PatientStop()

    a_loop(queue, Receiver(), redis).run_once(stop)

    assert queue.deleted == []
    assert len(stop.slept) == 1
    assert redis.exists(redis_keys.EVENTS_ALIVE) == 0


def test_while_the_queue_cannot_be_read_events_do_not_count_as_arriving(
    redis: Redis, receiver: EventReceiver
) -> None:
    def unavailable() -> list[QueuedEvent]:
        raise AwsUnavailable(action="sqs:ReceiveMessage", detail="slow down", code="", request_id="")

    queue, stop = PlayedQueue(unavailable, unavailable, list), PatientStop()
    loop = a_loop(queue, receiver, redis)

    loop.run_once(stop)
    loop.run_once(stop)
    assert redis.exists(redis_keys.EVENTS_ALIVE) == 0
    assert stop.slept == [1.0, 2.0], "more and more slowly"
    assert [each.process for each in read_heartbeats(redis)] == ["events"], "the process itself is well"
    loop.run_once(stop)
    assert redis.exists(redis_keys.EVENTS_ALIVE) == 1
