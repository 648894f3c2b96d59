"""Slack's mrkdwn: escaping and mentions, and messages whose words Slack shows as they are."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from deploys.redaction import redact
from deploys.safe_text import one_safe_line, remove_unsafe

VERBATIM_ARGUMENTS: Mapping[str, Any] = {"parse": "none", "link_names": False}
"""Arguments with which Slack makes no link or mention of bare words in a message's text; `<...>` still works
(docs.slack.dev, "Formatting message text")."""


def escape(text: str) -> str:
    """Text from people or AWS, so that Slack shows it as it is, without invisible characters.

    Slack asks for exactly these three (docs.slack.dev, "Formatting message text").
    """
    return remove_unsafe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_line(text: str) -> str:
    """The same on one line, since a second one could look like ours, and without the marks of a code block,
    which could reach over our words."""
    return escape(one_safe_line(text).replace("```", chr(0x2019) * 3))


def code(text: str) -> str:
    """Text in a code span; a backtick or line break inside would end it early."""
    return f"`{escape(text).replace('`', chr(0x2019)).replace(chr(10), ' ')}`"


_MARKUP = re.compile(r"<(?:[@#!]|(?=https?:))(?:subteam\^)?(?P<body>[^<>|]+)(?:\|(?P<label>[^<>]*))?>")


def plain_text(mrkdwn: str) -> str:
    """Mrkdwn on one line without markup: mentions become ids, dates and links what they show."""
    shown = _MARKUP.sub(lambda found: found["label"] or found["body"], mrkdwn)
    return html.unescape(" ".join(shown.split()))


def verbatim(part: Any) -> Any:
    """The text or blocks of a message right before they are sent: no unsafe character, no secret, and
    `verbatim` mrkdwn, in which Slack makes no link or mention of bare words (docs.slack.dev, "Text object").
    """
    if isinstance(part, str):
        return redact(remove_unsafe(part))
    if isinstance(part, Mapping):
        kept = {key: verbatim(value) for key, value in part.items()}
        return {**kept, "verbatim": True} if part.get("type") == "mrkdwn" else kept
    if isinstance(part, Sequence):
        return [verbatim(each) for each in part]
    return part


def mention(identity: str) -> str:
    """A user id (U..., W...) or user group id (S...) as a mention; the word `everyone` as it is."""
    if identity == "everyone":
        return identity
    return f"<!subteam^{identity}>" if identity.startswith("S") else f"<@{identity}>"


def reason_sentence(reason: str) -> str:
    """A reason that a person typed, at the end of a sentence."""
    text = escape_line(reason)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def with_reason(sentence: str, reason: str) -> str:
    """A sentence without its full stop, and the reason that a person typed, if they gave one."""
    return f"{sentence}: {reason_sentence(reason)}" if reason.strip() else f"{sentence}."


def mentions(identities: tuple[str, ...], *, nobody: str = "nobody") -> str:
    """Several mentions, comma separated."""
    return ", ".join(mention(identity) for identity in identities) or nobody


def channel_link(channel_id: str) -> str:
    """A channel as a link."""
    return f"<#{channel_id}>"


def plural(count: int, word: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
