"""`python -m sandbox.ecs` starts only the region."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import typer
from typer.testing import CliRunner

from sandbox.ecs.__main__ import serve
from tests.sandbox.ecs.ecs_actions import describe_service


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sandbox.ecs", *arguments]


@contextmanager
def started(output: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The process, which writes to `output`, and its address once it has printed it."""
    with output.open("wb") as file:
        process = subprocess.Popen(command(*arguments), stdout=file, stderr=subprocess.STDOUT)
    try:
        yield process, _address(output)
    finally:
        process.kill()
        process.wait()


def _address(output: Path) -> str:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = re.search(r"http://127\.0\.0\.1:\d+", output.read_text())
        if found:
            return found.group()
        time.sleep(0.05)
    raise AssertionError(f"no address was printed within 30 s: {output.read_text()}")


def client_at(url: str) -> Any:
    return boto3.client(
        "ecs",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_stopped(tmp_path: Path, signum: signal.Signals) -> None:
    output = tmp_path / "output"
    with started(output, "--speed", "5") as (process, url):
        assert describe_service(client_at(url), "web")["runningCount"] == 3
        assert httpx.get(f"{url}/sandbox/health").json()["speed"] == 5

        process.send_signal(signum)
        assert process.wait(timeout=10) == 0

    printed = output.read_text()
    assert f"export AWS_ENDPOINT_URL={url} " in printed
    assert "Traceback" not in printed


def test_a_port_that_is_taken_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            command("--port", port), capture_output=True, text=True, timeout=30, check=False
        )

    assert done.returncode == 2
    assert "Try --port 0" in done.stderr


def test_help_and_a_speed_that_cannot_be() -> None:
    app = typer.Typer()
    app.command()(serve)

    helped = CliRunner().invoke(app, ["--help"])
    refused = CliRunner().invoke(app, ["--speed", "0"])

    assert "1.5.0-crash" in helped.output
    assert refused.exit_code == 2
    assert "greater than 0" in refused.stderr
