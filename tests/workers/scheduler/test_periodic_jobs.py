"""Jobs that are no deploy's are enqueued from time to time, if they have something to do."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.stores import redis_keys
from deploys.stores.job_rests import JobRests
from deploys.stores.orphan_scans import SCAN_EVERY_SECONDS, OrphanScans
from deploys.stores.user_groups import READ_EVERY_SECONDS
from tests.builders import NOW
from tests.workers.scheduler.scheduler_harness import SchedulerHarness
from workers.scheduler import (
    ORPHAN_RECOVERY_SECONDS,
    PERIODIC_JOBS,
)


@pytest.mark.parametrize(
    ("job", "key"),
    [
        ("refresh_homes", redis_keys.HOME_VIEWERS),
        ("watch_locks", redis_keys.LOCKS),
        ("watch_locks", redis_keys.NOTICES),
        ("watch_locks", redis_keys.SENT_NOTICES),
        ("show_asked_requests", redis_keys.ASKED_REQUESTS),
    ],
)
def test_a_job_that_would_find_nothing_is_not_enqueued(
    harness: SchedulerHarness, redis: Redis, job: str, key: str
) -> None:
    harness.run(30)
    assert harness.job_queue.take(job) == []

    if key in (redis_keys.HOME_VIEWERS, redis_keys.ASKED_REQUESTS):
        redis.zadd(key, {"one": NOW})
    else:
        redis.hset(key, "one", "{}")
    harness.run(30)
    assert harness.job_queue.take(job) == [job] * 3


@pytest.mark.parametrize("job", ["read_user_groups", "read_slack_directory", "forget_thread_messages"])
def test_a_job_that_found_nothing_to_do_is_not_enqueued_before_there_may_be_something(
    harness: SchedulerHarness, redis: Redis, job: str
) -> None:
    rests = JobRests(redis)
    rests.note(job, NOW + 600)
    harness.run(599)
    assert harness.job_queue.take(job) == []

    seconds = PERIODIC_JOBS[job][0]
    harness.run(1 + seconds)
    assert harness.job_queue.take(job) == [job]

    rests.note(job, harness.time + 600)
    rests.note(job, None)
    harness.run(seconds)
    assert harness.job_queue.take(job) == [job]


def test_a_rest_that_another_clock_noted_is_none(harness: SchedulerHarness, redis: Redis) -> None:
    JobRests(redis).note("read_slack_directory", NOW + 7 * 3600)

    harness.run(1)

    assert harness.job_queue.take("read_slack_directory") == ["read_slack_directory"]


def test_a_lock_may_name_a_user_group(harness: SchedulerHarness, redis: Redis) -> None:
    JobRests(redis).note("read_user_groups", NOW + 600)
    redis.hset(redis_keys.LOCKS, "web", "{}")

    harness.run(1)

    assert harness.job_queue.take("read_user_groups") == ["read_user_groups"]


def test_user_groups_are_read_every_45_seconds_though_nothing_is_due(harness: SchedulerHarness) -> None:
    harness.run(10 * READ_EVERY_SECONDS)

    assert READ_EVERY_SECONDS == 45
    assert harness.job_queue.take("read_user_groups") in (
        ["read_user_groups"] * 10,
        ["read_user_groups"] * 11,
    )


def test_orphan_recovery_is_enqueued_at_the_start_and_every_quarter_of_a_minute_until_it_has_scanned(
    harness: SchedulerHarness, redis: Redis
) -> None:
    harness.run(1)
    assert harness.job_queue.take("recover_orphans") == ["recover_orphans"]

    harness.run(2 * ORPHAN_RECOVERY_SECONDS)

    assert ORPHAN_RECOVERY_SECONDS == 15
    assert harness.job_queue.take("recover_orphans") == ["recover_orphans"] * 2

    scans = OrphanScans(redis, now=harness.now)
    scans.note_restart()
    scans.note_scan()
    harness.run(SCAN_EVERY_SECONDS - ORPHAN_RECOVERY_SECONDS)
    assert harness.job_queue.take("recover_orphans") == []
    harness.run(2 * ORPHAN_RECOVERY_SECONDS)
    assert harness.job_queue.take("recover_orphans") != []

    scans.note_scan()
    redis.set(redis_keys.REDIS_RUN, "the one before")
    harness.run(ORPHAN_RECOVERY_SECONDS)
    assert harness.job_queue.take("recover_orphans") == ["recover_orphans"], "Redis was restarted"
