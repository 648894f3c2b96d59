"""The bot posts, edits and deletes messages, and who sees them."""

from __future__ import annotations

import re
from typing import Any

import httpx
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


def visible_message(slack: SlackSandbox, ts: str, user: str = "alice") -> Any:
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
    timestamps = [post(client) for _ in range(20)]

    assert timestamps == sorted(set(timestamps))


def test_a_message_can_be_sent_as_json(slack: SlackSandbox) -> None:
    answer = httpx.post(
        slack.api_url + "chat.postMessage",
        json={"channel": "C01DEPLOYS", "text": "from JSON", "reply_broadcast": False},
        headers={"Authorization": f"Bearer {slack.bot_token}"},
    ).json()

    assert answer["ok"]
    assert visible_message(slack, answer["ts"])["text"] == "from JSON"


def test_replies_stay_in_their_thread_and_a_broadcast_is_also_in_the_channel(
    slack: SlackSandbox, client: WebClient
) -> None:
    root = post(client, "root")
    reply = post(client, "quiet", thread_ts=root)
    broadcast = post(client, "loud", thread_ts=root, reply_broadcast=True)

    assert [message["text"] for message in slack.thread("deploys", root)] == ["root", "quiet", "loud"]
    assert visible_message(slack, reply) is None
    assert visible_message(slack, broadcast)["subtype"] == "thread_broadcast"
    assert visible_message(slack, root)["reply_count"] == 2
    assert visible_message(slack, root)["latest_reply"] == broadcast


def test_a_reply_to_a_reply_lands_in_the_thread_of_the_root(slack: SlackSandbox, client: WebClient) -> None:
    root = post(client)
    first = post(client, "first", thread_ts=root)
    post(client, "second", thread_ts=first)

    assert [message["text"] for message in slack.replies("deploys", root)] == ["first", "second"]


def test_a_reply_to_no_message_is_accepted_and_seen_by_nobody(slack: SlackSandbox, client: WebClient) -> None:
    orphan = post(client, "anybody?", thread_ts="1234567890.000100")

    assert visible_message(slack, orphan) is None
    assert slack.thread("deploys", "1234567890.000100") == []


def test_updated_text_is_marked_as_edited_and_takes_the_blocks_away(
    slack: SlackSandbox, client: WebClient
) -> None:
    ts = post(client, "before", blocks=BUTTONS)

    answer = client.chat_update(channel="C01DEPLOYS", ts=ts, text="after")

    assert answer["text"] == "after"
    assert "blocks" not in answer["message"]
    assert "blocks" not in visible_message(slack, ts)
    assert visible_message(slack, ts)["edited"]


def test_updated_blocks_replace_blocks_without_a_mark(slack: SlackSandbox, client: WebClient) -> None:
    ts = post(client, "before", blocks=BUTTONS)

    client.chat_update(channel="C01DEPLOYS", ts=ts, text="after", blocks=[{"type": "divider"}])

    assert [block["type"] for block in visible_message(slack, ts)["blocks"]] == ["divider"]
    assert "edited" not in visible_message(slack, ts)


def test_an_empty_list_of_blocks_removes_them(slack: SlackSandbox, client: WebClient) -> None:
    ts = post(client, "text stays", blocks=BUTTONS)

    client.chat_update(channel="C01DEPLOYS", ts=ts, text="text stays", blocks=[])

    assert "blocks" not in visible_message(slack, ts)


def test_only_the_bots_own_messages_can_be_updated_or_deleted(slack: SlackSandbox, client: WebClient) -> None:
    ts = slack.say("alice", "deploys", "mine")["ts"]

    assert (
        api_error_of(lambda: client.chat_update(channel="C01DEPLOYS", ts=ts, text="x"))
        == "cant_update_message"
    )
    assert api_error_of(lambda: client.chat_delete(channel="C01DEPLOYS", ts=ts)) == "cant_delete_message"


def test_a_message_that_is_not_there_is_not_found(client: WebClient) -> None:
    missing: Any = {"channel": "C01DEPLOYS", "ts": "1234567890.000100"}

    assert api_error_of(lambda: client.chat_update(**missing, text="x")) == "message_not_found"
    assert api_error_of(lambda: client.chat_delete(**missing)) == "message_not_found"
    link: Any = {"channel": "C01DEPLOYS", "message_ts": missing["ts"]}
    assert api_error_of(lambda: client.chat_getPermalink(**link)) == "message_not_found"


def test_a_deleted_message_is_gone_and_one_with_replies_leaves_a_tombstone(
    slack: SlackSandbox, client: WebClient
) -> None:
    alone, root = post(client), post(client)
    post(client, "reply", thread_ts=root)

    client.chat_delete(channel="C01DEPLOYS", ts=alone)
    client.chat_delete(channel="C01DEPLOYS", ts=root)

    assert visible_message(slack, alone) is None
    assert visible_message(slack, root)["subtype"] == "tombstone"
    assert (
        api_error_of(lambda: client.chat_update(channel="C01DEPLOYS", ts=root, text="x"))
        == "message_not_found"
    )
    assert [reply["text"] for reply in slack.replies("deploys", root)] == ["reply"]


def test_an_app_without_a_messages_tab_sends_no_direct_messages() -> None:
    content = build_manifest()
    content["features"]["app_home"]["messages_tab_enabled"] = False
    with SlackSandbox(content) as slack:
        client = WebClient(slack.bot_token, slack.api_url, retry_handlers=[])
        error = api_error_of(lambda: client.chat_postMessage(channel="U02BOB0000", text="x"))

    assert error == "messages_tab_disabled"


def test_posting_to_a_person_opens_their_direct_messages(slack: SlackSandbox, client: WebClient) -> None:
    answer = client.chat_postMessage(channel="U03CAROL00", text="Just you and me")

    assert answer["channel"].startswith("D")
    assert slack.messages(answer["channel"], "carol")[-1]["text"] == "Just you and me"
    assert (
        api_error_of(lambda: client.chat_postMessage(channel="U99NOBODY00", text="x")) == "channel_not_found"
    )


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
    redirect = httpx.get(link)

    assert f"/archives/C01DEPLOYS/p{reply.replace('.', '')}?thread_ts={root}" in link
    assert redirect.status_code == 307
    query = httpx.URL(redirect.headers["location"]).params
    assert dict(query) == {"channel": "C01DEPLOYS", "ts": reply, "thread_ts": root}
