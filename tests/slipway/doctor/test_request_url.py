"""`slipway doctor --http` against the real web process."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from sandbox.ports import free_port
from sandbox.slack import SlackSandbox
from slipway.app_manifest import http_manifest
from slipway.doctor.context import DoctorContext
from slipway.doctor.request_url_checks import check_request_url, judge_answer
from tests.bot.bot_processes import clean_env, run_process

GUNICORN = ["gunicorn", "-c", "python:bot.gunicorn", "bot.web:app()"]


def test_it_answers_only_if_both_have_the_same_secret(
    redis: Redis, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with SlackSandbox(http_manifest(url), rate_limits=False) as slack:
        settings = {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_URL": slack.api_url,
            "REDIS_URL": redis_url,
        }
        env = clean_env(tmp_path, **settings, GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{port}")
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("RESTORE_TAG_KEY", "0123456789abcdef0123456789abcdef")
        with run_process(GUNICORN, env, tmp_path):
            slack.wait_until(lambda: slack.verify()["verified"], 60)

            [right] = check_request_url(DoctorContext(request_url=f"{url}/"))
            monkeypatch.setenv("SLACK_SIGNING_SECRET", "another-signing-secret")
            [wrong] = check_request_url(DoctorContext(request_url=url))

    assert right.what.startswith(f"{url}/slack/events answers a signed request within ")
    assert (right.level, right.advice) == ("ok", "")
    assert (wrong.level, wrong.what, wrong.advice) == (
        "error",
        f"{url}/slack/events refuses our signature (HTTP 401).",
        "SLACK_SIGNING_SECRET is another here than in the web process, or one of the clocks is wrong.",
    )


def test_without_an_address_it_says_how_to_name_it(
    empty_workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "0123456789abcdef")

    [found] = check_request_url(DoctorContext())

    assert (found.level, found.advice) == (
        "skipped",
        "Name it: slipway doctor --http https://slipway.example.com",
    )


def test_an_answer_that_is_not_slipways_is_no_success() -> None:
    """A login page of a proxy, say."""
    found = judge_answer("https://slipway.example.com/slack/events", 200, is_answered=False, seconds=0.1)

    assert (found.level, found.what) == (
        "error",
        "https://slipway.example.com/slack/events answers a signed request with HTTP 200, but not as asked.",
    )
