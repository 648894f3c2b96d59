"""The process that runs a worker's jobs, one after another: what hangs or crashes in it does the worker no
harm.

It is forked, so it finds everything built. It keeps its connections from job to job, which a process for each
job would open again each time, to Redis, Slack and AWS.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

_LENGTH = struct.Struct("!I")
_GOES_ON = b"+"
_LAST = b"-"


class JobProcess:
    """A process that is forked now. `run` is called in it with each job, as bytes, and returns whether the
    process may run another."""

    def __init__(self, run: Callable[[bytes], bool]) -> None:
        self.began = time.monotonic()
        self.exit_status: int | None = None
        """As `os.wait4` gives it; None while the process lives, or if nobody can tell."""
        self.is_over = False
        """Whether it runs no further job."""
        self._ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            self._ours.close()
            _serve(theirs, run)
        theirs.close()
        with suppress(OSError):  # it has done so itself, or is gone
            os.setpgid(self.pid, self.pid)

    def begin(self, job: bytes) -> bool:
        """Gives it a job. False: the process is gone, and has not seen the job."""
        try:
            self._ours.settimeout(None)
            self._ours.sendall(_LENGTH.pack(len(job)) + job)
        except OSError:
            self.end()
            return False
        return True

    def wait(self, seconds: float) -> bool:
        """Waits for the end of the job, or of the process, for so long at most. Returns whether one has
        ended; `exit_status` then says which."""
        self._ours.settimeout(seconds)
        try:
            answer = self._ours.recv(1)
        except TimeoutError:
            return False
        except OSError:
            answer = b""
        if answer == _GOES_ON:
            return True
        self.end()
        if answer == _LAST:
            self.exit_status = None
        return True

    def end(self) -> None:
        """Ends it, and waits for that: it has no job, or is gone."""
        self.is_over = True
        self._ours.close()
        with suppress(ProcessLookupError):  # even if it is stopped
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):  # somebody else has waited for it
            _, self.exit_status, _ = os.wait4(self.pid, 0)


def _serve(theirs: socket.socket, run: Callable[[bytes], bool]) -> None:
    """Runs jobs until the worker ends it, or is gone itself. Never returns."""
    code = 1
    try:
        while job := _read(theirs):
            if not run(job):
                theirs.sendall(_LAST)
                break
            theirs.sendall(_GOES_ON)
        code = 0
    finally:
        os._exit(code)  # nothing of what the worker had open is this process's to close


def _read(theirs: socket.socket) -> bytes:
    """The next job; empty if there is none any more."""
    length = _read_exactly(theirs, _LENGTH.size)
    return _read_exactly(theirs, _LENGTH.unpack(length)[0]) if length else b""


def _read_exactly(theirs: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = theirs.recv(size - len(data))
        if not part:
            return b""
        data += part
    return data
