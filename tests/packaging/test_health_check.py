"""`python -m slipway.health_check`, as Docker and ECS run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest

from sandbox.ports import free_port
from tests.fake_web_server import serve_locally


@contextmanager
def process(status: int, body: str) -> Iterator[str]:
    """A process that answers /healthz so; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            return

    with serve_locally(Handler, Event()) as address:
        yield address.rpartition(":")[2]


def check(port: str | None) -> tuple[int, str]:
    env = {**os.environ, "http_proxy": "http://127.0.0.1:1"}
    env.pop("METRICS_PORT", None)
    if port:
        env["METRICS_PORT"] = port
    done = subprocess.run(
        [sys.executable, "-m", "slipway.health_check"],
        env=env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout.strip() + done.stderr


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, "ok", (0, "")),
        (503, "the main loop has not moved for 95 s", (1, "the main loop has not moved for 95 s")),
    ],
)
def test_it_says_what_the_process_says(status: int, body: str, expected: tuple[int, str]) -> None:
    with process(status, body) as port:
        assert check(port) == expected


def test_a_process_that_does_not_answer_is_not_healthy() -> None:
    port = str(free_port())

    assert check(port) == (
        1,
        f"/healthz at port {port} does not answer: <urlopen error [Errno 111] Connection refused>",
    )
    assert check(None) == (1, "METRICS_PORT is not set, so this process serves no /healthz.")
