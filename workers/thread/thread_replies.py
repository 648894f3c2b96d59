"""Thread messages as replies."""

from __future__ import annotations

from dataclasses import dataclass

from deploys.mrkdwn import code, mention
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from deploys.text_limits import TEXT, clip

URGENT_KINDS = frozenset({ThreadMessageKind.QUESTION, ThreadMessageKind.PROBLEM, ThreadMessageKind.END})


@dataclass(frozen=True)
class ThreadReply:
    """A reply for Slack. It has no blocks, since it has no buttons."""

    text: str
    broadcast: bool
    """Also shown in the channel."""


def deploy_reply(message: ThreadMessage, deploy: Deploy) -> ThreadReply:
    """The reply for a thread message. An end mentions the requester; a question mentions the approvers."""
    text = message.text
    who = mention(deploy.request.requester)
    if message.kind is ThreadMessageKind.END and who not in text:
        text = f"{who} {text}"
    return ThreadReply(clip(text, TEXT), message.broadcast)


def batch_reply(message: ThreadMessage, deploy: Deploy, *, mentioned: bool) -> ThreadReply:
    """The same in a batch's thread: it names the service, and an end mentions nobody unless `mentioned`."""
    text = message.text
    if code(deploy.service.name) not in text.partition("\n")[0]:
        text = f"{code(deploy.service.name)}: {text}"
    who = mention(deploy.request.requester)
    if mentioned and who not in text:
        text = f"{who} {text}"
    return ThreadReply(clip(text, TEXT), message.broadcast)


def is_urgent(messages: tuple[ThreadMessage, ...]) -> bool:
    """Whether one of these needs somebody, or is an outcome that somebody waits for."""
    return any(message.kind in URGENT_KINDS or message.broadcast for message in messages)
