"""The queues as production has them, and workers that empty them."""

from __future__ import annotations

import pickle
import signal
import time
from collections.abc import Callable
from typing import Any

from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from deploys.job_queue import ASKED_QUEUE, QUEUES
from deploys.redis_connection import connect_for_rq
from workers import jobs
from workers.job_allowlist import AllowedJob
from workers.rq_worker import RqWorker, StoredJob


class WorkerWithoutProcess(RqWorker):
    """Runs jobs in the process of the test, where their dependencies may be played."""

    def _run_job(self, job: Job, stored: StoredJob) -> None:
        self._is_horse = True
        self._run_in_process(pickle.dumps((job.id, stored)))


class QueueHarness:
    """The queues as production has them, and workers that empty them."""

    def __init__(self, redis_url: str, job_class: type[Job] = AllowedJob) -> None:
        self.redis = connect_for_rq(redis_url)
        self.job_class = job_class
        self.queues = [self.queue_with(job_class, name) for name in QUEUES]

    def queue_with(self, job_class: type[Job], name: str = ASKED_QUEUE) -> Queue:
        return Queue(name, connection=self.redis, serializer=JSONSerializer, job_class=job_class)

    @property
    def jobs(self) -> list[Job]:
        """What waits, in the order in which workers take it."""
        return [job for queue in self.queues for job in queue.jobs]

    def names(self) -> list[str]:
        """The functions of what waits."""
        return [str(job.func_name).rpartition(".")[2] for job in self.jobs]

    def enqueue_by_hand(self, function: str, *args: Any, **options: Any) -> str:
        """A job that somebody put into Redis by hand; its id. RQ's own class refuses none."""
        return self.queue_with(Job).enqueue(function, *args, result_ttl=0, **options).id

    def new_worker(self, kind: type[RqWorker] = WorkerWithoutProcess) -> RqWorker:
        """A worker with the settings of production."""
        return kind(
            self.queues,
            connection=self.redis,
            serializer=JSONSerializer,
            job_class=self.job_class,
            default_result_ttl=0,
            log_job_description=False,
        )

    def run_worker(self, kind: type[RqWorker] = WorkerWithoutProcess) -> None:
        """A worker empties the queues and leaves."""
        worker = self.new_worker(kind)
        if kind is RqWorker:
            worker.aws = jobs._get_dependencies().aws
        try:
            while any(queue.count for queue in self.queues):
                worker._work_once()
        finally:
            worker.end_job_process()

    def run_worker_of_rq(self, kind: type[SimpleWorker] | type[Worker]) -> None:
        """The same with one of RQ's own workers."""
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        worker = kind(
            self.queues,
            connection=self.redis,
            serializer=JSONSerializer,
            job_class=self.job_class,
            default_result_ttl=0,
            log_job_description=False,
        )
        try:
            worker.work(burst=True, logging_level="CRITICAL")
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def failure_of(self, job_id: str) -> str:
        """The error of a job that failed; empty when it did not."""
        registry = self.queues[0].failed_job_registry
        for kept in registry.get_job_ids(cleanup=False):
            if kept.startswith(job_id):
                result = Job.fetch(kept, connection=self.redis, serializer=JSONSerializer).latest_result()
                return str(result.exc_string) if result else ""
        return ""

    def failed(self) -> list[str]:
        """The jobs that failed."""
        return [
            each for queue in self.queues for each in queue.failed_job_registry.get_job_ids(cleanup=False)
        ]


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
