"""What workers run with: all that jobs use is built once, and each worker takes jobs until it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from rq import Queue
from rq.serializers import JSONSerializer

from deploys.errors import SlipwayError
from deploys.job_queue import QUEUES
from deploys.process_startup import exempt_start_from_collection, exit_with
from deploys.redis_connection import connect_for_rq
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.heartbeats import HeartbeatWriter
from deploys.telemetry.metrics import WORKER
from deploys.telemetry.metrics_server import serve_metrics
from deploys.telemetry.tracing import TRACING
from workers import jobs
from workers.dependencies import Dependencies, build_dependencies
from workers.ecs.aws.call_budget import use_by_default
from workers.job_allowlist import AllowedJob
from workers.rq_worker import RqWorker
from workers.settings import WorkerSettings
from workers.supervisor import Supervisor

log = structlog.get_logger()

WORKER_TTL_SECONDS = 25
"""RQ takes a worker for dead after this long without a heartbeat (seconds)."""
MAINTENANCE_SECONDS = 300
"""Between two times that RQ forgets failed jobs and workers that died (seconds)."""


def run_workers(settings: WorkerSettings) -> None:
    """Runs workers until SIGTERM or SIGINT; a job that is running finishes first. Ends the process with a
    clear message if it cannot start."""
    serve_metrics(WORKER, settings, [str(each + 1) for each in range(settings.worker_processes)])
    TRACING.start(WORKER, forks=True)
    try:
        dependencies = build_dependencies(settings)
        use_by_default(AwsBudget(dependencies.redis, settings.aws_budget_percent))
    except SlipwayError as error:
        exit_with(error)
    jobs.set_dependencies(dependencies)
    exempt_start_from_collection()
    Supervisor(settings.worker_processes, partial(_run_worker, settings, dependencies)).run()


def _run_worker(
    settings: WorkerSettings, dependencies: Dependencies, number: int, must_stop: Callable[[], bool]
) -> None:
    """Runs one worker, in the process that was forked for it."""
    connection = connect_for_rq(settings.redis_url)
    worker = RqWorker(
        [
            Queue(name, connection=connection, serializer=JSONSerializer, job_class=AllowedJob)
            for name in QUEUES
        ],
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
    worker.must_stop = must_stop
    worker.aws = dependencies.aws
    worker.before_fork = jobs.refresh_dependencies
    worker.killed_jobs = dependencies.killed_jobs
    log.info("worker started", number=number)
    worker.run_until_stopped()
    with REDIS_OUTAGE.tolerate_errors():
        heartbeats.remove()
    log.info("worker stopped", number=number)
