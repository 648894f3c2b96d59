"""`python -m sandbox.slack` as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml
from slack_sdk import WebClient

from sandbox.slack import SlackClient
from tests.sandbox.slack.manifests import build_manifest


@pytest.fixture
def manifest_file(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.yml"
    path.write_text(yaml.safe_dump(build_manifest()))
    return path


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox.slack", *arguments]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield running
    finally:
        running.kill()
        running.communicate(timeout=10)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_and_stops_on_a_signal(manifest_file: Path, stop: signal.Signals) -> None:
    with process("--manifest", str(manifest_file), "--no-rate-limits", "--bot-token", "xoxb-mine") as running:
        assert running.stdout is not None
        greeting = [running.stdout.readline().strip() for _ in range(5)]
        environment = dict(line.split("=", 1) for line in greeting[1:])
        client = WebClient(environment["SLACK_BOT_TOKEN"], environment["SLACK_API_URL"])
        assert client.auth_test()["user"] == "slipway"
        with closing(SlackClient(greeting[0].split()[-1])) as slack:
            assert slack.health()["ok"]
        running.send_signal(stop)
        _, complaints = running.communicate(timeout=10)

    assert environment["SLACK_BOT_TOKEN"] == "xoxb-mine"
    assert environment["SLACK_APP_TOKEN"] == "xapp-sandbox-app"
    assert environment["SLACK_SIGNING_SECRET"] == "sandbox-signing-secret"
    assert (running.returncode, complaints) == (0, "")


def test_without_a_manifest_it_says_what_is_missing(tmp_path: Path) -> None:
    with process("--manifest", str(tmp_path / "none.yml")) as running:
        _, complaints = running.communicate(timeout=20)

    assert running.returncode == 2
    assert "none.yml cannot be read" in complaints


def test_a_port_that_is_taken_is_named(manifest_file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with process("--manifest", str(manifest_file), "--port", port) as running:
            _, complaints = running.communicate(timeout=20)

    assert running.returncode == 2
    assert f"Port {port} cannot be used" in complaints
