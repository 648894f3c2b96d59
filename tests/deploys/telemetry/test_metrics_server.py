"""The paths of a process's own port, and that nothing there stops the process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploys.telemetry.fork_gate import ForkGate
from deploys.telemetry.metrics_server import MetricsServer
from deploys.telemetry.process_state import ProcessState
from sandbox.ports import free_port
from tests.bot.bot_processes import clean_env
from tests.scenarios.conversation import wait_until


@contextmanager
def serving(state: ProcessState, redis_problem: str = "") -> Iterator[httpx.Client]:
    server = MetricsServer(
        ("127.0.0.1", 0), lambda: b"slipway_redis_up 1.0\n", state, lambda: redis_problem, ForkGate()
    )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{server.server_port}", trust_env=False, timeout=10
        ) as client:
            yield client
    finally:
        server.shutdown()
        server.server_close()


def running(process: str = "worker") -> ProcessState:
    state = ProcessState(process)
    state.note_loop()
    return state


def test_a_process_that_is_well() -> None:
    with serving(running()) as client:
        answers = {
            path: client.get(path) for path in ("/metrics", "/healthz", "/readyz", "/metrics?x=1", "/")
        }
        head = client.head("/healthz")
        posted = client.post("/healthz")

    assert {path: (answer.status_code, answer.text) for path, answer in answers.items()} == {
        "/metrics": (200, "slipway_redis_up 1.0\n"),
        "/metrics?x=1": (200, "slipway_redis_up 1.0\n"),
        "/healthz": (200, "ok\n"),
        "/readyz": (200, "ok\n"),
        "/": (404, "not found: there are /metrics, /healthz and /readyz\n"),
    }
    assert answers["/metrics"].headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert (head.status_code, head.text, posted.status_code) == (200, "", 501)


def test_without_redis_a_process_lives_and_is_not_ready() -> None:
    with serving(running(), "Redis does not answer") as client:
        health, ready = client.get("/healthz"), client.get("/readyz")

    assert health.status_code == 200
    assert (ready.status_code, ready.text) == (503, "Redis does not answer\n")


def test_a_process_that_hangs_is_neither() -> None:
    hanging = ProcessState("scheduler", now=iter((0.0, *[95.0] * 9)).__next__)
    with serving(hanging) as client:
        health, ready = client.get("/healthz"), client.get("/readyz")

    said = "the main loop of the scheduler process has not moved for 95 s\n"
    assert (health.status_code, health.text) == (ready.status_code, ready.text) == (503, said)


def test_clients_that_send_nothing_keep_nobody_from_the_answer() -> None:
    with serving(running()) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        silent = [socket.create_connection(address) for _ in range(50)]
        answer = client.get("/healthz")
        for each in silent:
            each.close()

    assert answer.status_code == 200


PROCESS = """
import os, socket, sys, time
from deploys.process_startup import load_settings_or_exit
from deploys.settings import Settings
from deploys.telemetry.metrics_pipe import METRICS_PIPE
from deploys.telemetry.metrics_server import serve_metrics

settings = load_settings_or_exit(Settings)
for _ in range(2):
    serve_metrics("scheduler", settings)
if sys.argv[1] == "forked":
    while socket.socket().connect_ex((settings.metrics_host, settings.metrics_port)):
        time.sleep(0.02)
    if os.fork() == 0:
        METRICS_PIPE.looped()
        print("started", flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        time.sleep(30)
        os._exit(0)
else:
    METRICS_PIPE.looped()
    print("started", flush=True)
sys.stdin.read()
"""
"""A process that serves its metrics and otherwise waits to be ended; one that it forks outlives it."""


@contextmanager
def a_process(port: int, tmp_path: Path, reported_by: str) -> Iterator[subprocess.Popen[str]]:
    env = clean_env(tmp_path, REDIS_URL="redis://127.0.0.1:1/0", METRICS_PORT=str(port), LOG_FORMAT="json")
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, reported_by],
        env=env,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def is_served(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("reported_by", ["alone", "forked"])
def test_the_port_is_served_until_the_process_ends_even_if_it_is_killed(
    tmp_path: Path, reported_by: str
) -> None:
    port = free_port()
    with a_process(port, tmp_path, reported_by) as process:
        wait_until(lambda: is_served(port), 20)
        ready = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, timeout=5)

        process.kill()
        process.communicate(timeout=20)

    assert (ready.status_code, ready.text) == (503, "Redis does not answer\n")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.mark.parametrize("reported_by", ["alone", "forked"])
def test_a_port_that_is_taken_is_said_and_served_once_it_is_free(tmp_path: Path, reported_by: str) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with a_process(port, tmp_path, reported_by) as process:
            assert process.stderr is not None
            line = json.loads(process.stderr.readline())
            assert process.poll() is None
            other.close()
            wait_until(lambda: is_served(port), 20)

    assert (line["level"], line["event"], line["port"]) == (
        "error",
        "the port for metrics cannot be used; Slipway works without, and tries again",
        port,
    )
