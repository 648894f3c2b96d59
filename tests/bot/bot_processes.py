"""The bot's real processes, started as in production."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVICES_YML = """\
defaults: {cluster: production, region: eu-west-1}
services:
  web: {deployers: [U01ALICE00]}
"""
ROOT = Path(__file__).parents[2]

START_SECONDS = 60
"""In which a process is up although all tests start theirs at once (seconds)."""


def clean_env(tmp_path: Path, **settings: str) -> dict[str, str]:
    """Nothing but what a process needs and these settings."""
    services = tmp_path / "services.yml"
    services.write_text(SERVICES_YML)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "SERVICES_FILE": str(services), **settings}


@contextmanager
def run_process(command: list[str], env: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of `python -m ...`, which is killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=env,
        cwd=tmp_path,  # no .env of the person who runs the tests
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.communicate()


def wait_for_exit(process: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str]:
    """Its exit code and all it wrote."""
    output, _ = process.communicate(timeout=seconds)
    return process.returncode, output


def terminate(process: subprocess.Popen[str], by: int = signal.SIGTERM) -> tuple[int, str, float]:
    """Its exit code, what it wrote, and the seconds it took to end."""
    began = time.monotonic()
    process.send_signal(by)
    code, output = wait_for_exit(process)
    return code, output, time.monotonic() - began
