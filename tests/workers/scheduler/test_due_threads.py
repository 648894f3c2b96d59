"""Which threads have a job of their own, and when."""

from __future__ import annotations

import pytest

from deploys.publish_priority import PublishPriority
from deploys.stores.thread_store import (
    ELAPSED_TIME_SECONDS,
    FEW_THREADS,
    LEFT_AFTER_SECONDS,
)
from tests.builders import NOW, a_service
from tests.workers.scheduler.scheduler_harness import SchedulerHarness
from workers.scheduler import (
    PUBLISH_SECONDS,
    TICK_SECONDS,
)


def test_every_thread_that_is_behind_is_enqueued(harness: SchedulerHarness) -> None:
    first, later = (harness.request_deploy(a_service(name)) for name in ("web", "api"))
    harness.threads.schedule(later.id, NOW + 30, seen_score=harness.threads.start_sync(later.id, NOW + 30))

    harness.run(11)
    assert harness.job_queue.take("publish") == ["publish"] * 11

    assert harness.threads.finish_sync(first.id, harness.threads.start_sync(first.id, harness.time))
    harness.run(19)
    assert harness.job_queue.take("publish") == []

    harness.run(1)
    assert harness.job_queue.take("publish") == ["publish"]


def test_what_a_job_that_moves_deploys_can_say_itself_has_no_job_of_its_own(
    harness: SchedulerHarness,
) -> None:
    harness.threads.mark_due("thread", NOW)

    harness.run(LEFT_AFTER_SECONDS - TICK_SECONDS)
    assert harness.job_queue.take("publish") == []

    harness.run(2 * TICK_SECONDS)
    assert harness.job_queue.take("publish") == ["publish"]


@pytest.mark.parametrize("elapsed_time", [False, True])
def test_elapsed_time_is_left_to_the_next_look_at_the_rollout(
    harness: SchedulerHarness, elapsed_time: bool
) -> None:
    harness.threads.schedule("thread", NOW, elapsed_time=elapsed_time)

    harness.run((ELAPSED_TIME_SECONDS if elapsed_time else LEFT_AFTER_SECONDS) - TICK_SECONDS)
    assert harness.job_queue.take("publish") == []
    harness.run(2 * TICK_SECONDS)
    assert harness.job_queue.take("publish") == ["publish"]


def test_a_thread_whose_turn_at_slack_comes_has_its_job_then(harness: SchedulerHarness) -> None:
    """No deploy of it moves, so nobody else would come for it."""
    harness.threads.schedule("thread", NOW + 1.75, waits_for="chat.update")

    harness.run(1.75 - TICK_SECONDS)
    assert harness.job_queue.take("publish") == []
    harness.run(2 * TICK_SECONDS)
    assert harness.job_queue.take("publish") == ["publish"]


@pytest.mark.parametrize("priority", [each for each in PublishPriority if each < PublishPriority.PROGRESS])
def test_what_people_wait_for_is_left_to_nobody(harness: SchedulerHarness, priority: PublishPriority) -> None:
    harness.threads.mark_due("thread", NOW, priority)

    harness.run(2 * TICK_SECONDS)

    assert harness.job_queue.take("publish") == ["publish"]


def test_of_many_threads_none_is_late(harness: SchedulerHarness) -> None:
    for number in range(FEW_THREADS):
        harness.threads.schedule(f"thread{number}", NOW, elapsed_time=True)
    harness.threads.mark_due("behind them", NOW + 1, PublishPriority.END)

    harness.run(1 + 2 * TICK_SECONDS)

    assert "publish" in harness.job_queue.take("publish")


def test_elapsed_time_does_not_hide_a_thread_with_news(harness: SchedulerHarness) -> None:
    harness.threads.schedule("thread", NOW, elapsed_time=True)
    harness.threads.mark_due("another", NOW)

    harness.run(PUBLISH_SECONDS)

    assert harness.job_queue.take("publish") == ["publish"]


def test_news_of_a_thread_end_its_wait_for_elapsed_time(harness: SchedulerHarness) -> None:
    harness.threads.schedule("thread", NOW, elapsed_time=True)
    harness.threads.mark_due("thread", NOW)

    harness.run(PUBLISH_SECONDS)

    assert harness.job_queue.take("publish") == ["publish"]


def test_a_thousand_threads_that_are_behind_take_one_job(harness: SchedulerHarness) -> None:
    for number in range(1000):
        harness.threads.mark_due(f"thread{number}", NOW - 1)
    harness.scheduler = harness.scheduler_for_rq()

    harness.run(10)

    assert len(harness.jobs("publish")) == 1


def test_no_job_for_threads_is_added_to_one_that_runs(harness: SchedulerHarness) -> None:
    harness.threads.mark_due("thread", NOW - PUBLISH_SECONDS)
    assert harness.threads.keep_publisher("a job", 15)
    scheduler = harness.scheduler_for_rq()

    scheduler.tick()
    assert harness.jobs("publish") == []

    harness.threads.release_publisher("a job")
    harness.time += PUBLISH_SECONDS
    scheduler.tick()
    assert len(harness.jobs("publish")) == 1
