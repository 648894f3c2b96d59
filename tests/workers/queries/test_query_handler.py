"""Where the answer to a question is read."""

from __future__ import annotations

from dataclasses import replace

from sandbox.slack import SlackSandbox
from tests.workers.queries.conftest import DEPLOYS, TARGET, ReadAnswers
from workers.queries.query_handler import QueryHandler


def test_in_the_thread_it_was_asked_in(
    slack: SlackSandbox, handler: QueryHandler, answers: ReadAnswers
) -> None:
    root = str(handler.slack.chat_postMessage(channel=DEPLOYS, text="Which one?")["ts"])
    slack.say("bob", "deploys", "The newest.", thread_ts=root)

    handler.answer_tags(replace(TARGET, thread_ts=root), "web")

    assert [m["text"][:13] for m in slack.replies(DEPLOYS, root, "alice")] == [
        "The newest.",
        "*Newest tags*",
    ]
    assert [m["text"] for m in slack.replies(DEPLOYS, root, "bob")] == ["The newest."]
    assert answers() == []


def test_by_response_url_where_the_bot_cannot_post(
    slack: SlackSandbox, handler: QueryHandler, response_url: str
) -> None:
    handler.threads.save_response_url(TARGET.query_id, response_url)

    handler.answer_plan(replace(TARGET, channel="C0NOWHERE0"), "web", "9.9.9")

    [answer] = [m["text"] for m in slack.messages("general", "alice") if m["ephemeral"]]
    assert answer.startswith(":no_entry_sign: `web` `9.9.9` would be refused: There is no image")
