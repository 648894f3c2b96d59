"""Where the answer to a question is read."""

from __future__ import annotations

from dataclasses import replace

from sandbox.slack import SlackSandbox
from tests.workers.queries.conftest import ASKED, DEPLOYS, Tell
from workers.queries.desk import QuestionDesk


def test_in_the_thread_it_was_asked_in(slack: SlackSandbox, desk: QuestionDesk, told: Tell) -> None:
    root = str(desk.client.chat_postMessage(channel=DEPLOYS, text="Which one?")["ts"])
    slack.say("bob", "deploys", "The newest.", thread_ts=root)

    desk.tags(replace(ASKED, thread_ts=root), "web")

    assert [m["text"][:13] for m in slack.replies(DEPLOYS, root, "alice")] == [
        "The newest.",
        "*Newest tags*",
    ]
    assert [m["text"] for m in slack.replies(DEPLOYS, root, "bob")] == ["The newest."]
    assert told() == []


def test_by_response_url_where_the_bot_cannot_post(
    slack: SlackSandbox, desk: QuestionDesk, response_url: str
) -> None:
    desk.threads.answer_at(ASKED.question, response_url)

    desk.plan(replace(ASKED, channel="C0NOWHERE0"), "web", "9.9.9")

    [answer] = [m["text"] for m in slack.messages("general", "alice") if m["ephemeral"]]
    assert answer.startswith(":no_entry_sign: `web` `9.9.9` would be refused: There is no image")
