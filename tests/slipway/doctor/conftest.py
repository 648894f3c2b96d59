from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import websocket
from redis import Redis
from rq import Queue, Worker
from slack_sdk import WebClient
from typer.testing import CliRunner, Result

from deploys.catalogue.catalogue import load_catalogue
from deploys.job_queue import QUEUE_NAME
from deploys.stores.heartbeats import HeartbeatWriter
from sandbox.ecs import EcsSandbox
from sandbox.slack import SlackSandbox
from sandbox.slack.team.installation import CONFIG_TOKEN
from slipway.app_manifest import socket_mode_manifest
from slipway.iam.policies import policies
from slipway.iam.read_facts import read_facts
from tests.in_process_aws import WORKERS_KEY
from tests.slipway.whole_cli import app
from workers.ecs.aws.aws_clients import AwsClients

SERVICES = """\
defaults: {cluster: production, region: eu-west-1, deployers: everyone}
services:
  ledger: {strategy: stop-start, approvers: everyone}
  site: {strategy: native, after: {alarms: [site-5xx]}}
  web: {}
"""
WORKERS = f"arn:aws:iam::123456789012:user/{WORKERS_KEY}"
ASK_ABOUT_ITSELF = {
    "Sid": "AskAboutItself",
    "Effect": "Allow",
    "Action": "iam:SimulatePrincipalPolicy",
    "Resource": WORKERS,
}


@dataclass
class Finding:
    check: str
    level: str
    what: str
    advice: str | None


@dataclass
class Setup:
    """An installation in which everything is as it should be."""

    slack: SlackSandbox
    aws: EcsSandbox
    redis: Redis
    arguments: list[str] = field(default_factory=list)

    def set(self, **settings: str) -> None:
        os.environ.update(settings)

    def run(self, *arguments: str) -> Result:
        """The command as people run it."""
        return CliRunner().invoke(app, ["doctor", *self.arguments, *arguments])

    def findings(self, *arguments: str) -> list[Finding]:
        """Every line."""
        document = json.loads(self.run("--json", *arguments).stdout)
        return [Finding(**each) for each in document["findings"]]

    def problems(self, *arguments: str) -> list[Finding]:
        """Every warning and error."""
        return [each for each in self.findings(*arguments) if each.level in ("warning", "error")]

    def write_services(self, text: str) -> None:
        Path("services.yml").write_text(text)

    def enforce(self, *changes: Any, leave_out: Sequence[str] = (), ask: bool = True) -> None:
        """Gives the workers exactly the policies of services.yml, without the statements of these ids.

        changes: statements that are added. ask: whether they may ask IAM about themselves.
        """
        self.aws.enforce_policies(WORKERS_KEY, [])
        self.aws.enforce_policies(
            WORKERS_KEY, [{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]
        )
        services = list(load_catalogue("services.yml").services.values())
        facts, _ = read_facts(AwsClients(), services)
        statements = [
            each
            for document in policies(services, facts)[0].documents
            for each in document["Statement"]
            if each["Sid"] not in leave_out
        ]
        documents = [{"Statement": [*statements, *changes, *([ASK_ABOUT_ITSELF] if ask else [])]}]
        self.aws.enforce_policies(WORKERS_KEY, documents)


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackSandbox]:
    """Slack with the app as its manifest has it, and a bot that is connected."""
    with SlackSandbox(socket_mode_manifest(), rate_limits=False) as slack, connected_bot(slack):
        yield slack


@contextmanager
def connected_bot(slack: SlackSandbox) -> Iterator[None]:
    url = WebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)["url"]
    with closing(websocket.create_connection(url, timeout=5)) as socket:
        socket.recv()
        socket.settimeout(None)
        threading.Thread(target=_read_until_closed, args=(socket,), daemon=True).start()
        yield


def _read_until_closed(socket: websocket.WebSocket) -> None:
    """Answers Slack's pings."""
    with suppress(OSError, websocket.WebSocketException):
        while socket.recv():
            pass


@pytest.fixture
def healthy(slack: SlackSandbox, aws_account: EcsSandbox, redis: Redis, redis_url: str) -> Iterator[Setup]:
    slack.clear_faults()
    setup = Setup(slack, aws_account, redis)
    setup.write_services(SERVICES)
    setup.set(
        SLACK_API_URL=slack.api_url,
        SLACK_BOT_TOKEN=slack.bot_token,
        SLACK_APP_TOKEN=slack.app_token,
        SLACK_CONFIG_TOKEN=CONFIG_TOKEN,
        REDIS_URL=redis_url,
        RESTORE_TAG_KEY="0123456789abcdef0123456789abcdef",
    )
    setup.enforce()
    worker = Worker([Queue(QUEUE_NAME, connection=redis)], connection=redis)
    worker.register_birth()  # type: ignore[no-untyped-call]
    for process in ("bot", "worker", "scheduler"):
        HeartbeatWriter(redis, process).write()
    yield setup
    slack.clear_faults()
