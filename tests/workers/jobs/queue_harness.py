"""A queue as production has it, and workers that empty it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from deploys.job_queue import QUEUE_NAME
from deploys.redis_connection import connect_for_rq
from workers.job_allowlist import AllowedJob


class QueueHarness:
    """A queue as production has it, and workers that empty it."""

    def __init__(self, redis_url: str, job_class: type[Job] = AllowedJob) -> None:
        self.redis = connect_for_rq(redis_url)
        self.job_class = job_class
        self.queue = self.queue_with(job_class)

    def queue_with(self, job_class: type[Job]) -> Queue:
        return Queue(QUEUE_NAME, connection=self.redis, serializer=JSONSerializer, job_class=job_class)

    def enqueue_by_hand(self, function: str, *args: Any, **options: Any) -> str:
        """A job that somebody put into Redis by hand; its id. RQ's own class refuses none."""
        return self.queue_with(Job).enqueue(function, *args, result_ttl=0, **options).id

    def run_worker(self, kind: type[SimpleWorker] | type[Worker] = SimpleWorker) -> None:
        """A worker empties the queue and leaves."""
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        worker = kind(
            [self.queue],
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
        if job_id not in self.queue.failed_job_registry.get_job_ids(cleanup=False):
            return ""
        result = Job.fetch(job_id, connection=self.redis, serializer=JSONSerializer).latest_result()
        return str(result.exc_string) if result else ""


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
