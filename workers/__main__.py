"""A worker: `python -m workers`. Start as many as you like, on as many machines as you like.

It runs jobs in a process that it forks for them, so a job that hangs or crashes does no other harm.
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
    start_metrics(WORKER, settings)
    from workers.worker import run_worker  # after the fork: what serves metrics needs none of it

    run_worker(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
