"""Where the answer to a question is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from redis import Redis

from deploys.quoting import are_quotes_hidden
from deploys.stores.terminal_answers import TerminalAnswers
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


def test_at_the_terminal_it_was_typed_at(
    slack: SlackSandbox, handler: QueryHandler, redis: Redis, answers: ReadAnswers
) -> None:
    handler.answer_tags(replace(TARGET, command_line="user/alice"), "web")
    handler.answer_plan(replace(TARGET, query_id="another1", command_line="user/alice"), "web", "9.9.9")

    tags, refusal = (TerminalAnswers(redis).wait(each, 0) for each in (TARGET.query_id, "another1"))
    assert tags is not None
    assert refusal is not None
    assert (tags.text[:13], tags.is_refusal) == ("*Newest tags*", False)
    assert [each["type"] for each in tags.blocks] == ["section", "data_table"]
    assert "would be refused: There is no image" in refusal.text
    assert refusal.is_refusal
    assert answers() == []


@pytest.mark.parametrize(("command_line", "hidden"), [("", True), ("user/alice", False)])
def test_what_only_a_terminal_shows_hides_nothing_from_other_organisations(
    handler: QueryHandler, command_line: str, hidden: bool
) -> None:
    class Shared:
        def is_shared(self, channel: str) -> bool | None:
            return True

        def look_up(self, channels: Iterable[str]) -> None:
            pass

    seen: list[bool] = []

    def note(*_: object) -> None:
        seen.append(are_quotes_hidden())
        raise RuntimeError

    in_shared_channel = replace(handler, shared_channels=Shared())
    object.__setattr__(in_shared_channel, "_describe_tags", note)
    in_shared_channel.answer_tags(replace(TARGET, command_line=command_line), "web")

    assert seen == [hidden]
