"""The memory of a process after its start."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


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
