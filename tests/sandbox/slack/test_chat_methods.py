"""What the bot writes, changes and takes back, and who sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.expected_errors import api_error_of, control_error_of
from tests.sandbox.slack.manifests import build_manifest

BUTTONS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "elements": [{"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}],
    }
]


def post(client: WebClient, text: str = "Hello", **more: Any) -> str:
    return str(client.chat_postMessage(channel="C01DEPLOYS", text=text, **more)["ts"])


def seen(slack: SlackSandbox, ts: str, user: str = "alice") -> Any:
    return next((message for message in slack.messages("deploys", user) if message["ts"] == ts), None)


def test_a_posted_message_is_answered_as_slack_writes_it(client: WebClient) -> None:
    answer = client.chat_postMessage(channel="#deploys", text="Deploying web", blocks=BUTTONS)

    message = answer["message"]
    assert answer["channel"] == "C01DEPLOYS"
    assert re.fullmatch(r"\d{10}\.\d{6}", answer["ts"])
    assert message["ts"] == answer["ts"]
    assert message["user"] == "U0SLIPWAYB"
    assert message["bot_id"] == message["bot_profile"]["id"] == "B01SLIPWAY"
    assert message["app_id"] == "A01SLIPWAY"
    assert message["team"] == "T01SLIPWAY"
    assert message["blocks"][0]["block_id"]
    assert message["blocks"][0]["elements"][0]["text"]["emoji"] is True


def test_timestamps_rise_and_never_repeat(client: WebClient) -> None:
    stamps = [post(client) for _ in range(20)]

    assert stamps == sorted(set(stamps))


def test_a_message_sent_as_json_is_taken_like_a_form(slack: SlackSandbox) -> None:
    answer = httpx.post(
        slack.api_url + "chat.postMessage",
        json={"channel": "C01DEPLOYS", "text": "from JSON", "reply_broadcast": False},
        headers={"Authorization": f"Bearer {slack.bot_token}"},
    ).json()

    assert answer["ok"]
    assert seen(slack, answer["ts"])["text"] == "from JSON"


def test_replies_stay_in_their_thread_and_a_broadcast_is_also_in_the_channel(
    slack: SlackSandbox, client: WebClient
) -> None:
    root = post(client, "root")
    quiet = post(client, "quiet", thread_ts=root)
    loud = post(client, "loud", thread_ts=root, reply_broadcast=True)

    assert [message["text"] for message in slack.thread("deploys", root)] == ["root", "quiet", "loud"]
    assert seen(slack, quiet) is None
    assert seen(slack, loud)["subtype"] == "thread_broadcast"
    assert seen(slack, root)["reply_count"] == 2
    assert seen(slack, root)["latest_reply"] == loud


def test_a_reply_to_a_reply_lands_in_the_thread_of_the_root(slack: SlackSandbox, client: WebClient) -> None:
    root = post(client)
    first = post(client, "first", thread_ts=root)
    post(client, "second", thread_ts=first)

    assert [message["text"] for message in slack.replies("deploys", root)] == ["first", "second"]


def test_a_reply_to_no_message_at_all_is_taken_and_seen_by_nobody(
    slack: SlackSandbox, client: WebClient
) -> None:
    orphan = post(client, "anybody?", thread_ts="1234567890.000100")

    assert seen(slack, orphan) is None
    assert slack.thread("deploys", "1234567890.000100") == []


def test_updated_text_is_marked_as_edited_and_takes_the_blocks_away(
    slack: SlackSandbox, client: WebClient
) -> None:
    ts = post(client, "before", blocks=BUTTONS)

    answer = client.chat_update(channel="C01DEPLOYS", ts=ts, text="after")

    assert answer["text"] == "after"
    assert "blocks" not in answer["message"]
    assert "blocks" not in seen(slack, ts)
    assert seen(slack, ts)["edited"]


def test_updated_blocks_replace_blocks_without_a_mark(slack: SlackSandbox, client: WebClient) -> None:
    ts = post(client, "before", blocks=BUTTONS)

    client.chat_update(channel="C01DEPLOYS", ts=ts, text="after", blocks=[{"type": "divider"}])

    assert [block["type"] for block in seen(slack, ts)["blocks"]] == ["divider"]
    assert "edited" not in seen(slack, ts)


def test_an_empty_list_of_blocks_removes_them(slack: SlackSandbox, client: WebClient) -> None:
    ts = post(client, "text stays", blocks=BUTTONS)

    client.chat_update(channel="C01DEPLOYS", ts=ts, text="text stays", blocks=[])

    assert "blocks" not in seen(slack, ts)


def test_only_the_bots_own_messages_can_be_updated_or_deleted(slack: SlackSandbox, client: WebClient) -> None:
    ts = slack.say("alice", "deploys", "mine")["ts"]

    assert (
        api_error_of(lambda: client.chat_update(channel="C01DEPLOYS", ts=ts, text="x"))
        == "cant_update_message"
    )
    assert api_error_of(lambda: client.chat_delete(channel="C01DEPLOYS", ts=ts)) == "cant_delete_message"


def test_a_message_that_is_not_there_is_not_found(client: WebClient) -> None:
    gone: Any = {"channel": "C01DEPLOYS", "ts": "1234567890.000100"}

    assert api_error_of(lambda: client.chat_update(**gone, text="x")) == "message_not_found"
    assert api_error_of(lambda: client.chat_delete(**gone)) == "message_not_found"
    link: Any = {"channel": "C01DEPLOYS", "message_ts": gone["ts"]}
    assert api_error_of(lambda: client.chat_getPermalink(**link)) == "message_not_found"


def test_a_deleted_message_is_gone_and_one_with_replies_leaves_a_tombstone(
    slack: SlackSandbox, client: WebClient
) -> None:
    alone, root = post(client), post(client)
    post(client, "reply", thread_ts=root)

    client.chat_delete(channel="C01DEPLOYS", ts=alone)
    client.chat_delete(channel="C01DEPLOYS", ts=root)

    assert seen(slack, alone) is None
    assert seen(slack, root)["subtype"] == "tombstone"
    assert (
        api_error_of(lambda: client.chat_update(channel="C01DEPLOYS", ts=root, text="x"))
        == "message_not_found"
    )
    assert [reply["text"] for reply in slack.replies("deploys", root)] == ["reply"]


def test_an_ephemeral_is_seen_by_one_person_and_found_by_no_call(
    slack: SlackSandbox, client: WebClient
) -> None:
    answer = client.chat_postEphemeral(channel="C01DEPLOYS", user="U02BOB0000", text="psst")

    ts = answer["message_ts"]
    assert seen(slack, ts, "bob")["ephemeral"] is True
    assert seen(slack, ts, "alice") is None
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


def test_an_app_without_a_messages_tab_sends_no_direct_messages() -> None:
    content = build_manifest()
    content["features"]["app_home"]["messages_tab_enabled"] = False
    with SlackSandbox(content) as slack:
        client = WebClient(slack.bot_token, slack.api_url, retry_handlers=[])
        error = api_error_of(lambda: client.chat_postMessage(channel="U02BOB0000", text="x"))

    assert error == "messages_tab_disabled"


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


def test_posting_to_a_person_opens_their_direct_messages(slack: SlackSandbox, client: WebClient) -> None:
    answer = client.chat_postMessage(channel="U03CAROL00", text="Just you and me")

    assert answer["channel"].startswith("D")
    assert slack.messages(answer["channel"], "carol")[-1]["text"] == "Just you and me"
    assert (
        api_error_of(lambda: client.chat_postMessage(channel="U99NOBODY00", text="x")) == "channel_not_found"
    )


def test_text_and_sizes_are_checked(client: WebClient) -> None:
    empty = api_error_of(lambda: client.api_call("chat.postMessage", params={"channel": "C01DEPLOYS"}))
    assert empty == "no_text"
    assert api_error_of(lambda: client.chat_postMessage(channel="", text="x")) == "invalid_arguments"


def test_the_text_of_a_new_message_is_cut_after_forty_thousand_characters(
    slack: SlackSandbox, client: WebClient
) -> None:
    answer = client.chat_postMessage(channel="C01DEPLOYS", text="漢" * 40_001)

    assert seen(slack, answer["ts"])["text"] == "漢" * 40_000
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
    ("blocks", "taken"),
    [
        (sections(["漢" * 2_835] * 4), True),
        (sections(["x" * 2_836] * 4), False),
        (sections(["x" * 164] * 50), True),
        (sections(["x" * 165] * 50), False),
    ],
    ids=["most text", "one more in each", "most blocks", "one more in each of many"],
)
def test_blocks_have_a_limit_together(client: WebClient, blocks: list[dict[str, Any]], taken: bool) -> None:
    ts = post(client)
    calls: list[Callable[[], Any]] = [
        lambda: client.chat_postMessage(channel="C01DEPLOYS", text="x", blocks=blocks),
        lambda: client.chat_update(channel="C01DEPLOYS", ts=ts, text="x", blocks=blocks),
        lambda: client.chat_postEphemeral(channel="C01DEPLOYS", user="U02BOB0000", text="x", blocks=blocks),
    ]

    for call in calls:
        assert (call()["ok"] if taken else api_error_of(call)) == (True if taken else "msg_blocks_too_long")


def test_nobody_writes_in_an_archived_channel(slack: SlackSandbox, client: WebClient) -> None:
    slack.set_archived("random")
    try:
        where: Any = {"channel": "C03RANDOM0"}
        assert api_error_of(lambda: client.chat_postMessage(**where, text="x")) == "is_archived"
        assert control_error_of(lambda: slack.say("alice", "random", "x")) == "is_archived"
    finally:
        slack.set_archived("random", archived=False)
    assert client.chat_postMessage(**where, text="x")["ok"]


def test_a_permalink_leads_to_the_page(slack: SlackSandbox, client: WebClient) -> None:
    root = post(client)
    reply = post(client, "reply", thread_ts=root)

    link = client.chat_getPermalink(channel="C01DEPLOYS", message_ts=reply)["permalink"]
    led = httpx.get(link)

    assert f"/archives/C01DEPLOYS/p{reply.replace('.', '')}?thread_ts={root}" in link
    assert led.status_code == 307
    query = httpx.URL(led.headers["location"]).params
    assert dict(query) == {"channel": "C01DEPLOYS", "ts": reply, "thread_ts": root}
