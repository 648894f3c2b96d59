"""Runs several workers, each in a process forked from this one, so that they share what it has loaded.

RQ's `WorkerPool` does this for RQ's own loop, which ends at any error of Redis (`rq_worker.py`). It starts a
worker that died again at once, however often, and its workers run on if it is killed itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from structlog.contextvars import bind_contextvars

from deploys.telemetry.metrics_pipe import METRICS_PIPE

log = structlog.get_logger()

RESTART_DELAYS_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Between the end of a worker and its next start; the last one is repeated (seconds)."""
STABLE_SECONDS = 60.0
"""A worker that ran for so long is started again after the shortest delay (seconds)."""
LOOK_SECONDS = 0.5
"""Between two looks whether all workers live (seconds)."""
_PR_SET_PDEATHSIG = 1

RunWorker = Callable[[int, Callable[[], bool]], None]
"""Runs a worker in its own process until it is asked to stop. It gets its number, from 1, and what says
whether it has to stop although it got no signal."""


@dataclass
class Worker:
    """One of the workers, over all its processes."""

    number: int
    pid: int = 0
    """Of its process; 0 while there is none."""
    began: float = 0.0
    start_at: float = 0.0
    failures: int = 0
    """Ends in a row that followed soon after a start (count)."""


class Supervisor:
    """Starts the workers, starts each again that dies, and ends with them."""

    def __init__(self, count: int, run_worker: RunWorker) -> None:
        self._workers = [Worker(number) for number in range(1, count + 1)]
        self._run_worker = run_worker
        self._stop = threading.Event()
        self._signals = 0

    def run(self) -> None:
        """Until SIGTERM or SIGINT, which it passes on; then it waits for the workers to end. A second signal
        is passed on, too: RQ ends the jobs that run then."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request_stop)
        while not self._stop.is_set():
            for worker in self._workers:
                self._keep_alive(worker)
            self._stop.wait(LOOK_SECONDS)
        passed_on = 0
        while any(not self._has_ended(worker) for worker in self._workers):
            if passed_on < self._signals:
                passed_on += 1
                self._pass_on()
            time.sleep(0.05)

    def _request_stop(self, *_: object) -> None:
        self._signals += 1
        self._stop.set()

    def _pass_on(self) -> None:
        for worker in self._workers:
            if worker.pid:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGTERM)

    def _keep_alive(self, worker: Worker) -> None:
        now = time.monotonic()
        if worker.pid and self._has_ended(worker):
            worker.failures = 0 if now - worker.began >= STABLE_SECONDS else worker.failures
            delay = RESTART_DELAYS_SECONDS[min(worker.failures, len(RESTART_DELAYS_SECONDS) - 1)]
            worker.failures += 1
            worker.start_at = now + delay
            log.error("a worker ended and is started again", number=worker.number, seconds=delay)
        if not worker.pid and now >= worker.start_at:
            worker.began = now
            worker.pid = self._fork(worker.number)

    def _has_ended(self, worker: Worker) -> bool:
        """Whether it has no process; one that has ended is waited for."""
        if worker.pid and os.waitpid(worker.pid, os.WNOHANG)[0]:
            worker.pid = 0
        return not worker.pid

    def _fork(self, number: int) -> int:
        """Forks the process of a worker; its id."""
        supervisor = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C in a terminal reaches the supervisor alone, which passes it on
            _end_with_parent()
            METRICS_PIPE.loop = str(number)
            bind_contextvars(worker=number)
            self._run_worker(number, lambda: self._stop.is_set() or os.getppid() != supervisor)
            code = 0
        except Exception:
            log.exception("an exception ended a worker")
        finally:
            os._exit(code)  # what the supervisor had begun is not this process's to end


def _end_with_parent() -> None:
    """This process gets SIGTERM when the one that forked it ends, even by kill -9 (prctl(2); Linux)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
