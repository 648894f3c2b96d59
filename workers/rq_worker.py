"""RQ's worker, made to survive outages of Redis.

RQ's own loop ends at any Redis error, except while it waits for a job, and its clean-up then fails on the
same error: a supervisor would only restart the worker into the same outage.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from redis.client import Pipeline
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import Queue, Worker
from rq.exceptions import DequeueTimeout, StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.utils import now as rq_now
from rq.worker import WorkerStatus

from deploys.errors import SlipwayError
from deploys.redis_outage import REDIS_OUTAGE, RETRY_DELAYS_SECONDS
from deploys.telemetry.metrics_pipe import METRICS_PIPE
from workers.ecs.aws.aws_clients import AwsClients
from workers.killed_jobs import KilledJobs
from workers.observed_job import count_killed, observed_job

BOOKKEEPING_SECONDS = 5
"""How long RQ may try to write that a job has succeeded (seconds)."""


class _BookkeepingTimeout(BaseException):
    """No Exception, so that no library takes it for a lost connection and tries again."""


@contextmanager
def _bookkeeping_deadline() -> Iterator[None]:
    """Raises _BookkeepingTimeout once the time is up, and again every second: Python ignores what is raised
    while it runs a destructor."""

    def raise_timeout(signum: int, frame: FrameType | None) -> None:
        raise _BookkeepingTimeout

    before = signal.signal(signal.SIGALRM, raise_timeout)
    signal.setitimer(signal.ITIMER_REAL, BOOKKEEPING_SECONDS, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class RqWorker(Worker):
    """Forks a process for each job, with fresh AWS credentials, and waits while Redis is unavailable."""

    max_connection_wait_time = RETRY_DELAYS_SECONDS[-1]

    aws: AwsClients
    before_fork: Callable[[], None] = staticmethod(lambda: None)
    """Brings what jobs use up to date in the parent: what a job does about that ends with its process."""

    killed_jobs: KilledJobs | None = None
    """Frees what a job had claimed whose process was killed."""

    before_wait: Callable[[], None] = staticmethod(lambda: None)
    """Called each time before the worker waits for a job."""

    def run_until_stopped(self) -> None:
        """Runs jobs until SIGTERM or SIGINT; a job that is running finishes first."""
        self.log.setLevel(logging.WARNING)
        self.log.addFilter(self._is_not_an_outage)
        try:
            self._install_signal_handlers()  # type: ignore[no-untyped-call]
            self._retry_until_done(self.register_birth)
            self._retry_until_done(self.subscribe)
            while not self._stop_requested:
                self._retry_until_done(self._work_once)
        except StopRequested:
            return
        finally:
            for leave in (self.register_death, self.unsubscribe):
                with REDIS_OUTAGE.tolerate_errors():
                    leave()  # type: ignore[no-untyped-call]

    def _work_once(self) -> None:
        """Runs one job, or returns without one after `dequeue_timeout`.

        RQ's own way to wait for a job tries again while Redis fails, whether the worker has to stop or not.
        """
        METRICS_PIPE.looped()
        self.check_for_suspension(burst=False)
        self.set_state(WorkerStatus.IDLE)
        self.heartbeat()
        self.before_wait()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
        if found := self._dequeue():
            job, queue = found
            job.redis_server_version = self.get_redis_server_version()  # type: ignore[no-untyped-call]
            self.execute_job(job, queue)

    def _dequeue(self) -> tuple[Job, Queue] | None:
        try:
            return self.queue_class.dequeue_any(
                self.queues,
                self.dequeue_timeout,
                connection=self.connection,
                job_class=self.job_class,
                serializer=self.serializer,
                death_penalty_class=self.death_penalty_class,
            )
        except DequeueTimeout:
            return None

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
        if self._stop_requested:
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

    def prepare_execution(self, job: Job) -> Execution:
        """Retries: the job is off its queue already, so nobody else would run it."""
        while True:
            try:
                return super().prepare_execution(job)
            except RedisError as error:
                self.executions.clear()
                self._wait_or_stop(error)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Refreshes what jobs use, then the AWS credentials, and forks. If that fails, the job reports it."""
        self.before_fork()
        if self.killed_jobs:
            self.killed_jobs.begin_process()
        with suppress(SlipwayError):
            self.aws.refresh_credentials()
        super().fork_work_horse(job, queue)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """A heartbeat that Redis does not accept is left out: the next follows within seconds."""
        if pipeline is not None:
            super().heartbeat(timeout, pipeline)
            return
        with REDIS_OUTAGE.tolerate_errors():
            super().heartbeat(timeout)
            REDIS_OUTAGE.record_recovery()

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """As `heartbeat`: the worker still waits for the process of the job."""
        METRICS_PIPE.looped()
        with REDIS_OUTAGE.tolerate_errors():
            super().maintain_heartbeats(job, execution)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Runs in the process of the job, which must not die of an outage during RQ's bookkeeping."""
        with observed_job(job) as observed, REDIS_OUTAGE.tolerate_errors():
            observed.succeeded = super().perform_job(job, queue, execution)
        return observed.succeeded

    def handle_work_horse_killed(self, job: Job, retpid: Any, ret_val: Any, rusage: Any) -> None:
        """Runs in the worker."""
        count_killed(job)
        if self.killed_jobs:
            self.killed_jobs.process_killed()
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)  # type: ignore[no-untyped-call]

    def handle_job_success(
        self, job: Job, queue: Queue, started_job_registry: StartedJobRegistry, execution: Execution
    ) -> None:
        """Gives up after a while. RQ tries again without end for as long as Redis refuses: it watches a key,
        and redis-py says then that the key was changed, whatever happened to the connection.

        Raises:
            RedisError: Redis did not take it. The job is done all the same.
        """
        try:
            with _bookkeeping_deadline():
                super().handle_job_success(job, queue, started_job_registry, execution)
        except _BookkeepingTimeout:
            raise RedisTimeoutError("Redis did not take the end of a job") from None

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """An outage between a job and its bookkeeping is not an error of the job."""
        error = exc_info[1]
        if isinstance(error, RedisError):
            REDIS_OUTAGE.record_failure(error)
        else:
            super().handle_exception(job, *exc_info)
