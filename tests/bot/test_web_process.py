"""`gunicorn bot.web:app()`: the same app over HTTP, behind its one door."""

from __future__ import annotations

import http.client
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from redis import Redis

from bot.app import MAX_CONCURRENT_REQUESTS
from bot.http_server import READ_TIMEOUT_SECONDS
from deploys.job_queue import ASKED_QUEUE, waiting_jobs
from deploys.redis_connection import connect
from deploys.stores.deploy_store import DeployStore
from deploys.stores.heartbeats import read_heartbeats
from sandbox.ports import free_port
from sandbox.slack import SlackSandbox
from sandbox.valkey import refusing_commands, valkey
from slipway.app_manifest import http_manifest
from tests.bot.bot_harness import NOTHING_UNDER_WAY
from tests.bot.bot_processes import START_SECONDS, clean_env, run_process, terminate, wait_for_exit
from tests.slack_directory import know_everybody

GUNICORN = ["gunicorn", "-c", "python:bot.gunicorn", "bot.web:app()"]


@contextmanager
def slack_sandbox(port: int) -> Iterator[SlackSandbox]:
    with SlackSandbox(http_manifest(f"http://127.0.0.1:{port}"), rate_limits=False) as slack:
        yield slack


@pytest.fixture
def port() -> int:
    return free_port()


def web_settings(slack: SlackSandbox, redis_url: str, tmp_path: Path, port: int) -> dict[str, str]:
    know_everybody(connect(redis_url))
    return clean_env(
        tmp_path,
        SLACK_BOT_TOKEN=slack.bot_token,
        SLACK_SIGNING_SECRET=slack.signing_secret,
        SLACK_API_URL=slack.api_url,
        REDIS_URL=redis_url,
        GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{port}",
    )


