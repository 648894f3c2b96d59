"""Child processes that start together and end together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from slipway.demo.clean_env import clean_env

STOP_SECONDS = 10.0
"""What a process gets to end by itself."""
POLL_SECONDS = 0.05


class DemoFailed(Exception):
    """The demo could not run; the message says why."""


@dataclass
class ChildProcess:
    """One child process and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def find_in_log(self, pattern: str) -> str | None:
        """The first match in its log, or None."""
        found = re.search(pattern, self.log.read_text(errors="replace"))
        return found.group(0) if found else None


class ProcessGroup:
    """Starts processes and, when closed, ends them; none is left behind.

    Each gets a session of its own, so that Ctrl-C reaches only us and the order is ours.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self.processes: list[ChildProcess] = []

    def start_module(self, name: str, module: str, *args: str, env: Mapping[str, str]) -> ChildProcess:
        """Starts `python -m module`; its output goes to a log file of its own."""
        return self.start_command(name, [sys.executable, "-m", module, *args], env=env)

    def start_command(self, name: str, command: list[str], *, env: Mapping[str, str]) -> ChildProcess:
        """Starts a command; its output goes to a log file of its own."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self._logs,
                env={**clean_env(os.environ), "PYTHONUNBUFFERED": "1", **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        member = ChildProcess(name, process, log)
        self.processes.append(member)
        return member

    def wait_until(self, what: str, ready: Callable[[], object], seconds: float = 60.0) -> None:
        """Waits for a condition.

        Raises:
            DemoFailed: a process ended, or the time ran out.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self.check_running()
            if time.monotonic() > deadline:
                raise DemoFailed(f"waited {seconds:.0f} s for {what}, in vain. The logs: {self._logs}")
            time.sleep(POLL_SECONDS)

    def check_running(self) -> None:
        """Raises DemoFailed when a process has ended."""
        for member in self.processes:
            if member.process.poll() is not None:
                last = "\n".join(member.log.read_text(errors="replace").splitlines()[-15:])
                raise DemoFailed(f"the process {member.name!r} ended ({member.process.returncode}):\n{last}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(self.processes)

    def stop(self, processes: Sequence[ChildProcess]) -> None:
        """Ends these processes, all at once."""
        for member in processes:
            if member.process.poll() is None:
                member.process.send_signal(signal.SIGTERM)
        for member in processes:
            wait_or_kill(member.process)


def wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    """Waits for a process that was asked to end, and makes it end after a while: it and what it started."""
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError, PermissionError):  # mostly nothing of its group is left
        os.killpg(process.pid, signal.SIGKILL)
