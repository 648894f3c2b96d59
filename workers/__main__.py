"""A worker: `python -m workers`. Start as many as you like, on as many machines as you like.

It forks a process for each job, so a job that hangs or crashes does no other harm.
"""

from __future__ import annotations

import signal
import sys

import structlog
from rq import Queue
from rq.serializers import JSONSerializer

from deploys.errors import SlipwayError
from deploys.job_queue import QUEUE_NAME
from deploys.process_startup import exempt_start_from_collection, exit_with, load_settings_or_exit
from deploys.redis_connection import connect_for_rq
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores.heartbeats import HeartbeatWriter
from deploys.telemetry.metrics import WORKER
from deploys.telemetry.metrics_server import start_metrics
from deploys.telemetry.tracing import TRACING
from workers import jobs
from workers.dependencies import build_dependencies
from workers.job_allowlist import AllowedJob
from workers.rq_worker import RqWorker
from workers.settings import WorkerSettings

log = structlog.get_logger()

WORKER_TTL_SECONDS = 25
"""RQ takes a worker for dead after this long without a heartbeat (seconds)."""
MAINTENANCE_SECONDS = 10
"""Between two searches for jobs whose worker died (seconds)."""


def main() -> int:
    """Runs jobs until SIGTERM or SIGINT; a job that is running finishes first."""
    for number in (signal.SIGTERM, signal.SIGINT):  # no job runs until RQ has set its own handlers
        signal.signal(number, lambda *_: sys.exit(0))
    settings = load_settings_or_exit(WorkerSettings)
    start_metrics(WORKER, settings)
    TRACING.start(WORKER, forks=True)
    try:
        dependencies = build_dependencies(settings)
    except SlipwayError as error:
        exit_with(error)
    jobs.set_dependencies(dependencies)
    connection = connect_for_rq(settings.redis_url)
    queue = Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer, job_class=AllowedJob)
    worker = RqWorker(
        [queue],
        connection=connection,
        serializer=JSONSerializer,
        job_class=AllowedJob,
        worker_ttl=WORKER_TTL_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        default_result_ttl=0,
        log_job_description=False,
    )
    heartbeats = HeartbeatWriter(connection, "worker")

    def before_wait() -> None:
        heartbeats.write()
        jobs.refresh_dependencies()

    worker.before_wait = before_wait
    worker.aws = dependencies.aws
    worker.before_fork = jobs.refresh_dependencies
    exempt_start_from_collection()
    log.info("worker started", worker=worker.name)
    worker.run_until_stopped()
    with REDIS_OUTAGE.tolerate_errors():
        heartbeats.remove()
    log.info("worker stopped", worker=worker.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
