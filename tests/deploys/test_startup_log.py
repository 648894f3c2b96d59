"""The log for people: no value from outside commands the terminal, or begins a line of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOGS = """
import structlog
from deploys.process_startup import set_up_logging
from deploys.settings import Settings
set_up_logging(Settings(REDIS_URL="redis://127.0.0.1/0", LOG_FORMAT={format!r}))
log = structlog.get_logger()
log.warning("AWS said", error="no\\x1b[2J\\u202e such\\n2026-01-01 [info] forged", count=3)
try:
    raise RuntimeError("bad \\x1b]0;title\\x07thing")
except RuntimeError as error:
    log.error("broken", exc_info=error)
"""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_nothing_in_a_log_line_commands_the_terminal(log_format: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOGS.format(format=log_format)], capture_output=True, text=True, check=True
    )

    lines = run.stderr.splitlines()
    assert "\x1b" not in run.stderr
    assert "\u202e" not in run.stderr
    assert "AWS said" in lines[0]
    assert "forged" in lines[0]
    assert "RuntimeError: bad" in run.stderr
    assert "thing" in run.stderr
