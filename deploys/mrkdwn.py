"""Slack's mrkdwn: escaping and mentions."""

from __future__ import annotations


def escape(text: str) -> str:
    """Text from people or AWS, so that Slack shows it as it is.

    Slack asks for exactly these three (docs.slack.dev, "Formatting message text").
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Text in a code span; a backtick inside would end it early."""
    return f"`{escape(text).replace('`', chr(0x2019))}`"


def mention(identity: str) -> str:
    """A user id (U..., W...) or user group id (S...) as a mention."""
    return f"<!subteam^{identity}>" if identity.startswith("S") else f"<@{identity}>"


def mentions(identities: tuple[str, ...], *, nobody: str = "nobody") -> str:
    """Several mentions, comma separated."""
    return ", ".join(mention(identity) for identity in identities) or nobody


def channel(channel_id: str) -> str:
    """A channel as a link."""
    return f"<#{channel_id}>"


def plural(count: int, word: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
