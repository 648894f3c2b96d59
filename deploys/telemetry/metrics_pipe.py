"""How a process's metrics reach the process that serves them: through a pipe, one line a report.

A worker forks a process for its jobs, and gunicorn one for each of its own workers. All of them inherit the
pipe, and the system keeps what was written even if its writer is killed right after, so nothing that was
counted in such a process is lost. Lines up to PIPE_BUF are written whole, even if others write at the same
time (POSIX, `write`).
"""

from __future__ import annotations

import fcntl
import json
import os
import select
from collections.abc import Sequence
from contextlib import suppress

PIPE_BYTES = 1 << 20
"""Room for what is written while the reader has no CPU; without Linux it is less."""
LOOPED = "looped"
"""In place of a metric: a main loop moved."""
SERVICE = "service"
"""In place of a metric: a service of services.yml, whose counts begin at 0."""
LOST = "slipway_metrics_lost_total"


class MetricsPipe:
    """The writing end. Without one nothing is sent."""

    def __init__(self) -> None:
        self._end: int | None = None
        self._lost = 0
        self.loop = ""
        """Which main loop this process has, if one port tells of several: the number of a worker."""

    @property
    def is_open(self) -> bool:
        """Whether anybody reads."""
        return self._end is not None

    def open(self, end: int) -> None:
        """Sends into this file descriptor from now on, also from processes that are forked later."""
        os.set_blocking(end, False)
        with suppress(AttributeError, OSError):  # Linux has it, up to a limit of the system
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._end = end

    def close(self) -> None:
        """Sends nothing any more."""
        if self._end is not None:
            os.close(self._end)
        self._end = None

    def send(self, name: str, value: float, labels: Sequence[str]) -> None:
        """Never waits, never raises: a report that has no room is dropped, and that is counted."""
        if self._lost and self._write(LOST, self._lost, ()):
            self._lost = 0
        self._lost += not self._write(name, value, labels)

    def looped(self) -> None:
        """Tells that the main loop of this process moved."""
        if self.is_open:
            self._write(LOOPED, 0, (self.loop,))

    def begin_service(self, name: str) -> None:
        """Tells of a service of services.yml. One line for all its series: the pipe has room for about a
        thousand, and a worker tells of all its services at once."""
        if self.is_open:
            self.send(SERVICE, 0, (name,))

    def _write(self, name: str, value: float, labels: Sequence[str]) -> bool:
        if self._end is None:
            return False
        line = json.dumps([name, value, *labels]).encode() + b"\n"
        if len(line) > select.PIPE_BUF:
            return False
        try:
            os.write(self._end, line)
        except OSError:  # full, because its reader is stopped, or without a reader
            return False
        return True


METRICS_PIPE = MetricsPipe()
"""Of this process, and of all that are forked from it."""
