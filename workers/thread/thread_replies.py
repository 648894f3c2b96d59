"""Thread messages as replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploys.mrkdwn import code, mention
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from deploys.records.thread_state import FailureMessage, QuestionReply, ThreadState
from deploys.text_limits import TEXT, clip
from deploys.where_told import is_loud_success, mentioned_at_end
from workers.messages.message_copies import QUESTION_MAYBE_TWICE
from workers.messages.question_end import question_end

URGENT_KINDS = frozenset({ThreadMessageKind.QUESTION, ThreadMessageKind.PROBLEM, ThreadMessageKind.END})
FAILURE_KINDS = frozenset({ThreadMessageKind.PROBLEM, ThreadMessageKind.END})
"""What calls people to a failure if the channel sees it, where it stands until somebody has seen to it."""


@dataclass(frozen=True)
class ThreadReply:
    """A reply for Slack. It has no blocks, since it has no buttons."""

    text: str
    broadcast: bool
    """Also shown in the channel."""
    question: QuestionReply | None = None
    """If it calls people to a question: which one, without its ts, and how that ended."""
    failure: FailureMessage | None = None
    """If it calls people to a failure: which one, without its channel and ts."""


@dataclass(frozen=True)
class QuestionEdit:
    """An edit of a reply that called people to a question."""

    posted: QuestionReply
    edited: QuestionReply
    text: str


def deploy_reply(message: ThreadMessage, deploy: Deploy) -> ThreadReply:
    """The reply for a thread message. An end mentions those whom services.yml names for it."""
    text = _end_of_question(message, deploy) or message.text
    if message.kind is ThreadMessageKind.END:
        text = _with_mentions(mentioned_at_end(deploy), text)
    return _reply(text, message, deploy)


def batch_reply(message: ThreadMessage, deploy: Deploy, *, mentioned: bool) -> ThreadReply:
    """The same in a batch's thread: it names the service, and an end mentions nobody unless `mentioned`."""
    text = _end_of_question(message, deploy) or message.text
    if code(deploy.service.name) not in text.partition("\n")[0]:
        text = f"{code(deploy.service.name)}: {text}"
    if mentioned:
        text = _with_mentions(mentioned_at_end(deploy), text)
    return _reply(text, message, deploy)


def _with_mentions(people: Sequence[str], text: str) -> str:
    """The text, with those mentioned at its beginning whom it does not mention."""
    missing = [mention(each) for each in people if mention(each) not in text]
    return f"{', '.join(missing)} {text}" if missing else text


def question_edits(
    thread: ThreadState, deploys: Sequence[Deploy], reply_for: Callable[[ThreadMessage, Deploy], ThreadReply]
) -> list[QuestionEdit]:
    """The replies whose question has ended since they were posted or edited, or is open again because an
    answer did not count. Nothing else changes them."""
    by_id = {each.id: each for each in deploys}
    found = []
    for posted in thread.question_replies:
        deploy = by_id.get(posted.deploy_id)
        messages = deploy.thread_messages if deploy else ()
        message = next((each for each in messages if _is_reply_to(posted, each)), None)
        if deploy is None or message is None:
            continue
        if (end := _end_of_question(message, deploy)) != posted.shown_end:
            edited = posted.evolve(shown_end=end)
            text = reply_for(message, deploy).text
            found.append(QuestionEdit(posted, edited, maybe_twice(text) if posted.maybe_twice else text))
    return found


def _is_reply_to(posted: QuestionReply, message: ThreadMessage) -> bool:
    return message.question == posted.question and posted.asked_at in (0.0, message.at)


def maybe_twice(text: str) -> str:
    """A question's text if it may be in the channel a second time."""
    return clip(f"{text}\n{QUESTION_MAYBE_TWICE}", TEXT)


def _reply(text: str, message: ThreadMessage, deploy: Deploy) -> ThreadReply:
    """A question that ended before Slack could show it calls nobody any more."""
    end = _end_of_question(message, deploy)
    number = next((n for n, each in enumerate(deploy.thread_messages) if each is message), None)
    question = (
        QuestionReply(
            ts="", deploy_id=deploy.id, question=message.question, asked_at=message.at, shown_end=end
        )
        if message.question
        else None
    )
    failure = None
    if message.broadcast and message.kind in FAILURE_KINDS and number is not None:
        failure = FailureMessage(channel="", ts="", deploy_id=deploy.id, message=number)
    loud = message.broadcast or (message.kind is ThreadMessageKind.END and is_loud_success(deploy))
    return ThreadReply(clip(text, TEXT), loud and not end, question, failure)


def _end_of_question(message: ThreadMessage, deploy: Deploy) -> str:
    return question_end(deploy, message.question) if message.question else ""


def is_urgent(messages: tuple[ThreadMessage, ...]) -> bool:
    """Whether one of these needs somebody, or is an outcome that somebody waits for."""
    return any(message.kind in URGENT_KINDS or message.broadcast for message in messages)
