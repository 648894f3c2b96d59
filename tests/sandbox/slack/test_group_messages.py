"""Direct messages of several people, as Slack's conversation objects and events have them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from sandbox.slack.client import SandboxError
from tests.sandbox.slack.expected_errors import api_error_of
from tests.sandbox.slack.manifests import SLIPWAY_SCOPES, build_manifest

READING = (*SLIPWAY_SCOPES, "groups:read")
WITH_THE_APP, WITHOUT_IT = "mpdm-alice--bob--slipway-1", "mpdm-alice--bob--carol-1"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(build_manifest(scopes=(*READING, "mpim:read")), rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def client(slack: SlackSandbox) -> WebClient:
    return WebClient(slack.bot_token, slack.api_url)


def id_of(slack: SlackSandbox, name: str) -> str:
    """Somebody writes there, which opens it."""
    slack.say("alice", name, "hello")
    return slack.messages(name)[-1]["channel"]


def test_it_is_neither_a_channel_nor_a_private_one(slack: SlackSandbox, client: WebClient) -> None:
    channel = client.conversations_info(channel=id_of(slack, WITH_THE_APP))["channel"]

    kinds = {name: channel[name] for name in ("is_channel", "is_group", "is_im", "is_mpim", "is_private")}
    assert kinds == {
        "is_channel": False,
        "is_group": False,
        "is_im": False,
        "is_mpim": True,
        "is_private": True,
    }
    assert (channel["name"], channel["is_ext_shared"]) == (WITH_THE_APP, False)


def test_with_somebody_of_another_organisation_it_is_shared(slack: SlackSandbox, client: WebClient) -> None:
    shared = client.conversations_info(channel=id_of(slack, "mpdm-alice--fred--slipway-1"))["channel"]

    assert (shared["is_mpim"], shared["is_ext_shared"]) == (True, True)


def test_the_app_sees_none_that_it_is_not_in(slack: SlackSandbox, client: WebClient) -> None:
    hidden = id_of(slack, WITHOUT_IT)

    assert api_error_of(lambda: client.conversations_info(channel=hidden)) == "channel_not_found"


def test_it_has_a_scope_of_its_own() -> None:
    with SlackSandbox(build_manifest(scopes=READING)) as slack:
        client = WebClient(slack.bot_token, slack.api_url)
        channel = id_of(slack, WITH_THE_APP)

        assert api_error_of(lambda: client.conversations_info(channel=channel)) == "missing_scope"


@pytest.mark.parametrize("name", ["mpdm-alice--bob--nobody-1", "mpdm-alice--slipway-1", WITHOUT_IT])
def test_nobody_writes_where_they_are_not(slack: SlackSandbox, name: str) -> None:
    with pytest.raises(SandboxError, match="sees no channel"):
        slack.say("dave", name, "hello")
