"""RQ's worker, made to survive outages of Redis, and cheap.

RQ's own loop ends at any Redis error, except while it waits for a job, and its clean-up then fails on the
same error: a supervisor would only restart the worker into the same outage.

RQ also writes into Redis, 84 commands a job, which worker runs it since when, in case it has to be found and
repeated. Nothing here needs that: a job that is lost is enqueued again by the scheduler. So the hash of a job
is deleted when a worker takes the job, and only a job that failed is written down.
"""

from __future__ import annotations

import logging
import pickle
import random
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import structlog
from redis.client import Pipeline
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.suspension import WORKERS_SUSPENDED
from rq.timeouts import JobTimeoutException
from rq.utils import now as rq_now
from rq.utils import utcformat
from rq.worker import WorkerStatus

from deploys.errors import SlipwayError
from deploys.job_queue import DEPLOYS_QUEUE, JOB_TIMEOUT, TELLING_QUEUE
from deploys.redis_connection import to_text
from deploys.redis_outage import REDIS_OUTAGE, RETRY_DELAYS_SECONDS
from deploys.telemetry.metrics_pipe import METRICS_PIPE
from workers.ecs.aws.aws_clients import AwsClients
from workers.job_process import JobProcess
from workers.killed_jobs import KilledJobs
from workers.observed_job import count_killed, observed_job

log = structlog.get_logger()

StoredJob = dict[bytes, bytes]
"""The hash of a job, as Redis has it."""
HEARTBEAT_SECONDS = 15.0
"""Between two heartbeats (seconds)."""
WORKER_KEPT_SECONDS = 60
"""RQ keeps a worker for so long after its time (seconds)."""
CHECK_JOB_SECONDS = 5.0
"""Between two looks at a job that runs (seconds)."""
JOB_PROCESS_SECONDS = 30.0
"""A process that runs jobs gets no further one once it is so old (seconds): its successor begins with fresh
credentials of AWS, and with whatever of its memory was not given back."""
HANGING_SECONDS = 60.0
"""A job that goes on for so long after its time is over is killed with its process (seconds)."""
TELLING_EVERY_SECONDS = 1.0
"""Jobs that tell are behind all others, but once in this time one of them is taken first (seconds): otherwise
nobody would hear of anything while there is more to move than the workers can."""

MOVING_EVERY_SECONDS = 2.0
"""Jobs that somebody waits for go before those that move deploys, but once in this time one of these is taken
first (seconds): otherwise no rollout would be looked at while people ask more than the workers can answer."""


