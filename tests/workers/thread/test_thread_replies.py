"""Thread messages as replies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from tests.builders import NOW, a_deploy
from workers.thread.thread_replies import ThreadReply, deploy_reply, is_urgent


def milestone(
    kind: ThreadMessageKind, text: str = "Something happened.", *, broadcast: bool = False
) -> ThreadMessage:
    return ThreadMessage(at=NOW, kind=kind, text=text, broadcast=broadcast)


def test_the_end_mentions_the_requester() -> None:
    said = deploy_reply(milestone(ThreadMessageKind.END, "*Succeeded.*"), a_deploy())

    assert said == ThreadReply("<@U01ALICE00> *Succeeded.*", broadcast=False)


def test_nobody_is_mentioned_twice_at_the_end() -> None:
    text = "Cancelled by <@U01ALICE00> before anything was changed."

    assert deploy_reply(milestone(ThreadMessageKind.END, text), a_deploy()).text == text


def test_a_failure_is_shown_in_the_channel_too() -> None:
    assert deploy_reply(milestone(ThreadMessageKind.END, broadcast=True), a_deploy()).broadcast


URGENT = {
    ThreadMessageKind.PLAN: False,
    ThreadMessageKind.QUESTION: True,
    ThreadMessageKind.PROGRESS: False,
    ThreadMessageKind.PROBLEM: True,
    ThreadMessageKind.END: True,
}


@pytest.mark.parametrize("kind", list(ThreadMessageKind))
def test_what_needs_somebody_goes_before_what_does_not(kind: ThreadMessageKind) -> None:
    assert is_urgent((milestone(ThreadMessageKind.PROGRESS), milestone(kind))) is URGENT[kind]
    assert kind is ThreadMessageKind.END or deploy_reply(milestone(kind, "x"), a_deploy()).text == "x"


def test_no_text_mentions_a_whole_channel() -> None:
    """Approvers and requesters are mentioned by id; what people and AWS wrote is escaped."""
    rooms = [Path(__file__).parents[3] / room for room in ("bot", "deploys", "workers")]
    written = {file.name: file.read_text() for room in rooms for file in room.rglob("*.py")}

    assert len(written) > 100
    assert [
        name for name, text in written.items() if re.search(r"<!(here|channel|everyone)|@here", text)
    ] == []
