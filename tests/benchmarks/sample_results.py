"""The figures of a run, made up."""

from __future__ import annotations

from benchmarks.results import Figures, Machine, Results
from benchmarks.table import PLACE, ROWS

MACHINE = Machine(
    cores=2,
    memory_gigabytes=8.0,
    system="Linux 6.1",
    python="3.11.7",
    packages={"rq": "3.0.0", "redis": "8.1.0"},
    load_before=0.2,
)


def results(figures: dict[str, Figures] | None = None, *, workers: int = 2) -> Results:
    """A full run with these figures."""
    return Results(
        form="full",
        commit="abc1234",
        began_at="2026-01-02T03:04:05+00:00",
        seconds=1200.0,
        workers=workers,
        machine=MACHINE,
        figures=figures or {},
        notes=("Not measured, because the time was up: 60 deploys asked for at once.",),
    )


COMPLETE: dict[str, Figures] = {
    "in_flight/10": {"cpu_cores/worker": 0.05, "redis_commands_per_second": 100.0},
    "in_flight/1000": {
        "cpu_cores/worker": 0.446,
        "redis_commands_per_second": 2080.0,
        "memory_megabytes/worker": 160.0,
    },
    "one_deploy": {"own/worker_cpu_seconds": 0.5, "own/redis_commands": 1000.0},
    "redis": {"sets_per_second": 4000.0},
    "ack": {"web_cpu_milliseconds": 6.0},
}
"""What the needs of a load are computed from."""


def everything_measured() -> dict[str, Figures]:
    """A run in which each figure of the table was measured: 0, or as in `COMPLETE`."""
    found: dict[str, Figures] = {}
    for each in ROWS:
        for subject, figure, _ in PLACE.findall(each.now + each.aim):
            found.setdefault(subject, {})[figure] = 0.0
        for aim in each.aims:
            found.setdefault(aim.subject, {})[aim.figure] = 0.0
    for subject, figures in COMPLETE.items():
        found[subject] = {**found.get(subject, {}), **figures}
    return found
