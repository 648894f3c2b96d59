"""The scheduler: enqueues jobs for what is due, also if an earlier job was lost. Two schedulers do no harm.

`python -m workers.scheduler`
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from deploys.job_queue import WATCH_PREFIX, JobQueue
from deploys.process_startup import load_settings_or_exit, warn_about_redis_config
from deploys.redis_connection import connect, connect_for_rq
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores.claims import DueDeploy
from deploys.stores.deploy_store import DeployStore
from deploys.stores.slack_directory import REFRESH_SECONDS
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import READ_EVERY_SECONDS
from workers.settings import SchedulerSettings

log = structlog.get_logger()

TICK_SECONDS = 0.25
REPEAT_SECONDS = 5.0
"""A job for what is still due is enqueued again this often (seconds)."""
RETENTION_SECONDS = 60.0
"""Between two jobs that remove old texts (seconds)."""
ORPHAN_RECOVERY_SECONDS = 15.0
"""Between two jobs for the orphan recovery, which then decides whether to scan (seconds)."""
EXPIRY_SECONDS = 600.0
"""Between two jobs that delete old records (seconds)."""


class Scheduler:
    """Enqueues jobs for everything that is due."""

    def __init__(
        self,
        store: DeployStore,
        threads: ThreadStore,
        job_queue: JobQueue,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._threads = threads
        self._job_queue = job_queue
        self._now = now
        self._enqueued: dict[str, str] = {}
        """What was enqueued last for each job, so that Redis is not asked four times a second."""

    def tick(self) -> int:
        """Enqueues one job for everything that is due; returns how many jobs that were (count)."""
        now = self._now()
        wanted = _jobs_for_due_deploys(self._store.due(now), now)
        for deploy_id in self._threads.due(now, 1000):
            wanted[f"publish {deploy_id}"] = str(int(now / REPEAT_SECONDS))
        wanted["read_user_groups "] = str(int(now / READ_EVERY_SECONDS))
        wanted["read_slack_directory "] = str(int(now / REFRESH_SECONDS))
        wanted["recover_orphans "] = str(int(now / ORPHAN_RECOVERY_SECONDS))
        wanted["expire_records "] = str(int(now / EXPIRY_SECONDS))
        wanted["forget_thread_messages "] = str(int(now / RETENTION_SECONDS))
        fresh = {name: nonce for name, nonce in wanted.items() if self._enqueued.get(name) != nonce}
        for name, nonce in fresh.items():
            job, _, argument = name.partition(" ")
            if argument:
                self._job_queue.requeue(job, argument, nonce)
            elif job == "read_user_groups":
                self._job_queue.read_user_groups(nonce)
            elif job == "expire_records":
                self._job_queue.expire_records(nonce)
            elif job == "read_slack_directory":
                self._job_queue.read_slack_directory(nonce=nonce)
            elif job == "forget_thread_messages":
                self._job_queue.forget_thread_messages(nonce)
            else:
                self._job_queue.recover_orphans(nonce)
        self._enqueued = wanted
        return len(fresh)


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
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    redis = connect(settings.redis_url)
    scheduler = Scheduler(
        DeployStore(redis), ThreadStore(redis), JobQueue(connect_for_rq(settings.redis_url))
    )
    warn_about_redis_config(redis)
    log.info("scheduler started")
    wait = TICK_SECONDS
    while not stop.wait(wait):
        try:
            scheduler.tick()
            wait = TICK_SECONDS
            REDIS_OUTAGE.record_recovery()
        except RedisError as error:
            REDIS_OUTAGE.record_failure(error)
            wait = REDIS_OUTAGE.retry_delay()
    log.info("scheduler stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
