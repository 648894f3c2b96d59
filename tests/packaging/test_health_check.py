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


def check(port: str | None, host: str | None = None) -> tuple[int, str]:
    env = {**os.environ, "http_proxy": "http://127.0.0.1:1"}
    for name, value in (("METRICS_PORT", port), ("METRICS_HOST", host)):
        env.pop(name, None)
        if value is not None:
            env[name] = value
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


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        (None, "127.0.0.1"),
        ("", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("::", "[::1]"),
        ("::1", "[::1]"),
    ],
)
def test_a_process_that_does_not_answer_is_not_healthy(host: str | None, asked: str) -> None:
    port = str(free_port())

    code, said = check(port, host)

    assert (code, said.partition(" does not answer: <urlopen error ")[0]) == (
        1,
        f"/healthz at {asked}:{port}",
    )


def test_without_a_port_there_is_nothing_to_ask() -> None:
    assert check(None) == (1, "METRICS_PORT is not set, so this process serves no /healthz.")
