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
"""How long a process may take to end by itself."""
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
        """The first match in the log, or None."""
        found = re.search(pattern, self.log.read_text(errors="replace"))
        return found.group(0) if found else None


class ProcessGroup:
    """Starts processes, and ends them all when it is closed.

    Each process gets its own session, so that Ctrl-C does not reach it and they end in our order.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self.children: list[ChildProcess] = []

    def start_module(self, name: str, module: str, *args: str, env: Mapping[str, str]) -> ChildProcess:
        """Starts `python -m module`. Its output goes to its own log file."""
        return self.start_command(name, [sys.executable, "-m", module, *args], env=env)

    def start_command(self, name: str, command: list[str], *, env: Mapping[str, str]) -> ChildProcess:
        """Starts a command. Its output goes to its own log file."""
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
        child = ChildProcess(name, process, log)
        self.children.append(child)
        return child

    def wait_until(self, what: str, ready: Callable[[], object], seconds: float = 60.0) -> None:
        """Waits for a condition.

        Raises:
            DemoFailed: a process ended, or the time ran out.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self.check_running()
            if time.monotonic() > deadline:
                raise DemoFailed(
                    f"waited {seconds:.0f} s for {what}, which did not happen. Logs: {self._logs}"
                )
            time.sleep(POLL_SECONDS)

    def check_running(self) -> None:
        """Raises DemoFailed if a process has ended."""
        for child in self.children:
            if child.process.poll() is not None:
                last = "\n".join(child.log.read_text(errors="replace").splitlines()[-15:])
                raise DemoFailed(f"the process {child.name!r} ended ({child.process.returncode}):\n{last}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(self.children)

    def stop(self, processes: Sequence[ChildProcess]) -> None:
        """Ends these processes at the same time."""
        for child in processes:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        for child in processes:
            wait_or_kill(child.process)


def wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    """Waits for a process to end, and kills it if it takes too long, with all that it started."""
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError, PermissionError):  # its group is usually gone already
        os.killpg(process.pid, signal.SIGKILL)
