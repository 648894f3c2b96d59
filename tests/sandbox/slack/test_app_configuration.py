"""What Slack says of the app itself: its id, its manifest, its tokens, and what time it is."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from sandbox.slack.team.installation import CONFIG_TOKEN
from tests.sandbox.slack.expected_errors import api_error_of
from tests.sandbox.slack.manifests import build_manifest


def test_the_bot_learns_which_app_it_is_of(client: WebClient) -> None:
    bot = client.auth_test()["bot_id"]

    assert client.bots_info(bot=bot)["bot"]["app_id"] == "A01SLIPWAY"
    assert api_error_of(lambda: client.bots_info(bot="B0")) == "bot_not_found"


def test_only_a_configuration_token_reads_the_manifest(slack: SlackSandbox, client: WebClient) -> None:
    owner = WebClient(CONFIG_TOKEN, slack.api_url, retry_handlers=[])

    assert owner.apps_manifest_export(app_id="A01SLIPWAY")["manifest"] == build_manifest()
    assert api_error_of(lambda: owner.apps_manifest_export(app_id="A0")) == "app_not_found"
    assert api_error_of(lambda: client.apps_manifest_export(app_id="A01SLIPWAY")) == "not_allowed_token_type"
    posted = api_error_of(lambda: owner.chat_postMessage(channel="deploys", text="hello"))
    assert posted == "not_allowed_token_type"


def test_an_app_level_token_may_be_of_another_app() -> None:
    with SlackSandbox(build_manifest(), app_of_app_token="A01STAGING") as slack:
        app = WebClient(slack.app_token, slack.api_url)

        assert app.auth_test()["app_id"] == "A01STAGING"


@pytest.mark.parametrize("ahead", [0.0, 3600.0, -90.0])
def test_every_answer_says_what_time_it_is(slack: SlackSandbox, client: WebClient, ahead: float) -> None:
    if ahead:
        slack.add_fault("skewed-date", ahead=ahead)

    for answer in (client.api_test(), client.auth_test()):
        stated = parsedate_to_datetime(answer.headers["date"]).timestamp()
        assert stated - time.time() == pytest.approx(ahead, abs=3)
