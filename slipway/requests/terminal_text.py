"""Texts that were written for Slack, as a terminal shows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from bot.commands import SUBCOMMANDS
from deploys.catalogue.command_line_keys import CommandLine
from deploys.formatting import utc_time
from deploys.mrkdwn import plain_text
from deploys.redaction import redact
from slipway.demo.transcript import mrkdwn_to_text

_TYPED = re.compile(r"/deploy\b(?: (?P<word>[a-z-]+)(?![\w.-]))?")
_STYLED = re.compile(r"`(?P<code>[^`\n]+)`|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])")
_EMOJI = re.compile(r"(?:(?<=\s)|^):[a-z_]+: ?", re.MULTILINE)
CODE_STYLE = "cyan"


@dataclass(frozen=True)
class Table:
    """A data table of Slack's."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def known_names(command_line: CommandLine) -> dict[str, str]:
    """The names of Slack users by their ids, as far as services.yml has some."""
    tokens = {each.user: name for name, each in command_line.tokens.items()}
    return tokens | {user: name for name, user in command_line.users.items()}


def to_plain(mrkdwn: str, names: Mapping[str, str]) -> str:
    """Without markup or terminal codes, and with the commands of this command line. An emoji that a terminal
    does not have is left out: the words say the same."""
    text = mrkdwn_to_text(mrkdwn.replace("```", ""), names)
    return redact(_as_commands(_EMOJI.sub("", text)))


def to_styled(mrkdwn: str, names: Mapping[str, str]) -> Text:
    """The same with code and bold words set apart, for a terminal that can."""
    shown = Text()
    for line in mrkdwn.replace("```", "").split("\n"):
        end = 0
        for found in _STYLED.finditer(line):
            shown.append(to_plain(line[end : found.start()], names))
            code, bold = found["code"], found["bold"]
            shown.append(to_plain(code or bold, names), CODE_STYLE if code else "bold")
            end = found.end()
        shown.append(to_plain(line[end:], names) + "\n")
    shown.rstrip()
    return shown


def _as_commands(text: str) -> str:
    """`/deploy web 1.4.2` is `slipway deploy web 1.4.2` here, and `/deploy status` is `slipway status`. The
    help in Slack is named for its list of the services, which here `slipway status` has."""

    def rewrite(found: re.Match[str]) -> str:
        word = found["word"]
        if word in SUBCOMMANDS:
            return f"slipway {word if word != 'help' else 'status'}"
        return f"slipway deploy{f' {word}' if word else ''}"

    return _TYPED.sub(rewrite, text)


def read_blocks(blocks: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[str | Table]:
    """The mrkdwn and the tables of some blocks, in order. A chart is left out: the text has its numbers."""
    for block in blocks:
        match block.get("type"):
            case "section":
                yield str(block["text"]["text"])
            case "context":
                yield " ".join(str(each.get("text", "")) for each in block["elements"])
            case "data_table":
                header, *rows = [tuple(_cell(cell, names) for cell in row) for row in block["rows"]]
                yield Table(str(block["caption"]), header, tuple(rows))


def _cell(cell: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if cell.get("type") != "rich_text":
        return to_plain(str(cell.get("text", "")), names)
    parts = (part for section in cell["elements"] for part in section["elements"])
    return redact(plain_text("".join(_part(part, names) for part in parts)))


def _part(part: Mapping[str, Any], names: Mapping[str, str]) -> str:
    match part.get("type"):
        case "user":
            return f"@{names.get(part['user_id'], part['user_id'])}"
        case "date":
            return utc_time(part["timestamp"])
        case "link":
            return str(part.get("text") or part["url"])
    return str(part.get("text", ""))
