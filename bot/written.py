"""What Slack made of what a person wrote, undone: links, entities, curly quotes, long dashes, odd spaces.

The forms are Slack's (docs.slack.dev, "Formatting message text"): links, mentions and channels come in angle
brackets, and `&`, `<` and `>` come as entities.
"""

from __future__ import annotations

import re

from deploys.safe_text import safe

_ANGLED = re.compile(r"<(?=[@#!]|[a-z][a-z0-9+.-]*:)([^<>|]*)(?:\|([^<>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_QUOTES = "\"'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u00b4"
LONGEST_WORD = 128
"""Characters of a word of a command: a tag may have as many, everything else has fewer."""
CUT = "…"
"""Ends a word that was cut. No tag, id or service name has it, so a cut word never passes for a whole one."""
_DASHES = str.maketrans(
    {
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2212": "-",
        "\u2014": "--",  # what phones make of two hyphens
        "\u2015": "--",
    }
)


def plain(text: str) -> str:
    """The text as it was typed, on one line."""
    text = safe(_ANGLED.sub(_shown, text))
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return " ".join(text.split())


def word(text: str) -> str:
    """One word of a command: without quotes around it, with plain hyphens, cut where it is too long."""
    bare = text.strip(_QUOTES)
    if len(bare) > LONGEST_WORD:
        bare = bare[:LONGEST_WORD] + CUT
    return bare.translate(_DASHES)


def shown(text: str, most: int = 80) -> str:
    """The text as it is quoted in an answer: its beginning where it is long (characters)."""
    return text if len(text) <= most else text[: most - 1].removesuffix(CUT) + CUT


def quoted(text: str) -> bool:
    """Whether there are quotes around all of it."""
    return len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES


def prose(text: str) -> str:
    """A sentence: without the quotes around all of it, or a dash or colon that sets it off."""
    text = text.lstrip("-\u2010\u2013\u2014\u2015:\u2212 ")
    return (text[1:-1] if quoted(text) else text).strip()


def after_mention(text: str, bot_user: str) -> str | None:
    """What stands after a mention of the bot at the very beginning; None when it does not begin so."""
    visible = safe(text)
    mention = rf"\s*<@{re.escape(bot_user)}(?:\|[^<>]*)?>"
    found = re.match(rf"(?:{mention})+\s*[:,]?", visible)
    return visible[found.end() :] if found else None


def _shown(match: re.Match[str]) -> str:
    target, label = match[1], match[2]
    if target.startswith(("@", "#")):
        return f"{target[0]}{(label or target[1:]).lstrip('@#')}"
    if target.startswith("!"):
        name = label or target[1:].split("^")[0]
        return f"@{name.lstrip('@')}"
    return label or re.sub(r"^mailto:", "", target)
