"""Converts typed text as Slack does: escapes, mentions and links."""

from __future__ import annotations

import re

from sandbox.slack.team.workspace import SlackWorkspace

# Words with these endings become links without http (docs.slack.dev, formatting).
_LINKED_TLDS = "com|org|net|io|dev|app|co|ai|uk|de|eu"

_SPECIAL_WORDS = re.compile(
    rf"""
    (?P<url>https?://[^\s<>|]+[^\s<>|.,;:!?)'"])
  | (?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
  | (?P<domain>(?<![\w@./-])(?:[\w-]+\.)+(?:{_LINKED_TLDS})(?![\w.-]*\w))
  | (?P<range>(?<!\w)@(?:here|channel|everyone)\b)
  | (?P<name>(?<!\w)@[\w-]+(?:\.[\w-]+)*)
  | (?P<channel>(?<!\w)\#[\w-]+)
    """,
    re.VERBOSE,
)


def escape_text(text: str) -> str:
    """&, < and > as Slack writes them in every text it sends."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def to_message_text(text: str, workspace: SlackWorkspace) -> str:
    """A typed message as apps receive it: `@slipway` becomes `<@U0SLIPWAYB>`."""
    return _SPECIAL_WORDS.sub(lambda found: _format_in_message(found, workspace), escape_text(text))


def to_escaped_command_text(text: str, workspace: SlackWorkspace) -> str:
    """A command's text under `should_escape`: `@bob` becomes `<@U02BOB0000|bob>`."""
    return _SPECIAL_WORDS.sub(lambda found: _format_in_command(found, workspace), escape_text(text))


def _format_in_message(found: re.Match[str], workspace: SlackWorkspace) -> str:
    if found.lastgroup == "name" and (user := workspace.find_user(found.group())) is not None:
        return f"<@{user.id}>"
    return _format_common(found, workspace)


def _format_in_command(found: re.Match[str], workspace: SlackWorkspace) -> str:
    if found.lastgroup == "name" and (user := workspace.find_user(found.group())) is not None:
        return f"<@{user.id}|{user.name}>"
    return _format_common(found, workspace)


def _format_common(found: re.Match[str], workspace: SlackWorkspace) -> str:
    typed = found.group()
    match found.lastgroup:
        case "url":
            return f"<{typed}>"
        case "email":
            return f"<mailto:{typed}|{typed}>"
        case "domain":
            return f"<http://{typed}|{typed}>"
        case "range":
            return f"<!{typed[1:]}>"
        case "name":
            group = workspace.find_group(typed)
            return typed if group is None else f"<!subteam^{group.id}|@{group.handle}>"
        case _:
            channel = workspace.find_channel(typed)
            return typed if channel is None else f"<#{channel.id}|{channel.name}>"
