"""A job that moves deploys reads the people and channels that are due: they need no job of their own."""

from __future__ import annotations

import time

import pytest

from deploys.stores.job_rests import JobRests
from deploys.stores.slack_directory import REFRESH_SECONDS, SlackDirectory
from sandbox.slack import SlackSandbox
from sandbox.slack.team.workspace import ALICE, BOB
from tests.workers.jobs.queue_harness import QueueHarness
from tests.workers.scheduler.scheduler_harness import SchedulerHarness
from workers import jobs
from workers.dependencies import PUBLISH_WITHIN_SECONDS, Dependencies
from workers.slack_directory_reader import PER_RUN

CLUSTER = "eu-west-1/production"
JOB = "read_slack_directory"


@pytest.fixture
def directory(dependencies: Dependencies) -> SlackDirectory:
    """Of a system where Alice is needed."""
    directory = SlackDirectory(dependencies.redis)
    directory.note_needed([ALICE], time.time())
    return directory


def read(directory: SlackDirectory) -> list[str]:
    """Who of two people is known."""
    return [each for each in (ALICE, BOB) if directory.person(each, time.time())]


def test_who_is_needed_is_read_and_the_scheduler_enqueues_no_job(
    directory: SlackDirectory, redis_url: str
) -> None:
    jobs.watch(CLUSTER)

    assert read(directory) == [ALICE]
    scheduler = SchedulerHarness(redis_url)
    scheduler.time = time.time()
    scheduler.run(3 * REFRESH_SECONDS)
    assert scheduler.job_queue.take(JOB) == []


def test_nobody_is_looked_for_before_somebody_is_to_be_read_again(
    dependencies: Dependencies, directory: SlackDirectory
) -> None:
    jobs.watch(CLUSTER)
    directory.note_needed([BOB], time.time())

    jobs.watch(CLUSTER)

    assert read(directory) == [ALICE]


def test_those_who_are_left_are_read_when_the_next_run_is_due(
    dependencies: Dependencies, directory: SlackDirectory, slack: SlackSandbox
) -> None:
    directory.note_needed([f"U{number:09}" for number in range(PER_RUN)], time.time())
    slack.clear_calls()

    jobs.watch(CLUSTER)
    jobs.watch(CLUSTER)

    assert len(slack.calls()) == PER_RUN
    rests = JobRests(dependencies.redis)
    assert rests.is_resting(JOB, time.time())
    assert not rests.is_resting(JOB, time.time() + REFRESH_SECONDS)


@pytest.mark.parametrize("seconds", [0.1, PUBLISH_WITHIN_SECONDS + 0.1])
def test_what_moves_deploys_goes_first(
    dependencies: Dependencies, directory: SlackDirectory, queue: QueueHarness, seconds: float
) -> None:
    if seconds < PUBLISH_WITHIN_SECONDS:
        dependencies.job_queue.watch(CLUSTER)

    dependencies.read_directory_after_moving(seconds)

    assert read(directory) == []
    assert not JobRests(dependencies.redis).is_resting(JOB, time.time()), "the scheduler's job reads them"
