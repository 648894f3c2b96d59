"""The limits of the content of messages, and ephemeral messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.expected_errors import api_error_of
from tests.sandbox.slack.test_chat_methods import post, visible_message


def test_an_ephemeral_is_seen_by_one_person_and_found_by_no_call(
    slack: SlackSandbox, client: WebClient
) -> None:
    answer = client.chat_postEphemeral(channel="C01DEPLOYS", user="U02BOB0000", text="psst")

    ts = answer["message_ts"]
    assert visible_message(slack, ts, "bob")["ephemeral"] is True
    assert visible_message(slack, ts, "alice") is None
    assert (
        api_error_of(lambda: client.chat_update(channel="C01DEPLOYS", ts=ts, text="x")) == "message_not_found"
    )
    assert api_error_of(lambda: client.chat_delete(channel="C01DEPLOYS", ts=ts)) == "message_not_found"
    link: Any = {"channel": "C01DEPLOYS", "message_ts": ts}
    assert api_error_of(lambda: client.chat_getPermalink(**link)) == "message_not_found"


def test_an_ephemeral_below_a_message_without_replies_is_seen_by_nobody(
    slack: SlackSandbox, client: WebClient
) -> None:
    root = post(client)
    client.chat_postEphemeral(channel="C01DEPLOYS", user="U02BOB0000", text="too early", thread_ts=root)
    slack.say("alice", "deploys", "a reply that comes too late", thread_ts=root)

    assert [m["text"] for m in slack.replies("deploys", root, "bob")] == ["a reply that comes too late"]
    assert "too early" not in [message["text"] for message in slack.messages("deploys", "bob")]


def test_an_ephemeral_in_a_thread_is_seen_there(slack: SlackSandbox, client: WebClient) -> None:
    root = post(client)
    slack.say("alice", "deploys", "a reply", thread_ts=root)
    client.chat_postEphemeral(channel="C01DEPLOYS", user="U02BOB0000", text="psst", thread_ts=root)

    assert [reply["text"] for reply in slack.replies("deploys", root, "bob")] == ["a reply", "psst"]
    assert [reply["text"] for reply in slack.replies("deploys", root, "alice")] == ["a reply"]


@pytest.mark.parametrize(
    ("user", "channel", "error"),
    [
        ("U99NOBODY00", "C01DEPLOYS", "user_not_in_channel"),
        ("U02BOB0000", "C02GENERAL", "not_in_channel"),
        ("U02BOB0000", "G04PAYMENTS", "channel_not_found"),
    ],
)
def test_an_ephemeral_needs_the_bot_and_the_person_in_the_channel(
    client: WebClient, user: str, channel: str, error: str
) -> None:
    assert api_error_of(lambda: client.chat_postEphemeral(channel=channel, user=user, text="psst")) == error


def test_text_and_sizes_are_checked(client: WebClient) -> None:
    empty = api_error_of(lambda: client.api_call("chat.postMessage", params={"channel": "C01DEPLOYS"}))
    assert empty == "no_text"
    assert api_error_of(lambda: client.chat_postMessage(channel="", text="x")) == "invalid_arguments"


def test_the_text_of_a_new_message_is_cut_after_forty_thousand_characters(
    slack: SlackSandbox, client: WebClient
) -> None:
    answer = client.chat_postMessage(channel="C01DEPLOYS", text="漢" * 40_001)

    assert visible_message(slack, answer["ts"])["text"] == "漢" * 40_000
    assert answer["warning"] == "message_truncated"
    assert answer["response_metadata"]["warnings"] == ["message_truncated"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x" * 4_000, None),
        ("x" * 4_001, "msg_too_long"),
        ("漢" * 1_333, None),
        ("漢" * 1_334, "msg_too_long"),
        ("&amp;" * 800, None),
        ("&amp;" * 801, "msg_too_long"),
    ],
)
def test_the_text_of_an_edit_is_counted_in_bytes(client: WebClient, text: str, error: str | None) -> None:
    ts = post(client)

    def edit() -> Any:
        return client.chat_update(channel="C01DEPLOYS", ts=ts, text=text)

    assert (api_error_of(edit) if error else edit()["text"]) == (error or text)


def sections(texts: Sequence[str]) -> list[dict[str, Any]]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in texts]


@pytest.mark.parametrize(
    ("blocks", "accepted"),
    [
        (sections(["漢" * 2_835] * 4), True),
        (sections(["x" * 2_836] * 4), False),
        (sections(["x" * 164] * 50), True),
        (sections(["x" * 165] * 50), False),
    ],
    ids=["most text", "one more in each", "most blocks", "one more in each of many"],
)
def test_blocks_have_a_limit_together(
    client: WebClient, blocks: list[dict[str, Any]], accepted: bool
) -> None:
    ts = post(client)
    calls: list[Callable[[], Any]] = [
        lambda: client.chat_postMessage(channel="C01DEPLOYS", text="x", blocks=blocks),
        lambda: client.chat_update(channel="C01DEPLOYS", ts=ts, text="x", blocks=blocks),
        lambda: client.chat_postEphemeral(channel="C01DEPLOYS", user="U02BOB0000", text="x", blocks=blocks),
    ]

    for call in calls:
        assert (call()["ok"] if accepted else api_error_of(call)) == (
            True if accepted else "msg_blocks_too_long"
        )
