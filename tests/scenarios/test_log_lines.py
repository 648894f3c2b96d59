"""LOG_FORMAT=json: every line of every process is one JSON object, also the lines of libraries."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from slack_sdk.signature import SignatureVerifier

from deploys.job_queue import ASKED_QUEUE
from sandbox.ports import free_port
from sandbox.slack import SlackSandbox
from slipway.app_manifest import http_manifest
from tests.bot.bot_processes import ROOT, clean_env, run_process, wait_for_exit
from tests.builders import RESTORE_TAG_KEY
from tests.scenarios.conversation import wait_until

COMMANDS = {
    "bot": ["bot"],
    "web": ["gunicorn", "-c", "python:bot.gunicorn", "bot.web:app()"],
    "worker": ["workers"],
    "scheduler": ["workers.scheduler"],
}


class LoggedProcess:
    """A process and its log."""

    def __init__(self, name: str, env: dict[str, str], folder: Path) -> None:
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *COMMANDS[name]],
                env=env,
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def log_records(self) -> list[dict[str, Any]]:
        """Its log records. Fails if a line is not a JSON object."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def has_logged(self, words: str) -> bool:
        """Whether it has logged this."""
        return words in self._log.read_text()


@contextmanager
def start_process(name: str, env: dict[str, str], folder: Path) -> Iterator[LoggedProcess]:
    process = LoggedProcess(name, env, folder)
    try:
        yield process
    finally:
        process.process.kill()
        process.process.wait()


def test_every_line_of_every_process_is_json(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as stack:
        slack = stack.enter_context(
            SlackSandbox(http_manifest(f"http://127.0.0.1:{port}"), rate_limits=False)
        )
        socket = stack.enter_context(SlackSandbox(ROOT / "manifest.yml", rate_limits=False))
        processes = {
            name: stack.enter_context(
                start_process(
                    name,
                    clean_env(
                        tmp_path,
                        REDIS_URL=redis_url,
                        LOG_FORMAT="json",
                        SLACK_BOT_TOKEN=sandbox.bot_token,
                        SLACK_APP_TOKEN=sandbox.app_token,
                        SLACK_SIGNING_SECRET=sandbox.signing_secret,
                        SLACK_API_URL=sandbox.api_url,
                        AWS_ENDPOINT_URL="http://127.0.0.1:9",
                        RESTORE_TAG_KEY=RESTORE_TAG_KEY,
                        AWS_ACCESS_KEY_ID="none",
                        AWS_SECRET_ACCESS_KEY="none",
                        GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{port}",
                    ),
                    tmp_path,
                )
            )
            for name, sandbox in (("bot", socket), ("web", slack), ("worker", socket), ("scheduler", socket))
        }
        wait_until(lambda: processes["bot"].has_logged("bot started"))
        wait_until(lambda: processes["web"].has_logged("Booting worker"))
        wait_until(lambda: processes["worker"].has_logged("worker started"))
        wait_until(lambda: processes["scheduler"].has_logged("scheduler started"))
        warnings = {
            n: [x for x in p.log_records() if x["level"] != "info"]
            for n, p in processes.items()
            if n != "worker"
        }

        # Lines of Slipway, Bolt, gunicorn and RQ, some of them with a traceback or several lines
        team, user = {"id": "T01SLIPWAY"}, {"id": "U01ALICE00", "team_id": "T01SLIPWAY"}
        unknown_shortcut = json.dumps(
            {"type": "shortcut", "callback_id": "x", "team": team, "user": user, "trigger_id": "1.2.3"}
        )
        assert post_signed(port, slack.signing_secret, unknown_shortcut) == 404
        assert post_signed(port, slack.signing_secret, "{not json") == 400
        Queue(ASKED_QUEUE, connection=redis, serializer=JSONSerializer).enqueue("os.getcwd")
        wait_until(lambda: processes["worker"].has_logged("NotAllowedError"))
        wait_until(lambda: processes["web"].has_logged("Unhandled request"))
        for each in processes.values():
            each.process.send_signal(signal.SIGTERM)
        codes = [each.process.wait(20) for each in processes.values()]
        lines = [line for each in processes.values() for line in each.log_records()]

    assert warnings == {"bot": [], "web": [], "scheduler": []}
    assert codes == [0, 0, 0, 0]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    assert {"gunicorn.error", "slack_bolt", "rq.worker"} <= {str(line.get("logger")) for line in lines}


@pytest.mark.parametrize("module", ["bot", "workers", "workers.scheduler"])
def test_a_refusal_to_start_is_one_json_object_too(module: str, tmp_path: Path) -> None:
    with run_process([module], clean_env(tmp_path, LOG_FORMAT="json"), tmp_path) as process:
        code, output = wait_for_exit(process)

    assert code == 2
    assert "REDIS_URL is not set." in json.loads(output)["event"]


def post_signed(port: int, secret: str, body: str) -> int:
    """The HTTP status of a signed request."""
    stamp = str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    headers = {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": str(signature),
    }
    url = f"http://127.0.0.1:{port}/slack/events"
    return httpx.post(url, content=body, headers=headers, timeout=20, trust_env=False).status_code
