"""How long each process takes to start, and what it needs when it has."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks import process_figures
from benchmarks.results import Figures
from benchmarks.system import System, is_healthy


def start_all(system: System, workers: int) -> Figures:
    """Starts web, the scheduler and the workers one after the other, and measures each."""
    figures = measure(system, "web", system.start_web)
    figures |= measure(system, "scheduler", lambda: _start_scheduler(system))
    return figures | measure(system, "worker", lambda: system.start_workers(workers))


def _start_scheduler(system: System) -> None:
    system.start_scheduler()
    url = f"http://127.0.0.1:{system.metrics_ports['scheduler']}"
    system.processes.wait_until("the scheduler", lambda: is_healthy(url))


def measure(system: System, name: str, start: Callable[[], object]) -> Figures:
    """Starts the process with this name: seconds and CPU until it is ready, and its memory then."""
    began = time.monotonic()
    start()
    took = time.monotonic() - began
    pids = system.pids(name)
    return {
        f"{name}/seconds": took,
        f"{name}/cpu_seconds": process_figures.cpu_seconds(pids),
        f"{name}/memory_megabytes": process_figures.pss_megabytes(pids),
    }
