"""The log for people: no value from outside commands the terminal, or begins a line of its own."""

from __future__ import annotations

import os
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


SECRETS = """
import logging, threading, warnings
import structlog
from deploys.process_startup import set_up_logging
from deploys.settings import Settings
set_up_logging(Settings(REDIS_URL="redis://127.0.0.1/0", LOG_FORMAT={format!r}))
secret = "postgres://app:canary-7c1e@db/shop"
def fail():
    raise RuntimeError(secret)
def log_failure(log):
    try:
        fail()
    except RuntimeError as error:
        log.error("failed for %s", secret, exc_info=error)
for name in ("botocore.endpoint", "slack_bolt", "slack_sdk", "rq.worker", "gunicorn.error", "redis"):
    library = logging.getLogger(name)
    library.setLevel(logging.DEBUG)
    library.debug("%s sent %s", name, secret)
    log_failure(library)
log_failure(structlog.get_logger())
structlog.get_logger().warning(secret, facts={{"at": [secret]}})
warnings.warn(secret)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_line_of_any_library_has_a_secret_in_it_tracebacks_included(log_format: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SECRETS.format(format=log_format)], capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert run.stderr.count("postgres://app:[redacted]@db/shop") >= 2 * 6 + 2 + 2 + 1 + 2
    assert "canary-7c1e" not in run.stderr


SET_UP = """
import os, signal, threading
import structlog
from deploys.process_startup import set_up_logging
from deploys.settings import Settings
set_up_logging(Settings(REDIS_URL="redis://127.0.0.1/0"))
log = structlog.get_logger()
"""
FORKS_WHILE_A_THREAD_LOGS = """
def log_on():
    while True:
        log.warning("a thread logs", text="x" * 500)
threading.Thread(target=log_on, daemon=True).start()
for _ in range(40):
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        log.warning("a child logs")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status:
        os._exit(1)
os._exit(0)
"""
LOGS_IN_A_SIGNAL_HANDLER = """
left = 300
def handle(*_):
    global left
    left -= 1
    log.warning("a signal came")
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
while left > 0:
    log.warning("the main thread logs", text="x" * 500)
os._exit(0)
"""


@pytest.mark.parametrize("program", [FORKS_WHILE_A_THREAD_LOGS, LOGS_IN_A_SIGNAL_HANDLER])
def test_a_log_line_never_waits_for_one_that_cannot_be_finished(program: str) -> None:
    """A worker forks while another thread may log, and is interrupted by signals while it logs."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    run = subprocess.run(
        [sys.executable, "-c", SET_UP + program],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0
