"""Workers: `python -m workers` runs WORKER_PROCESSES of them. It may run on as many machines as you like.

Each worker is a process of its own, which runs jobs in a process that it forks for them: a job that hangs or
crashes does no other harm.
"""

from __future__ import annotations

import signal
import sys

from deploys.process_startup import load_settings_or_exit
from deploys.telemetry.metrics import WORKER
from deploys.telemetry.metrics_server import start_metrics
from workers.settings import WorkerSettings


def main() -> int:
    """Runs jobs until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):  # no job runs until RQ has set its own handlers
        signal.signal(number, lambda *_: sys.exit(0))
    settings = load_settings_or_exit(WorkerSettings)
    start_metrics(WORKER, settings, loops=[str(each + 1) for each in range(settings.worker_processes)])
    from workers.worker import run_workers  # after the fork: what serves metrics needs none of it

    run_workers(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
