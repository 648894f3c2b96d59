"""Counts and traces the jobs of a worker, and names them in every line that they log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rq.job import Job
from rq.utils import now
from structlog.contextvars import bound_contextvars

from deploys.telemetry.metrics import JOB_SECONDS, JOB_WAIT, JOBS
from deploys.telemetry.tracing import TRACING
from workers.job_allowlist import ENTRY_POINTS


@dataclass
class ObservedJob:
    """One job, which runs."""

    succeeded: bool = False


@contextmanager
def observed_job(job: Job) -> Iterator[ObservedJob]:
    """The block runs the job, in the process that is forked for it, and says whether it succeeded."""
    name, observed = job_name(job), ObservedJob()
    if job.enqueued_at is not None:
        JOB_WAIT.observe(max((now() - job.enqueued_at).total_seconds(), 0.0))
    try:
        with (
            bound_contextvars(job=name),
            TRACING.span_of_job(f"job {name}", job.meta),
            JOB_SECONDS.timed(job_name=name),
        ):
            yield observed
    finally:
        JOBS.add(job_name=name, result="ok" if observed.succeeded else "failed")
        TRACING.send_job_spans()


def count_killed(job: Job) -> None:
    """The process of the job ended before the job did."""
    JOBS.add(job_name=job_name(job), result="killed")


def job_name(job: Job) -> str:
    """The name of one of our jobs. What else stands in Redis has none."""
    function = job.func_name or ""
    return function.rpartition(".")[2] if function in ENTRY_POINTS else "unknown"
