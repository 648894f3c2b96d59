"""What Slack makes of typed text: escapes, mentions and links."""

from __future__ import annotations

import re

from sandbox.slack.team.workspace import Workspace

# Words that end like these become links although nobody typed http (docs.slack.dev, formatting).
_ENDINGS = "com|org|net|io|dev|app|co|ai|uk|de|eu"

_SPECIAL = re.compile(
    rf"""
    (?P<url>https?://[^\s<>|]+[^\s<>|.,;:!?)'"])
  | (?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
  | (?P<domain>(?<![\w@./-])(?:[\w-]+\.)+(?:{_ENDINGS})(?![\w.-]*\w))
  | (?P<range>(?<!\w)@(?:here|channel|everyone)\b)
  | (?P<name>(?<!\w)@[\w-]+(?:\.[\w-]+)*)
  | (?P<channel>(?<!\w)\#[\w-]+)
    """,
    re.VERBOSE,
)


def escaped(text: str) -> str:
    """&, < and > as Slack writes them in every text it sends."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_sent(text: str, workspace: Workspace) -> str:
    """A typed message as apps receive it: `@slipway` becomes `<@U0SLIPWAYB>`."""
    return _SPECIAL.sub(lambda found: _message_form(found, workspace), escaped(text))


def as_escaped_command(text: str, workspace: Workspace) -> str:
    """A command's text under `should_escape`: `@bob` becomes `<@U02BOB0000|bob>`."""
    return _SPECIAL.sub(lambda found: _command_form(found, workspace), escaped(text))


def _message_form(found: re.Match[str], workspace: Workspace) -> str:
    if found.lastgroup == "name" and (user := workspace.user(found.group())) is not None:
        return f"<@{user.id}>"
    return _shared_form(found, workspace)


def _command_form(found: re.Match[str], workspace: Workspace) -> str:
    if found.lastgroup == "name" and (user := workspace.user(found.group())) is not None:
        return f"<@{user.id}|{user.name}>"
    return _shared_form(found, workspace)


def _shared_form(found: re.Match[str], workspace: Workspace) -> str:
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
            group = workspace.group(typed)
            return typed if group is None else f"<!subteam^{group.id}|@{group.handle}>"
        case _:
            channel = workspace.channel(typed)
            return typed if channel is None else f"<#{channel.id}|{channel.name}>"