def send_http(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    """One bare HTTP request; 0 while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except ConnectionRefusedError:
        return 0, ""
    finally:
        connection.close()


def test_it_serves_slack_and_nobody_else(redis: Redis, redis_url: str, tmp_path: Path, port: int) -> None:
    with (
        slack_sandbox(port) as slack,
        run_process(GUNICORN, web_settings(slack, redis_url, tmp_path, port), tmp_path) as web,
    ):
        slack.wait_until(lambda: send_http(port, "GET", "/healthz")[0] == 200, START_SECONDS)

        [answer] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]
        assert answer["text"].startswith("Queued: `web` `1.4.2`")
        slack.wait_until(lambda: [each.process for each in read_heartbeats(redis)] == ["web"], 10)

        assert slack.add_fault("replay")["status"] == 401
        assert len(DeployStore(redis).active()) == 1

        slack.add_fault("delay-delivery", seconds=4.2)
        [late] = slack.say("alice", "deploys", "/deploy web 1.5.0")["replies"]
        assert late["text"] == '/deploy failed with the error "operation_timeout"'
        [shown] = slack.say("alice", "deploys", "/deploy status")["replies"]
        assert "1.5.0" not in shown["text"]

        slack.say("alice", "deploys", "@slipway status")
        slack.wait_until(lambda: "answer_status" in str(waiting_jobs(redis)[ASKED_QUEUE]))

        assert send_http(port, "GET", "/")[0] == 404
        assert send_http(port, "GET", "/slack/events")[0] == 404
        assert send_http(port, "POST", "/slack/events", b"command=%2Fdeploy")[0] == 401
        assert (
            send_http(port, "POST", "/slack/events", b"{not json", content_type="application/json")[0] == 400
        )
        assert send_http(port, "POST", "/slack/events", b"\xff\xfe")[0] == 400
        assert send_http(port, "POST", "/slack/events", b"x", x_slack_request_timestamp="soon")[0] == 400
        assert send_http(port, "POST", "/slack/events", b"x" * 1_000_001)[0] == 413
        assert send_http(port, "GET", "/healthz") == (200, "ok\n")

        verified = slack.verify()
        assert verified["ok"], verified

        code, output, took = terminate(web, signal.SIGTERM)

    assert code == 0, output
    assert read_heartbeats(redis) == []
    assert took < 8
    assert slack.signing_secret not in output


def test_it_ends_with_a_clear_message_when_a_setting_is_missing(tmp_path: Path, port: int) -> None:
    env = clean_env(tmp_path, GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{port}")

    with run_process(GUNICORN, env, tmp_path) as web:
        code, output = wait_for_exit(web)

    assert code != 0
    assert "SLACK_SIGNING_SECRET is not set." in output
    assert "Traceback" not in output


def test_half_sent_requests_keep_nobody_out_for_long(
    redis: Redis, redis_url: str, tmp_path: Path, port: int
) -> None:
    half = b"POST /slack/events HTTP/1.1\r\nHost: slipway\r\nContent-Length: 100\r\n\r\ncommand=%2Fdeploy"
    with (
        slack_sandbox(port) as slack,
        run_process(GUNICORN, web_settings(slack, redis_url, tmp_path, port), tmp_path),
        ExitStack() as open_ones,
    ):
        slack.wait_until(lambda: send_http(port, "GET", "/healthz")[0] == 200, START_SECONDS)
        half_sent = [
            open_ones.enter_context(closing(open_socket(port))) for _ in range(MAX_CONCURRENT_REQUESTS + 6)
        ]
        for each in half_sent:
            each.sendall(half)

        began = time.monotonic()
        healths = [send_http(port, "GET", "/healthz") for _ in range(5)]
        assert time.monotonic() - began < READ_TIMEOUT_SECONDS - 1
        trickling = half_sent[0]
        trickling.sendall(b"&")
        slack.wait_until(
            lambda: type_and_read(slack, "/deploy status") == NOTHING_UNDER_WAY,
            6 * READ_TIMEOUT_SECONDS,
        )

        answers = [each.recv(100).partition(b"\r\n")[0] for each in half_sent[:MAX_CONCURRENT_REQUESTS]]
    assert healths == [(200, "ok\n")] * 5
    assert set(answers) == {b"HTTP/1.1 408 Request Timeout"}


def test_silent_connections_take_no_thread(redis: Redis, redis_url: str, tmp_path: Path, port: int) -> None:
    with (
        slack_sandbox(port) as slack,
        run_process(GUNICORN, web_settings(slack, redis_url, tmp_path, port), tmp_path),
        ExitStack() as open_ones,
    ):
        slack.wait_until(lambda: send_http(port, "GET", "/healthz")[0] == 200, START_SECONDS)
        for _ in range(MAX_CONCURRENT_REQUESTS + 6):
            open_ones.enter_context(closing(open_socket(port)))

        assert type_and_read(slack, "/deploy status") == NOTHING_UNDER_WAY


def open_socket(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=6 * READ_TIMEOUT_SECONDS)


def type_and_read(slack: SlackSandbox, text: str) -> str:
    """What alice is answered, be it by Slack."""
    [answer] = slack.say("alice", "deploys", text)["replies"]
    return str(answer["text"])


def test_health_says_when_redis_is_away(redis_url: str, tmp_path: Path, port: int) -> None:
    with (
        slack_sandbox(port) as slack,
        valkey() as server,
        run_process(GUNICORN, web_settings(slack, server.connection_url, tmp_path, port), tmp_path),
    ):
        slack.wait_until(lambda: send_http(port, "GET", "/healthz")[0] == 200, START_SECONDS)
        redis = Redis.from_url(server.connection_url, decode_responses=True)
        with refusing_commands(redis, "MASTERDOWN"):
            lost = "Redis is a replica that has lost its primary\n"
            slack.wait_until(lambda: send_http(port, "GET", "/healthz") == (503, lost), 10)
            answer_meanwhile = type_and_read(slack, "/deploy web 1.4.2")
        slack.wait_until(lambda: send_http(port, "GET", "/healthz")[0] == 200, 10)
        redis.shutdown(nosave=True)

        slack.wait_until(lambda: send_http(port, "GET", "/healthz") == (503, "Redis does not answer\n"), 10)
        [answer] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]

    assert answer_meanwhile.startswith("Redis is")
    assert answer["text"].startswith("I cannot reach Redis, so nothing was changed.")
