"""Workers: `python -m workers` runs WORKER_PROCESSES of them. It may run on as many machines as you like.

Each worker is a process of its own, which runs jobs in a process that it forks for them: a job that hangs or
crashes does no other harm.
"""

from __future__ import annotations

import signal
import sys

from deploys.process_startup import load_settings_or_exit
from workers.settings import WorkerSettings


def main() -> int:
    """Runs jobs until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):  # no job runs until RQ has set its own handlers
        signal.signal(number, lambda *_: sys.exit(0))
    settings = load_settings_or_exit(WorkerSettings)
    from workers.worker import run_workers  # takes a second: wrong settings are told before

    run_workers(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
