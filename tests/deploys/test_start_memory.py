"""The memory of a process after its start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def run(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone is asked to give memory back")
def test_memory_that_the_start_has_freed_goes_back_to_the_system() -> None:
    program = """
import re
from pathlib import Path
from deploys.process_startup import exempt_start_from_collection

def megabytes():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000

texts = [bytes(2000) for _ in range(30_000)]
still_used = texts[-1]  # above all others, so nothing goes back by itself
before = megabytes()
del texts
exempt_start_from_collection()
print(before - megabytes() > 40)
"""
    assert run(program) == "True\n"


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone gives threads places of their own")
def test_threads_take_their_memory_from_one_place() -> None:
    program = """
import threading
from pathlib import Path
from deploys.process_startup import load_settings_or_exit
from deploys.settings import Settings

load_settings_or_exit(Settings)
together = threading.Barrier(4)

def take():
    kept = [bytes(2000) for _ in range(100)]
    together.wait()

threads = [threading.Thread(target=take) for _ in range(4)]
for each in threads:
    each.start()
for each in threads:
    each.join()
lines = [each.split() for each in Path("/proc/self/maps").read_text().splitlines()]
reserved = [[int(end, 16) for end in line[0].split("-")] for line in lines if line[1].startswith("---")]
print(sum(50e6 < end - start < 70e6 for start, end in reserved))
"""
    assert run(program) == "0\n"
