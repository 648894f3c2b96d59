"""The scheduler: enqueues jobs for what is due, also if an earlier job was lost. Two schedulers do no harm.

`python -m workers.scheduler`
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TextIO

import structlog
from redis import Redis
from redis.exceptions import RedisError

from deploys import audit_log
from deploys.job_queue import WATCH_PREFIX, JobQueue
from deploys.process_startup import (
    exempt_start_from_collection,
    load_settings_or_exit,
    warn_about_redis_config,
)
from deploys.redis_connection import connect, connect_for_rq
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores import audit
from deploys.stores.claims import DueDeploy
from deploys.stores.deploy_store import DeployStore
from deploys.stores.freeze_calendars import READ_EVERY_SECONDS as CALENDARS_READ_EVERY_SECONDS
from deploys.stores.heartbeats import HeartbeatWriter
from deploys.stores.slack_directory import REFRESH_SECONDS
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import READ_EVERY_SECONDS
from deploys.telemetry.metrics import SCHEDULER
from deploys.telemetry.metrics_pipe import METRICS_PIPE
from deploys.telemetry.metrics_server import start_metrics
from workers.settings import SchedulerSettings

log = structlog.get_logger()

TICK_SECONDS = 0.25
REPEAT_SECONDS = 5.0
"""A job for what is still due is enqueued again this often (seconds)."""
PUBLISH_SECONDS = 1.0
"""As long as threads are due, a job for them is called again this often, which does nothing if one is
enqueued (seconds)."""
RETENTION_SECONDS = 60.0
"""Between two jobs that remove old texts (seconds)."""
ORPHAN_RECOVERY_SECONDS = 15.0
"""Between two jobs for the orphan recovery, which then decides whether to scan (seconds)."""
POST_AUDIT_SECONDS = 5.0
"""Between two jobs for the audit's channel (seconds)."""
LOG_AUDIT_SECONDS = 1.0
"""Between two looks at the audit for entries to be written to standard output (seconds)."""
TRIM_AUDIT_SECONDS = 600.0
"""Between two times that old entries of the audit are removed (seconds)."""

HOME_SECONDS = 10.0
"""Between two looks whether open Home tabs have changed (seconds)."""
LOCK_WATCH_SECONDS = 10.0
"""Between two looks at the locks (seconds)."""
ASKED_REQUESTS_SECONDS = 10.0
"""Between two looks at the requests that others are asked to run (seconds)."""
EXPIRY_SECONDS = 600.0
"""Between two jobs that delete old records (seconds)."""


PERIODIC_JOBS: Mapping[str, tuple[float, Callable[[JobQueue, str], None]]] = {
    "read_user_groups": (READ_EVERY_SECONDS, JobQueue.read_user_groups),
    "read_slack_directory": (REFRESH_SECONDS, lambda jobs, nonce: jobs.read_slack_directory(nonce=nonce)),
    "read_freeze_calendars": (CALENDARS_READ_EVERY_SECONDS, JobQueue.read_freeze_calendars),
    "refresh_homes": (HOME_SECONDS, JobQueue.refresh_homes),
    "watch_locks": (LOCK_WATCH_SECONDS, JobQueue.watch_locks),
    "show_asked_requests": (ASKED_REQUESTS_SECONDS, JobQueue.show_asked_requests),
    "recover_orphans": (ORPHAN_RECOVERY_SECONDS, JobQueue.recover_orphans),
    "post_audit": (POST_AUDIT_SECONDS, JobQueue.post_audit),
    "expire_records": (EXPIRY_SECONDS, JobQueue.expire_records),
    "forget_thread_messages": (RETENTION_SECONDS, JobQueue.forget_thread_messages),
}
"""Jobs that are no deploy's: the seconds between two of them, and how one is enqueued."""


