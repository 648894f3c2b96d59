"""`gunicorn bot.web:app()`: the same app over HTTP, behind its one door."""

from __future__ import annotations

import http.client
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from deploys.store import Store
from sandbox.ports import free_port
from sandbox.slack import SlackSandbox
from sandbox.valkey import valkey
from slipway.app_manifest import over_http
from tests.bot.processes import ended, environment, running, terminated

GUNICORN = ["gunicorn", "-c", "python:bot.gunicorn", "bot.web:app()"]


@contextmanager
def played(port: int) -> Iterator[SlackSandbox]:
    with SlackSandbox(over_http(f"http://127.0.0.1:{port}"), rate_limits=False) as slack:
        yield slack


@pytest.fixture
def port() -> int:
    return free_port()


def settings(slack: SlackSandbox, redis_url: str, tmp_path: Path, port: int) -> dict[str, str]:
    return environment(
        tmp_path,
        SLACK_BOT_TOKEN=slack.bot_token,
        SLACK_SIGNING_SECRET=slack.signing_secret,
        SLACK_API_URL=slack.api_url,
        REDIS_URL=redis_url,
        GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{port}",
    )


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
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
        played(port) as slack,
        running(GUNICORN, settings(slack, redis_url, tmp_path, port), tmp_path) as web,
    ):
        slack.until(lambda: ask(port, "GET", "/healthz")[0] == 200, 20)

        [answer] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]
        assert answer["text"].startswith("Queued: `web` `1.4.2`")

        assert slack.faults("replay")["status"] == 401
        assert len(Store(redis).live()) == 1

        slack.faults("delay-delivery", seconds=4.2)
        [late] = slack.say("alice", "deploys", "/deploy web 1.5.0")["replies"]
        assert late["text"] == '/deploy failed with the error "operation_timeout"'
        [shown] = slack.say("alice", "deploys", "/deploy status")["replies"]
        assert "1.5.0" not in shown["text"]

        slack.say("alice", "deploys", "@slipway status")
        slack.until(lambda: redis.llen("rq:queue:slipway") == 3)

        assert ask(port, "GET", "/")[0] == 404
        assert ask(port, "GET", "/slack/events")[0] == 404
        assert ask(port, "POST", "/slack/events", b"command=%2Fdeploy")[0] == 401
        assert ask(port, "POST", "/slack/events", b"{not json", content_type="application/json")[0] == 400
        assert ask(port, "POST", "/slack/events", b"\xff\xfe")[0] == 400
        assert ask(port, "POST", "/slack/events", b"x", x_slack_request_timestamp="soon")[0] == 400
        assert ask(port, "POST", "/slack/events", b"x" * 1_000_001)[0] == 413
        assert ask(port, "GET", "/healthz") == (200, "ok\n")

        verified = slack.verify()
        assert verified["ok"], verified

        code, output, took = terminated(web, signal.SIGTERM)

    assert code == 0, output
    assert took < 8
    assert slack.signing_secret not in output


def test_it_ends_with_a_clear_message_when_a_setting_is_missing(tmp_path: Path, port: int) -> None:
    env = environment(tmp_path, GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{port}")

    with running(GUNICORN, env, tmp_path) as web:
        code, output = ended(web)

    assert code != 0
    assert "SLACK_SIGNING_SECRET is not set." in output
    assert "Traceback" not in output


def test_health_says_when_redis_is_away(redis_url: str, tmp_path: Path, port: int) -> None:
    with (
        played(port) as slack,
        valkey() as server,
        running(GUNICORN, settings(slack, server.connection_url, tmp_path, port), tmp_path),
    ):
        slack.until(lambda: ask(port, "GET", "/healthz")[0] == 200, 20)
        Redis.from_url(server.connection_url).shutdown(nosave=True)

        slack.until(lambda: ask(port, "GET", "/healthz") == (503, "Redis does not answer\n"), 10)
        [answer] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]

    assert answer["text"].startswith("I cannot reach my memory (Redis), so nothing was changed.")
