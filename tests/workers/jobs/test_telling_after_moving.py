"""A job that moves deploys updates the threads that are due, and nothing that moves deploys waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from deploys.job_queue import ASKED_QUEUE, DEPLOYS_QUEUE, TELLING_QUEUE, JobQueue
from deploys.records.phases import Phase
from deploys.stores import redis_keys
from sandbox.slack import SlackSandbox
from tests.workers.engine_harness import EngineHarness
from tests.workers.jobs.queue_harness import QueueHarness
from workers import jobs
from workers.dependencies import PUBLISH_WITHIN_SECONDS, Dependencies
from workers.thread import publisher
from workers.thread.publisher import Publisher


def test_a_deploy_that_is_moved_needs_no_job_for_its_thread(
    queue: QueueHarness,
    dependencies: Dependencies,
    harness: EngineHarness,
    slack: SlackSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the publisher's clock its request was long ago, so its card is opened at once, and it is due."""
    monkeypatch.setattr(Dependencies, "_is_nothing_else_due", lambda _: True)
    deploy_id = harness.request_deploy("web", "1.4.2")

    jobs.advance_due()

    assert harness.get(deploy_id).phase is Phase.FOLLOWING
    thread = dependencies.threads.find(deploy_id)
    assert thread is not None
    assert thread.card_state.startswith("following/")
    assert queue.names() == []


@dataclass
class Threads:
    """Threads that are due, and what becomes of them."""

    dependencies: Dependencies
    told: list[str] = field(default_factory=list)
    when_told: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        for name in ("first", "second"):
            self.dependencies.threads.mark_due(name, time.time() - 1)

    def publish(self, publisher: Publisher, record_id: str) -> None:
        """In place of the publisher's own."""
        self.told.append(record_id)
        self.dependencies.threads.finish_sync(
            record_id, self.dependencies.threads.start_sync(record_id, time.time() + 60)
        )
        self.when_told()


@pytest.fixture
def threads(dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch) -> Threads:
    threads = Threads(dependencies)
    monkeypatch.setattr(Publisher, "publish", lambda *args: threads.publish(*args))
    return threads


def test_all_threads_that_are_due_are_updated(threads: Threads, queue: QueueHarness) -> None:
    threads.dependencies.publish_after_moving(0.1)

    assert threads.told == ["first", "second"]
    assert queue.names() == []


def test_it_is_asked_a_few_times_a_second_whether_something_is_more_urgent(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter(range(100))
    clock = iter(range(100))
    monkeypatch.setattr(publisher, "time", SimpleNamespace(monotonic=lambda: next(clock) / 8))
    for number in range(8):
        threads.dependencies.threads.mark_due(f"thread {number}", time.time() - 1)

    threads.dependencies.publisher.publish_due(lambda: next(asked) >= 0)

    assert (len(threads.told), next(asked)) == (10, 5)
    assert publisher.LOOK_AHEAD_SECONDS == 0.2


def make_deploy_due(threads: Threads) -> None:
    threads.dependencies.redis.zadd(redis_keys.DUE, {"deploy": int(time.time() * 1000) - 1})


def enqueue(job: Callable[[JobQueue], None]) -> Callable[[Threads], None]:
    return lambda threads: job(threads.dependencies.job_queue)


MORE_URGENT: dict[str, Callable[[Threads], None]] = {
    "a deploy that is due": make_deploy_due,
    "a job that moves deploys": enqueue(lambda job_queue: job_queue.watch("eu-west-1/production")),
    "what somebody asked for": enqueue(lambda job_queue: job_queue.read_tags("web")),
}


@pytest.mark.parametrize("name", MORE_URGENT)
def test_what_is_more_urgent_comes_between_two_threads(
    threads: Threads, queue: QueueHarness, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(publisher, "LOOK_AHEAD_SECONDS", 0.0)
    threads.when_told = lambda: MORE_URGENT[name](threads)

    threads.dependencies.publish_after_moving(0.1)

    assert threads.told == ["first"]
    assert "publish" in queue.names(), "which tells the rest"


@pytest.mark.parametrize("name", MORE_URGENT)
def test_what_is_more_urgent_comes_before_any_thread(
    threads: Threads, queue: QueueHarness, name: str
) -> None:
    MORE_URGENT[name](threads)

    threads.dependencies.publish_after_moving(0.1)

    assert threads.told == []
    assert "publish" in queue.names()


def test_a_job_that_also_tells_does_not_hold_it_up(threads: Threads, queue: QueueHarness) -> None:
    threads.dependencies.job_queue.refresh_homes("one")

    threads.dependencies.publish_after_moving(0.1)

    assert threads.told == ["first", "second"]
    assert [queue.queue_with(queue.job_class, name).count for name in (ASKED_QUEUE, DEPLOYS_QUEUE)] == [0, 0]
    assert queue.queue_with(queue.job_class, TELLING_QUEUE).count == 1


def test_a_job_that_has_taken_long_leaves_its_threads_to_another(
    threads: Threads, queue: QueueHarness
) -> None:
    threads.dependencies.publish_after_moving(PUBLISH_WITHIN_SECONDS + 0.1)

    assert threads.told == []
    assert queue.names() == ["publish"]


def test_a_publisher_that_runs_is_left_to_go_on(threads: Threads, queue: QueueHarness) -> None:
    assert threads.dependencies.threads.keep_publisher("another job", 15)

    threads.dependencies.publish_after_moving(0.1)

    assert threads.told == []
    assert queue.names() == []


def test_a_step_that_takes_long_counts(
    dependencies: Dependencies, harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: list[float] = []
    monkeypatch.setattr(Dependencies, "publish_after_moving", lambda _, took: seconds.append(took))
    deploy_id = harness.request_deploy("web", "1.4.2")
    jobs.advance_due()
    harness.store.make_due([deploy_id])
    clock = iter([100.0, 107.0])
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: next(clock)))

    jobs.watch(harness.get(deploy_id).cluster_key)

    assert seconds[1] == 7.0
