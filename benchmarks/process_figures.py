"""Memory and CPU of processes and of all that they started, from /proc (Linux)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessStat:
    """What `/proc/PID/stat` says of a process."""

    pid: int
    parent: int
    cpu_seconds: float
    """Of itself, and of its children that have ended and were waited for."""


def read_stats() -> dict[int, ProcessStat]:
    """All processes of this machine, by id."""
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = parse_stat((entry / "stat").read_text())
            except (OSError, ValueError, IndexError):
                continue  # it has ended meanwhile
            found[stat.pid] = stat
    return found


def parse_stat(text: str) -> ProcessStat:
    """One line of `/proc/PID/stat` (proc(5)). Pure. The name may have blanks and parentheses."""
    head, _, rest = text.rpartition(")")
    fields = rest.split()
    ticks = sum(int(each) for each in fields[11:15])  # utime, stime, cutime, cstime
    return ProcessStat(int(head.split(" ", 1)[0]), int(fields[1]), ticks / _TICKS)


def family(pids: Iterable[int], stats: dict[int, ProcessStat]) -> set[int]:
    """These processes and all that they started. Pure."""
    found = set(pids) & stats.keys()
    while more := {pid for pid, each in stats.items() if each.parent in found and pid not in found}:
        found |= more
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU that these processes and what they started have used (seconds)."""
    stats = read_stats()
    return sum(stats[pid].cpu_seconds for pid in family(pids, stats))


def pss_megabytes(pids: Iterable[int]) -> float:
    """Their memory, with a fair share of what they share with others (PSS, MB of 10^6 bytes)."""
    kilobytes = 0
    for pid in family(pids, read_stats()):
        try:
            text = (PROC / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue  # it has ended meanwhile
        if found := re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE):
            kilobytes += int(found[1])
    return kilobytes * 1024 / 1e6
