"""RQ's worker, made to outlast its Redis.

RQ's own loop ends at any error of Redis outside of its wait for a job, and its clean-up then fails on the
same error: a supervisor would only start the worker into it again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job

from deploys.errors import SlipwayError
from deploys.redis_outage import REDIS_OUTAGE, RETRY_DELAYS_SECONDS
from workers.ecs.aws.aws_clients import AwsClients


class RqWorker(Worker):
    """Forks a process for each job, with fresh credentials at hand; waits while Redis is away or refuses."""

    max_connection_wait_time = RETRY_DELAYS_SECONDS[-1]

    aws: AwsClients

    def run_until_stopped(self) -> None:
        """Works until SIGTERM or SIGINT; the job in hand is finished first."""
        self.log.setLevel(logging.WARNING)
        self.log.addFilter(self._is_not_an_outage)
        self._install_signal_handlers()  # type: ignore[no-untyped-call]
        try:
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
        self.check_for_suspension(burst=False)
        if found := self.dequeue_job_and_maintain_ttl(self.dequeue_timeout):
            self.execute_job(*found)

    def _retry_until_done(self, work: Callable[[], None]) -> None:
        """Until it is done, or the worker is to stop."""
        while True:
            try:
                return work()
            except RedisError as error:
                self._wait_or_stop(error)

    def _wait_or_stop(self, error: RedisError) -> None:
        REDIS_OUTAGE.record_failure(error)
        if self._stop_requested:
            raise StopRequested
        time.sleep(REDIS_OUTAGE.retry_delay())

    def _is_not_an_outage(self, record: logging.LogRecord) -> bool:
        """RQ logs an outage as often as it tries, partly with a traceback: one line says it as well."""
        about = (*(record.args if isinstance(record.args, tuple) else ()), *(record.exc_info or ()))
        error = next((each for each in about if isinstance(each, RedisError)), None)
        if error is not None:
            REDIS_OUTAGE.record_failure(error)
        return error is None

    # What RQ's loop calls

    def register_birth(self) -> None:
        """As RQ does it; when the answer to a first attempt was lost, the worker it finds is this one."""
        with suppress(ValueError):
            super().register_birth()  # type: ignore[no-untyped-call]

    def prepare_execution(self, job: Job) -> Execution:
        """Again and again, since the job is off its queue already and nobody else would run it."""
        while True:
            try:
                return super().prepare_execution(job)
            except RedisError as error:
                self.executions.clear()
                self._wait_or_stop(error)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Forks; a failed refresh is the job's to report."""
        with suppress(SlipwayError):
            self.aws.refresh_credentials()
        super().fork_work_horse(job, queue)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """One that Redis does not take is left out: the next follows within seconds."""
        if pipeline is not None:
            super().heartbeat(timeout, pipeline)
            return
        with REDIS_OUTAGE.tolerate_errors():
            super().heartbeat(timeout)
            REDIS_OUTAGE.record_recovery()

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """As for `heartbeat`: the process of the job is waited for all the same."""
        with REDIS_OUTAGE.tolerate_errors():
            super().maintain_heartbeats(job, execution)

    def set_shutdown_requested_date(self) -> None:
        """Called by the signal handler, where an error would come out of whatever it interrupts."""
        with REDIS_OUTAGE.tolerate_errors():
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """In the process of the job, which does not die of an outage that keeps RQ from its bookkeeping."""
        with REDIS_OUTAGE.tolerate_errors():
            return super().perform_job(job, queue, execution)
        return False

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """An outage between a job and its bookkeeping is no exception of the job's."""
        error = exc_info[1]
        if isinstance(error, RedisError):
            REDIS_OUTAGE.record_failure(error)
        else:
            super().handle_exception(job, *exc_info)
