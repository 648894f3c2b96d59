"""The Web API: tokens, scopes, arguments, people and channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.expected_errors import api_error_of
from tests.sandbox.slack.manifests import SLIPWAY_SCOPES, build_manifest

Json = dict[str, Any]


def test_auth_test_says_who_the_bot_is(slack: SlackSandbox, client: WebClient) -> None:
    answer = client.auth_test()

    assert answer.data == {
        "ok": True,
        "url": slack.url,
        "team": "Slipway Demo",
        "user": "slipway",
        "team_id": "T01SLIPWAY",
        "user_id": "U0SLIPWAYB",
        "bot_id": "B01SLIPWAY",
        "is_enterprise_install": False,
    }
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("headers", "body", "error"),
    [
        ({}, {}, "not_authed"),
        ({"Authorization": "Bearer"}, {}, "not_authed"),
        ({"Authorization": "Bearer xoxb-other"}, {}, "invalid_auth"),
        ({}, {"token": "xoxb-other"}, "invalid_auth"),
        ({"Authorization": "Bearer xapp-sandbox-app"}, {}, "not_allowed_token_type"),
    ],
)
def test_a_call_needs_the_right_token(slack: SlackSandbox, headers: Json, body: Json, error: str) -> None:
    answer = httpx.post(slack.api_url + "users.info", data=body, headers=headers)

    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": error})


def test_a_token_may_come_as_a_parameter_and_arguments_in_the_query(slack: SlackSandbox) -> None:
    query = {"token": slack.bot_token, "user": "U02BOB0000"}

    assert httpx.get(slack.api_url + "users.info", params=query).json()["user"]["name"] == "bob"
    assert httpx.post(slack.api_url + "users.info", data=query).json()["user"]["name"] == "bob"
    assert httpx.post(slack.api_url + "users.info", json=query).json()["user"]["name"] == "bob"


def test_a_method_that_slack_does_not_have_is_unknown(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.api_call("chat.shout")

    assert caught.value.response["error"] == "unknown_method"
    assert caught.value.response["req_method"] == "chat.shout"


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("text/csv", b"a,b", "invalid_post_type"),
        ("", b"a,b", "missing_post_type"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(
    slack: SlackSandbox, kind: str, body: bytes, error: str
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = httpx.post(slack.api_url + "api.test", content=body, headers=headers)

    assert answer.json()["error"] == error


def test_api_test_gives_back_what_it_got(slack: SlackSandbox) -> None:
    client = WebClient(base_url=slack.api_url)

    assert client.api_test(foo="bar")["args"]["foo"] == "bar"
    assert api_error_of(lambda: client.api_test(error="my_error")) == "my_error"


NEEDS: list[tuple[str, Callable[[WebClient], Any]]] = [
    ("chat:write", lambda client: client.chat_postMessage(channel="C01DEPLOYS", text="x")),
    ("chat:write", lambda client: client.chat_update(channel="C01DEPLOYS", ts="1.2", text="x")),
    ("users:read", lambda client: client.users_info(user="U02BOB0000")),
    ("usergroups:read", lambda client: client.usergroups_users_list(usergroup="S01DEPLOYERS")),
    ("channels:read", lambda client: client.conversations_info(channel="C01DEPLOYS")),
]


@pytest.fixture(scope="module")
def narrow_client() -> Any:
    """A bot with the scope commands only."""
    with SlackSandbox(build_manifest(scopes=["commands"]), rate_limits=False) as slack:
        yield WebClient(slack.bot_token, slack.api_url)


@pytest.mark.parametrize(("scope", "call"), NEEDS)
def test_a_scope_that_the_manifest_does_not_ask_for_is_missing(
    narrow_client: WebClient, scope: str, call: Callable[[WebClient], Any]
) -> None:
    with pytest.raises(SlackApiError) as caught:
        call(narrow_client)

    answer = caught.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", scope, "commands")


def test_where_the_bot_may_write_depends_on_scope_and_membership() -> None:
    with (
        SlackSandbox(build_manifest(scopes=["chat:write"])) as narrow,
        SlackSandbox(build_manifest(scopes=SLIPWAY_SCOPES)) as wide,
    ):
        member_only = WebClient(narrow.bot_token, narrow.api_url).chat_postMessage
        everywhere = WebClient(wide.bot_token, wide.api_url).chat_postMessage

        assert member_only(channel="C01DEPLOYS", text="x")["ok"]
        assert api_error_of(lambda: member_only(channel="C02GENERAL", text="x")) == "not_in_channel"
        assert everywhere(channel="C02GENERAL", text="x")["ok"]
        assert api_error_of(lambda: everywhere(channel="G04PAYMENTS", text="x")) == "channel_not_found"
        assert api_error_of(lambda: everywhere(channel="C99NOWHERE", text="x")) == "channel_not_found"
        wide.add_member("slipway", "payments")
        assert everywhere(channel="G04PAYMENTS", text="x")["ok"]


def test_a_channel_tells_how_many_are_in_it(client: WebClient) -> None:
    channel = client.conversations_info(channel="C01DEPLOYS", include_num_members=True)["channel"]

    assert (channel["name"], channel["num_members"], channel["is_private"]) == ("deploys", 6, False)


def test_people_and_user_groups_are_known(client: WebClient) -> None:
    bob = client.users_info(user="U02BOB0000")["user"]
    assert (bob["name"], bob["real_name"], bob["is_bot"]) == ("bob", "Bob Baker", False)
    assert client.users_info(user="U0SLIPWAYB")["user"]["profile"]["bot_id"] == "B01SLIPWAY"
    assert bob["profile"]["email"] == "bob@slipway-demo.example"
    assert client.usergroups_users_list(usergroup="S01DEPLOYERS")["users"] == ["U01ALICE00", "U04DAVE000"]
    assert client.usergroups_users_list(usergroup="S02APPROVERS")["users"] == ["U02BOB0000", "U04DAVE000"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda client: client.users_info(user="U99NOBODY"), "user_not_found"),
        (lambda client: client.usergroups_users_list(usergroup="S99"), "no_such_subteam"),
        (lambda client: client.conversations_info(channel="C99"), "channel_not_found"),
    ],
)
def test_who_or_what_is_not_there_is_not_found(
    client: WebClient, call: Callable[[WebClient], Any], error: str
) -> None:
    assert api_error_of(lambda: call(client)) == error


def test_addresses_are_private_without_their_scope() -> None:
    with SlackSandbox(build_manifest(scopes=["users:read"])) as slack:
        bob = WebClient(slack.bot_token, slack.api_url).users_info(user="U02BOB0000")["user"]

    assert "email" not in bob["profile"]