class Scheduler:
    """Enqueues jobs for everything that is due."""

    def __init__(
        self,
        store: DeployStore,
        threads: ThreadStore,
        job_queue: JobQueue,
        *,
        now: Callable[[], float] = time.time,
        posts_audit: bool = False,
    ) -> None:
        """posts_audit: whether the audit has a channel of its own."""
        self._store = store
        self._threads = threads
        self._job_queue = job_queue
        self._now = now
        self._posts_audit = posts_audit
        self._enqueued: dict[str, str] = {}
        """What was enqueued last for each job, so that Redis is not asked four times a second."""

    def tick(self) -> int:
        """Enqueues one job for everything that is due; returns how many jobs that were (count)."""
        now = self._now()
        wanted = _jobs_for_due_deploys(self._store.due(now), now)
        if self._threads.is_due(now):
            wanted["publish"] = str(int(now / PUBLISH_SECONDS))
        for name, (seconds, _) in PERIODIC_JOBS.items():
            if name != "post_audit" or self._posts_audit:
                wanted[name] = str(int(now / seconds))
        fresh = {name: nonce for name, nonce in wanted.items() if self._enqueued.get(name) != nonce}
        for name, nonce in fresh.items():
            if name == "publish":
                self._job_queue.publish(scheduled=True)
            elif name in PERIODIC_JOBS:
                PERIODIC_JOBS[name][1](self._job_queue, nonce)
            else:
                job, _, argument = name.partition(" ")
                self._job_queue.requeue(job, argument, nonce)
        self._enqueued = wanted
        return len(fresh)


class AuditKeeper:
    """Writes the audit's new entries to standard output, and removes old ones from Redis."""

    def __init__(
        self, redis: Redis, retention_days: int, out: TextIO, *, now: Callable[[], float] = time.time
    ) -> None:
        self._redis = redis
        self._retention_days = retention_days
        self._out = out
        self._now = now
        self._logged_at = self._trimmed_at = 0.0

    def tick(self) -> None:
        """Does what is due."""
        now = self._now()
        if now - self._logged_at >= LOG_AUDIT_SECONDS:
            audit_log.write_new_entries(self._redis, self._out)
            self._logged_at = now
        if now - self._trimmed_at >= TRIM_AUDIT_SECONDS:
            audit.trim(self._redis, self._retention_days, now)
            self._trimmed_at = now


def _jobs_for_due_deploys(due: list[DueDeploy], now: float) -> dict[str, str]:
    """A nonce for each job: one job for each deploy, or one for all watched deploys of a cluster.

    The nonce changes with the due time, and every REPEAT_SECONDS after it.
    """
    oldest: dict[str, float] = {}
    for item in due:
        if item.job.startswith(WATCH_PREFIX):
            name = f"watch {item.job.removeprefix(WATCH_PREFIX)}"
        else:
            name = f"advance {item.deploy_id}"
        oldest[name] = min(item.at, oldest.get(name, item.at))
    return {name: f"{at:.3f}-{int((now - at) / REPEAT_SECONDS)}" for name, at in oldest.items()}


def main() -> int:
    """Runs until SIGTERM or SIGINT."""
    settings = load_settings_or_exit(SchedulerSettings)
    start_metrics(SCHEDULER, settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    redis = connect(settings.redis_url)
    scheduler = Scheduler(
        DeployStore(redis),
        ThreadStore(redis),
        JobQueue(connect_for_rq(settings.redis_url)),
        posts_audit=settings.audit_channel is not None,
    )
    audit_keeper = AuditKeeper(redis, settings.audit_retention_days, sys.stdout)
    heartbeats = HeartbeatWriter(redis, "scheduler")
    warn_about_redis_config(redis)
    exempt_start_from_collection()
    log.info("scheduler started")
    wait = TICK_SECONDS
    while not stop.wait(wait):
        METRICS_PIPE.looped()
        try:
            scheduler.tick()
            audit_keeper.tick()
            heartbeats.write()
            wait = TICK_SECONDS
            REDIS_OUTAGE.record_recovery()
        except RedisError as error:
            REDIS_OUTAGE.record_failure(error)
            wait = REDIS_OUTAGE.retry_delay()
    with REDIS_OUTAGE.tolerate_errors():
        heartbeats.remove()
    log.info("scheduler stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
