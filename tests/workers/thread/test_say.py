"""Answers that one person sees."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.workers.thread.press import Press
from workers.thread.say import say

ALICE = "U01ALICE00"


def seen(press: Press, user: str, ts: str) -> list[str]:
    return [m["text"] for m in press.slack.replies("C01DEPLOYS", ts, user)]


@pytest.fixture
def root(press: Press) -> str:
    return str(press.client.chat_postMessage(channel="C01DEPLOYS", text="@slipway help")["ts"])


def test_an_answer_is_seen_by_one_person_in_the_thread(press: Press, root: str) -> None:
    assert say(press.client, "C01DEPLOYS", root, ALICE, "Deploys: none.")

    assert seen(press, "alice", root) == ["Deploys: none."]
    assert seen(press, "bob", root) == []


def test_an_answer_outside_a_thread(press: Press) -> None:
    assert say(press.client, "C01DEPLOYS", None, ALICE, "Hello.")

    assert [m["text"] for m in press.slack.messages("C01DEPLOYS") if m["ephemeral"]] == ["Hello."]


@pytest.mark.parametrize("kind", ["http-500", "http-429"])
def test_an_answer_that_slack_did_not_take_is_sent_again(press: Press, root: str, kind: str) -> None:
    press.slack.faults(kind, method="chat.postEphemeral")

    assert say(press.client, "C01DEPLOYS", root, ALICE, "Hello.")

    assert seen(press, "alice", root) == ["Hello."]


def test_a_worker_is_not_held_by_a_long_retry_after(press: Press, root: str) -> None:
    press.slack.faults("http-429", method="chat.postEphemeral", retry_after=30)

    with capture_logs() as logs:
        assert not say(press.client, "C01DEPLOYS", root, ALICE, "Hello.")

    assert [log["event"] for log in logs] == ["an answer did not reach its user"]
    assert press.made("chat.postEphemeral") == 1


def test_somebody_who_is_not_in_the_channel_cannot_be_answered_there(press: Press) -> None:
    press.slack.kick("carol", "deploys")

    with capture_logs() as logs:
        assert not say(press.client, "C01DEPLOYS", None, "U03CAROL00", "Hello.")

    assert [log["error"] for log in logs] == ["user_not_in_channel"]


def test_a_very_long_answer_is_cut_rather_than_refused(press: Press) -> None:
    assert say(press.client, "C01DEPLOYS", None, ALICE, "a" * 10_000)

    [message] = [m for m in press.slack.messages("C01DEPLOYS") if m["ephemeral"]]
    assert message["text"].endswith("…")


def test_an_answer_that_slack_finds_too_long_is_sent_shorter(press: Press) -> None:
    press.slack.faults("error", method="chat.postEphemeral", error="msg_too_long", times=2)

    assert say(press.client, "C01DEPLOYS", None, ALICE, "漢" * 2000)

    [message] = [m for m in press.slack.messages("C01DEPLOYS") if m["ephemeral"]]
    assert message["text"] == "漢" * 398 + "…"
