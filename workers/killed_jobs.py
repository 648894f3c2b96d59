"""What a worker does when the process of a job was killed, for example for lack of memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from deploys.job_queue import WATCH_PREFIX, JobQueue
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores.claim_holder import holder_of, uptime
from deploys.stores.deploy_store import DeployStore

log = structlog.get_logger()

KILLS_APART_SECONDS = 60.0
"""If two processes are killed within this time (seconds), the claims of the second are left until its
heartbeat ends: a step that is killed whenever it runs must not run without a pause."""


class KilledJobs:
    """Frees what the process of a job had claimed, so that another goes on at once."""

    def __init__(
        self, store: DeployStore, job_queue: JobQueue, *, now: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._job_queue = job_queue
        self._now = now
        self._last_kill = -KILLS_APART_SECONDS

    def begin_process(self) -> None:
        """A process for a job is about to be forked."""
        self._store.claim_holder.begin_process()

    def process_killed(self) -> None:
        """That process was killed; it is certain that it has ended."""
        last, self._last_kill = self._last_kill, uptime()
        if self._last_kill - last < KILLS_APART_SECONDS:
            return
        with REDIS_OUTAGE.tolerate_errors():
            self._store.claim_holder.free_claims()
            dead = self._store.claim_holder.id
            left = [each for each in self._store.due(self._now()) if holder_of(each.left_claim) == dead]
            for job in dict.fromkeys(
                each.job if each.job.startswith(WATCH_PREFIX) else each.deploy_id for each in left
            ):
                self._enqueue(job)
            if left:
                log.warning(
                    "the process of a job was killed; another goes on with its deploys",
                    deploys=",".join(each.deploy_id for each in left),
                )

    def _enqueue(self, job: str) -> None:
        if job.startswith(WATCH_PREFIX):
            self._job_queue.watch(job.removeprefix(WATCH_PREFIX))
        else:
            self._job_queue.advance(job)
