"""What the answers to requests count, log and trace."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from redis import Redis
from structlog.contextvars import get_contextvars

from bot import clicks
from bot.observed_request import request_kind
from bot.slack_client import SlackClient
from bot.web import EVENTS_PATH, WebApp
from deploys import buttons
from deploys.stores.deploy_store import DeployStore
from tests.bot.bot_harness import BotHarness
from tests.logged_lines import logged_lines
from tests.reported_metrics import reported_metrics
from tests.traced import traced


def post(bot: BotHarness, redis: Redis, form: dict[str, str]) -> str:
    """Posts what Slack posts to the web process; the HTTP status."""
    body = urlencode(form)
    kind = "application/x-www-form-urlencoded"
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": str(value)
        for name, value in bot.signed_headers(body, kind).items()
    }
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": EVENTS_PATH,
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body.encode()),
        **headers,
    }
    answered: list[str] = []
    WebApp(bot.app, redis)(environ, lambda status, headers, exc_info=None: answered.append(status))  # type: ignore[arg-type]
    return answered[0]


def test_each_request_counts_by_its_kind(bot: BotHarness, redis: Redis) -> None:
    with reported_metrics("web") as reports:
        assert post(bot, redis, bot.command_payload("/deploy web 1.4.2")) == "200 OK"
        assert post(bot, redis, bot.command_payload("/deploy status")) == "200 OK"
        post(bot, redis, {"payload": "{}"})

        series = reports.read()

    counts = [series[f'slipway_ack_seconds_count{{kind="{kind}"}}'] for kind in ("command", "click", "other")]
    assert counts == [2, 0, 1]
    assert 0 < series['slipway_ack_seconds_sum{kind="command"}'] < 20


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"command": "/deploy", "trigger_id": "1"}, "command"),
        ({"type": "block_actions", "actions": [{}]}, "click"),
        ({"type": "view_submission"}, "form"),
        ({"type": "shortcut"}, "form"),
        ({"type": "message_action"}, "form"),
        ({"type": "block_suggestion"}, "menu"),
        ({"type": "event_callback", "event": {"type": "app_mention"}}, "event"),
        ({}, "other"),
        ([], "other"),
        ({"type": "anything"}, "other"),
    ],
)
def test_the_kind_of_a_request(body: Any, kind: str) -> None:
    assert request_kind(body) == kind


def test_the_lines_and_the_span_of_a_request_name_its_deploy_and_the_next_request_does_not(
    bot: BotHarness, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = clicks._handle

    def logging_handle(*given: Any) -> Any:
        structlog.get_logger().info("within a click")
        return real(*given)

    monkeypatch.setattr(clicks, "_handle", logging_handle)
    with traced("web") as spans, logged_lines() as lines:
        post(bot, redis, bot.command_payload("/deploy web 1.4.2"))
        [deploy] = DeployStore(redis).active()
        payload = bot.click_payload(buttons.CANCEL, deploy)
        post(bot, redis, {"payload": json.dumps(payload)})
        post(bot, redis, bot.command_payload("/deploy status"))

    assert [line.get("deploy") for line in lines if line["event"] == "within a click"] == [deploy.id]
    named = [(each.name, (each.attributes or {}).get("slipway.deploy")) for each in spans.named("request")]
    assert named == [("request command", deploy.id), ("request click", deploy.id), ("request command", None)]
    answered = [line for line in lines if line["event"] == "request answered"]
    assert [(line["kind"], line["deploy"]) for line in answered] == [
        ("command", deploy.id),
        ("click", deploy.id),
    ]
    assert all(0 < line["seconds"] < 20 for line in answered)
    assert "deploy" not in get_contextvars()


def test_the_bots_own_calls_to_slack_count() -> None:
    with reported_metrics("bot") as reports:
        client = SlackClient(base_url="http://127.0.0.1:1/api/", retry_handlers=[], timeout=1)
        with pytest.raises(OSError):
            client.api_test()
        series = reports.read()

    assert series['slipway_slack_calls_total{method="api.test",result="failed"}'] == 1
