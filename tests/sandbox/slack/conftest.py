"""A Slack without an app for the Web API, and one with an app in each mode for what Slack sends to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.bolt_app import ConnectedApp, app_over_http, app_over_socket_mode
from tests.sandbox.slack.manifests import build_manifest


@pytest.fixture(scope="session")
def _shared_slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(build_manifest(), rate_limits=False) as slack:
        yield slack


@pytest.fixture
def slack(_shared_slack: SlackSandbox) -> SlackSandbox:
    """A Slack that all tests of this process share: a test must only look at its own messages."""
    _shared_slack.clear_faults()
    return _shared_slack


@pytest.fixture
def client(slack: SlackSandbox) -> WebClient:
    """The bot's own client, without any retries."""
    return WebClient(slack.bot_token, slack.api_url, retry_handlers=[])


@pytest.fixture(scope="session", params=["socket", "http"])
def _shared_connection(request: pytest.FixtureRequest) -> Iterator[ConnectedApp]:
    connect = app_over_socket_mode if request.param == "socket" else app_over_http
    with connect() as connected:
        yield connected


@pytest.fixture
def connected(_shared_connection: ConnectedApp) -> ConnectedApp:
    """A Slack and a real Bolt app, once over Socket Mode and once over HTTP."""
    _shared_connection.reset()
    return _shared_connection
