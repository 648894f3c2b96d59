"""A milestone as a reply in the thread."""

from __future__ import annotations

from dataclasses import dataclass

from deploys.mrkdwn import code, mention
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from deploys.text_limits import TEXT, clip

URGENT_KINDS = frozenset({ThreadMessageKind.QUESTION, ThreadMessageKind.PROBLEM, ThreadMessageKind.END})


@dataclass(frozen=True)
class ThreadReply:
    """A message for Slack. It needs no blocks: its text is all of it, and nothing in it is pressed."""

    text: str
    broadcast: bool
    """Also shown in the channel."""


def deploy_reply(message: ThreadMessage, deploy: Deploy) -> ThreadReply:
    """The reply for a milestone. The end mentions who asked; the text of a question names its approvers."""
    text = message.text
    who = mention(deploy.request.requester)
    if message.kind is ThreadMessageKind.END and who not in text:
        text = f"{who} {text}"
    return ThreadReply(clip(text, TEXT), message.broadcast)


def batch_reply(message: ThreadMessage, deploy: Deploy, *, mentioned: bool) -> ThreadReply:
    """The same in the thread of a batch: it says whose it is, and an end mentions nobody unless told to."""
    text = message.text
    if code(deploy.service.name) not in text.partition("\n")[0]:
        text = f"{code(deploy.service.name)}: {text}"
    who = mention(deploy.request.requester)
    if mentioned and who not in text:
        text = f"{who} {text}"
    return ThreadReply(clip(text, TEXT), message.broadcast)


def is_urgent(messages: tuple[ThreadMessage, ...]) -> bool:
    """Whether somebody is needed, or waits for the outcome, among these."""
    return any(milestone.kind in URGENT_KINDS or milestone.broadcast for milestone in messages)
