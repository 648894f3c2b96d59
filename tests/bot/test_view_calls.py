"""The bot opens modals itself: no listener waits for it, and whatever fails is said in words."""

from __future__ import annotations

import threading
from http.client import IncompleteRead
from typing import Any, cast

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackRequestError

from bot.view_calls import ViewCalls


class Slack:
    """Answers once it may, with the error if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.may_answer, self.answered = threading.Event(), threading.Event()
        self.calls: list[dict[str, Any]] = []

    def views_open(self, **call: Any) -> None:
        assert self.may_answer.wait(10)
        if self.error:
            raise self.error
        self.calls.append(call)
        self.answered.set()


def open_view(slack: Slack) -> threading.Event:
    """Opens a modal; what is set once the words are said instead."""
    said = threading.Event()
    ViewCalls(cast("WebClient", slack)).open("1.2.3", {"type": "modal"}, said.set)
    return said


def test_nobody_waits_for_slack() -> None:
    slack = Slack()

    said = open_view(slack)  # returns although Slack has not answered

    assert slack.calls == []
    slack.may_answer.set()
    assert slack.answered.wait(10)
    assert not said.is_set()
    assert slack.calls == [{"trigger_id": "1.2.3", "view": {"type": "modal"}}]


@pytest.mark.parametrize(
    "error",
    [TimeoutError("slow"), ConnectionResetError("gone"), IncompleteRead(b""), SlackRequestError("odd")],
)
def test_a_call_that_fails_in_any_way_is_said_in_words(error: Exception) -> None:
    slack = Slack(error)
    slack.may_answer.set()

    assert open_view(slack).wait(10)