class RqWorker(Worker):
    """Runs jobs in a process that it forks for them, and waits while Redis is unavailable."""

    max_connection_wait_time = RETRY_DELAYS_SECONDS[-1]

    aws: AwsClients
    before_fork: Callable[[], None] = staticmethod(lambda: None)
    """Brings what jobs use up to date in the parent: what a job does about that ends with its process."""

    killed_jobs: KilledJobs | None = None
    """Frees what a job had claimed whose process was killed."""

    before_wait: Callable[[], None] = staticmethod(lambda: None)
    """Called each time before the worker waits for a job."""

    must_stop: Callable[[], bool] = staticmethod(lambda: False)
    """Whether it has to stop although it got no signal."""

    _job_process: JobProcess | None = None
    _next_heartbeat_at = 0.0
    _told_at = 0.0
    """When this worker last took a job that tells, or found none."""

    _moved_at = 0.0
    """When this worker last took a job that moves deploys, or found none."""

    def run_until_stopped(self) -> None:
        """Runs jobs until SIGTERM or SIGINT; a job that is running finishes first."""
        self.log.setLevel(logging.WARNING)
        self.log.addFilter(self._is_not_an_outage)
        try:
            self._install_signal_handlers()  # type: ignore[no-untyped-call]
            self._retry_until_done(self.register_birth)
            self._retry_until_done(self.subscribe)
            while not self._has_to_stop():
                self._retry_until_done(self._work_once)
        except StopRequested:
            return
        finally:
            self.end_job_process()
            for leave in (self.register_death, self.unsubscribe):
                with REDIS_OUTAGE.tolerate_errors():
                    leave()  # type: ignore[no-untyped-call]

    def _has_to_stop(self) -> bool:
        return self._stop_requested or self.must_stop()

    def _work_once(self) -> None:
        """Runs one job, or returns without one after `dequeue_timeout`."""
        METRICS_PIPE.looped()
        self._state = WorkerStatus.IDLE
        if time.monotonic() >= self._next_heartbeat_at and self.connection.exists(WORKERS_SUSPENDED):
            self.check_for_suspension(burst=False)
        self.heartbeat()
        self.before_wait()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
        if self._job_process and time.monotonic() - self._job_process.began > JOB_PROCESS_SECONDS:
            self.end_job_process()
        if found := self._take_job():
            self._run_job(*found)

    def _take_job(self) -> tuple[Job, StoredJob] | None:
        """The first job of the first queue that has one. RQ's own way to wait for a job tries again while
        Redis fails, whether the worker has to stop or not."""
        names = [each.name for each in self.queues]
        if moving_first := time.monotonic() - self._moved_at >= MOVING_EVERY_SECONDS:
            names.sort(key=lambda name: name != DEPLOYS_QUEUE)
        if telling_first := time.monotonic() - self._told_at >= TELLING_EVERY_SECONDS:
            names.sort(key=lambda name: name != TELLING_QUEUE)
        keys = {f"{self.queue_class.redis_queue_namespace_prefix}{name}": name for name in names}
        found: Any = self.connection.blpop(list(keys), self.dequeue_timeout)
        if found is None:
            return None
        self._state = WorkerStatus.BUSY
        name = keys[to_text(found[0])]
        if telling_first or name == TELLING_QUEUE:
            self._told_at = time.monotonic()
        if name == DEPLOYS_QUEUE or (moving_first and name != TELLING_QUEUE):
            self._moved_at = time.monotonic()
        return self._fetch_job(to_text(found[1]))

    def _fetch_job(self, job_id: str) -> tuple[Job, StoredJob] | None:
        """Retries: the job is off its queue already, so no other worker would run it. None: it is too old, or
        none."""
        while True:
            try:
                job = self.job_class(job_id, connection=self.connection, serializer=self.serializer)
                stored: Any = self.connection.hgetall(job.key)
                self.connection.delete(job.key)
                break
            except (ConnectionError, TimeoutError) as error:
                self._wait_or_stop(error)
            except Exception as error:  # noqa: BLE001 - somebody else wrote it
                log.error("a job in Redis cannot be read", error=str(error))
                return None
        if not stored:
            return None
        try:
            job.restore(stored)
        except Exception as error:  # noqa: BLE001 - somebody else wrote it
            log.error("a job in Redis cannot be read", error=str(error))
            return None
        return job, stored

    def _run_job(self, job: Job, stored: StoredJob) -> None:
        """Has the process run the job, and waits for that. A process that hangs is killed."""
        began = time.monotonic()
        process = self._begin_job(pickle.dumps((job.id, stored)))
        limit = (job.timeout or JOB_TIMEOUT) + HANGING_SECONDS
        self._horse_pid = process.pid
        while not process.wait(CHECK_JOB_SECONDS):
            METRICS_PIPE.looped()
            self.heartbeat()
            if time.monotonic() - began > limit:
                self.kill_horse()
        self._horse_pid = 0
        if process.is_over:
            self._job_process = None
        if process.exit_status is not None:
            self._note_killed(job, process.exit_status)

    def _begin_job(self, job: bytes) -> JobProcess:
        while True:
            if self._job_process is None:
                self._job_process = self._fork_job_process()
            if self._job_process.begin(job):
                return self._job_process
            self._job_process = None  # it ended while it had nothing to do

    def _fork_job_process(self) -> JobProcess:
        """Refreshes what jobs use, then the AWS credentials, and forks. If that fails, the job reports it."""
        self.before_fork()
        if self.killed_jobs:
            self.killed_jobs.begin_process()
        with suppress(SlipwayError):
            self.aws.refresh_credentials()
        return JobProcess(self._run_in_process)

    def end_job_process(self) -> None:
        """Ends the process that runs jobs, which has none now."""
        if self._job_process is not None:
            self._job_process.end()
            self._job_process = None

    # In the process of the jobs

    def _run_in_process(self, message: bytes) -> bool:
        """Runs a job. Returns whether the process may run another: an error, such as the one that ends a job
        whose time is over, may have interrupted anything."""
        if not self._is_horse:
            self._is_horse = True
            random.seed()
            self.setup_work_horse_signals()  # type: ignore[no-untyped-call]
        job_id, stored = pickle.loads(message)
        job = self.job_class(job_id, connection=self.connection, serializer=self.serializer)
        job.restore(stored)
        with observed_job(job) as observed, REDIS_OUTAGE.tolerate_errors():
            job.started_at = rq_now()
            try:
                with self.death_penalty_class(job.timeout or JOB_TIMEOUT, JobTimeoutException, job_id=job.id):
                    job.perform()
                observed.succeeded = True
            except Exception:  # noqa: BLE001 - RQ logs it
                self.handle_exception(job, *sys.exc_info())
                self._keep_failed(job, traceback.format_exc())
        return observed.succeeded

    def _keep_failed(self, job: Job, error: str) -> None:
        """Writes a job that failed where RQ keeps such jobs, under a name of its own: the same job may wait
        again, or be about to."""
        job.id = f"{job.id}-failed-{secrets.token_hex(4)}"
        job.ended_at = rq_now()
        job.save()
        self.handle_job_failure(job, Queue(job.origin, connection=self.connection), exc_string=error)

    # In the worker

    def _note_killed(self, job: Job, status: int) -> None:
        """The process ended before its job did. What the job did not finish stays due."""
        log.warning("the process of a job ended before the job did", job=job.id, status=status)
        count_killed(job)
        if self.killed_jobs:
            self.killed_jobs.process_killed()
        with REDIS_OUTAGE.tolerate_errors():
            self._keep_failed(job, f"The process of the job ended (wait status {status}).")

    def _retry_until_done(self, work: Callable[[], None]) -> None:
        """Tries until it is done, or until the worker has to stop."""
        while True:
            try:
                return work()
            except RedisError as error:
                self._wait_or_stop(error)

    def _wait_or_stop(self, error: RedisError) -> None:
        METRICS_PIPE.looped()
        REDIS_OUTAGE.record_failure(error)
        if self._has_to_stop():
            raise StopRequested
        time.sleep(REDIS_OUTAGE.retry_delay())

    def _is_not_an_outage(self, record: logging.LogRecord) -> bool:
        """A log filter. RQ logs an outage at every try, partly with a traceback; one line is enough."""
        parts = (*(record.args if isinstance(record.args, tuple) else ()), *(record.exc_info or ()))
        error = next((each for each in parts if isinstance(each, RedisError)), None)
        if error is not None:
            REDIS_OUTAGE.record_failure(error)
        return error is None

    # What RQ calls

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Called by the signal handler, so it asks Redis nothing and logs nothing: it may have interrupted
        code that holds the lock which either would wait for.

        StopRequested ends a wait for a job at once, but it can be raised in code that ignores all errors, as
        redis-py does around its metrics: the flag is what counts.
        """
        self._stop_requested = True
        self._shutdown_requested_date = rq_now()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.request_force_stop)
        if self._state != WorkerStatus.BUSY:
            raise StopRequested

    def register_birth(self) -> None:
        """As RQ does it. A worker that is registered already is this one: the first answer was lost."""
        with suppress(ValueError):
            super().register_birth()  # type: ignore[no-untyped-call]

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Tells RQ every few seconds, not at each job, that this worker lives, and no more than that. A
        heartbeat that Redis does not accept is left out: the next follows."""
        if time.monotonic() < self._next_heartbeat_at:
            return
        self._next_heartbeat_at = time.monotonic() + HEARTBEAT_SECONDS
        self.last_heartbeat = rq_now()
        told: dict[Any, Any] = {"last_heartbeat": utcformat(self.last_heartbeat), "state": self._state}
        with REDIS_OUTAGE.tolerate_errors():
            asked = pipeline if pipeline is not None else self.connection.pipeline(transaction=False)
            asked.hset(self.key, mapping=told)
            asked.expire(self.key, timeout or self.worker_ttl + WORKER_KEPT_SECONDS)
            if pipeline is None:
                asked.execute()
            REDIS_OUTAGE.record_recovery()
