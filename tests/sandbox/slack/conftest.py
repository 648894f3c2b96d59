"""A Slack without an app for the Web API, and one with an app in each mode for all that is sent to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.listening import Connected, connected_by_http, connected_by_socket
from tests.sandbox.slack.manifests import manifest


@pytest.fixture(scope="session")
def _quiet_slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(manifest(), rate_limits=False) as slack:
        yield slack


@pytest.fixture
def slack(_quiet_slack: SlackSandbox) -> SlackSandbox:
    """A Slack that all tests of this process share: look only at messages of your own."""
    _quiet_slack.clear_faults()
    return _quiet_slack


@pytest.fixture
def client(slack: SlackSandbox) -> WebClient:
    """The bot's own client, without any retries."""
    return WebClient(slack.bot_token, slack.api_url, retry_handlers=[])


@pytest.fixture(scope="session", params=["socket", "http"])
def _shared_connection(request: pytest.FixtureRequest) -> Iterator[Connected]:
    connect = connected_by_socket if request.param == "socket" else connected_by_http
    with connect() as connected:
        yield connected


@pytest.fixture
def connected(_shared_connection: Connected) -> Connected:
    """A Slack and a real Bolt app, once over Socket Mode and once over HTTP."""
    _shared_connection.reset()
    return _shared_connection
