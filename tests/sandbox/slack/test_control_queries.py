"""What a person sees of the workspace, which changes they get, and what they cannot do."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sandbox.slack import SlackClient, SlackSandbox
from tests.sandbox.slack.expected_errors import control_error_of


def test_the_workspace_as_one_person_sees_it(slack: SlackSandbox) -> None:
    bobs, carols = slack.workspace("bob"), slack.workspace("carol")

    assert bobs["team"] == {"id": "T01SLIPWAY", "name": "Slipway Demo", "domain": "slipway-demo"}
    assert bobs["me"]["name"] == "bob"
    channels = {channel["name"]: channel for channel in bobs["channels"]}
    assert channels["deploys"]["bot_is_member"] is True
    assert channels["payments"]["is_private"] is True
    assert channels["payments"]["bot_is_member"] is False
    assert "payments" not in [channel["name"] for channel in carols["channels"]]
    assert bobs["commands"][0] == {
        "command": "/deploy",
        "description": "Deploys a service",
        "usage_hint": "SERVICE TAG",
    }
    assert bobs["app"] == {"name": "Slipway", "bot_user_id": "U0SLIPWAYB", "home_tab": True}
    assert {user["name"] for user in bobs["users"]} >= {"alice", "bob", "carol", "dave", "slipway"}
    assert {group["handle"] for group in bobs["usergroups"]} == {"deployers", "approvers"}


def test_a_message_as_a_person_sees_it(slack: SlackSandbox) -> None:
    ts = slack.say("alice", "#deploys", "  Good morning, @bob  ")["ts"]

    message = slack.messages("C01DEPLOYS", "U02BOB0000")[-1]
    link = f"{slack.url}archives/C01DEPLOYS/p{ts.replace('.', '')}"
    assert message == {
        "channel": "C01DEPLOYS",
        "ts": ts,
        "user": "U01ALICE00",
        "username": "alice",
        "text": "Good morning, <@U02BOB0000>",
        "ephemeral": False,
        "reply_count": 0,
        "reply_users": [],
        "latest_reply": None,
        "permalink": link,
    }


def test_a_person_replies_in_a_thread_and_may_tell_the_channel(slack: SlackSandbox) -> None:
    root = slack.say("alice", "deploys", "root")["ts"]
    slack.say("bob", "deploys", "quietly", thread_ts=root)
    slack.say("bob", "deploys", "loudly", thread_ts=root, broadcast=True)

    assert [reply["text"] for reply in slack.replies("deploys", root)] == ["quietly", "loudly"]
    assert [message["text"] for message in slack.messages("deploys")[-2:]] == ["root", "loudly"]


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda slack: slack.say("mallory", "deploys", "x"), "user_not_found"),
        (lambda slack: slack.say("slipway", "deploys", "x"), "user_not_found"),
        (lambda slack: slack.say("carol", "payments", "x"), "channel_not_found"),
        (lambda slack: slack.say("carol", "nowhere", "x"), "channel_not_found"),
        (lambda slack: slack.say("carol", "deploys", "x", thread_ts="1.2"), "thread_not_found"),
        (lambda slack: slack.say("carol", "deploys", "  "), "no_text"),
        (lambda slack: slack.say("carol", "deploys", ""), "missing"),
        (lambda slack: slack.messages("payments", "carol"), "channel_not_found"),
        (lambda slack: slack.add_member("mallory", "deploys"), "user_not_found"),
        (lambda slack: slack.add_member("bob", "nowhere"), "channel_not_found"),
        (lambda slack: slack.views("mallory"), "user_not_found"),
    ],
)
def test_what_a_person_cannot_do_is_refused_with_a_sentence(
    slack: SlackSandbox, act: Any, error: str
) -> None:
    assert control_error_of(lambda: act(slack)) == error


def test_somebody_who_left_a_channel_cannot_write_there(slack: SlackSandbox) -> None:
    slack.remove_member("dave", "random")
    try:
        assert control_error_of(lambda: slack.say("dave", "random", "x")) == "not_in_channel"
        assert control_error_of(lambda: slack.say("dave", "random", "/deploy x")) == "not_in_channel"
    finally:
        assert slack.add_member("dave", "random") is True
    assert slack.add_member("dave", "random") is False


def test_waiting_ends_with_the_change_that_was_awaited(slack: SlackSandbox) -> None:
    before = slack.wait(seconds=0, user="bob")
    waiting = threading.Timer(0.1, lambda: slack.say("alice", "deploys", "news"))
    waiting.start()
    news = slack.wait(before["seq"], 10, user="bob")
    waiting.join()

    [change] = news["changes"]
    assert before["changes"] == []
    assert (change["what"], change["channel"]) == ("message", "C01DEPLOYS")
    assert news["seq"] == change["seq"] > before["seq"]
    assert slack.wait(news["seq"], 0, user="bob") == {"seq": news["seq"], "changes": []}


def test_nobody_gets_changes_that_they_cannot_see(slack: SlackSandbox, client: WebClient) -> None:
    start = slack.wait(seconds=0)["seq"]
    slack.say("alice", "payments", "secret")
    client.chat_postEphemeral(channel="C01DEPLOYS", user="U02BOB0000", text="psst")
    client.views_publish(user_id="U04DAVE000", view={"type": "home", "blocks": []})

    heard = {
        user: [change["what"] for change in slack.wait(start, 0, user=user)["changes"]]
        for user in ("alice", "bob", "carol", "dave")
    }
    assert heard == {"alice": ["message"], "bob": ["message", "ephemeral"], "carol": [], "dave": ["home"]}
    assert len(slack.wait(start, 0)["changes"]) == 3


def test_until_gives_up_in_time_and_names_the_last_answer(slack: SlackSandbox) -> None:
    with pytest.raises(TimeoutError, match=r"0\.3 s; the last answer was \[\]"):
        slack.wait_until(list, 0.3)


def test_changes_are_sent_live(slack: SlackSandbox, client: WebClient) -> None:
    address = slack.url.replace("http", "ws") + "sandbox/live?as=bob"
    with connect(address, proxy=None) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "hello"
        root = slack.say("alice", "deploys", "root")["ts"]
        client.chat_postMessage(channel="C01DEPLOYS", text="reply", thread_ts=root)
        slack.remove_member("slipway", "deploys")
        slack.add_member("slipway", "deploys")
        changes = [json.loads(socket.recv(timeout=10)) for _ in range(4)]

    assert changes[0] == {
        "type": "changed",
        "seq": changes[0]["seq"],
        "what": "message",
        "channel": "C01DEPLOYS",
        "ts": root,
    }
    assert changes[1]["thread_ts"] == root
    assert [change["what"] for change in changes[2:]] == ["members", "message"]


def test_nobody_gets_live_changes_as_a_stranger(slack: SlackSandbox) -> None:
    with pytest.raises(InvalidStatus):
        connect(slack.url.replace("http", "ws") + "sandbox/live?as=mallory", proxy=None)


def test_a_client_elsewhere_sees_the_same(slack: SlackSandbox) -> None:
    elsewhere = SlackClient(slack.url)
    ts = elsewhere.say("alice", "deploys", "from elsewhere")["ts"]

    assert slack.wait_until(lambda: slack.thread("deploys", ts))[0]["text"] == "from elsewhere"
    elsewhere.close()


def test_only_this_machine_is_answered(slack: SlackSandbox) -> None:
    assert httpx.get(slack.url + "sandbox/health", headers={"Host": "evil.example"}).status_code == 400


def test_the_root_redirects_to_the_page(slack: SlackSandbox) -> None:
    answer = httpx.get(slack.url)

    assert (answer.status_code, answer.headers["location"]) == (307, "/sandbox/")


@pytest.mark.parametrize("body", ["no json", "[]"])
def test_a_body_that_is_no_object_is_refused(slack: SlackSandbox, body: str) -> None:
    answer = httpx.post(slack.url + "sandbox/type", content=body)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
