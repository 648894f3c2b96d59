"""Reads what people write in Slack: links, entities, curly quotes, long dashes and odd spaces become what was
typed.

Slack's forms are those of docs.slack.dev, "Formatting message text": links, mentions and channels come in
angle brackets, and `&`, `<` and `>` come as entities."""

from __future__ import annotations

import re

from deploys.catalogue.service_names import NAME_PATTERN
from deploys.safe_text import remove_unsafe

_ANGLE_BRACKETS = re.compile(r"<(?=[@#!]|[a-z][a-z0-9+.-]*:)([^<>|]*)(?:\|([^<>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_QUOTES = "\"'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u00b4"
MAX_WORD_LENGTH = 128
"""Characters of a word of a command: a tag may have as many, everything else has fewer."""
ELLIPSIS = "…"
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
_STRAIGHT = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f", '"') | dict.fromkeys("\u2018\u2019", "'"))
_COMMAND_SEPARATOR = re.compile(r"(?<!\S)(--|[\u2014\u2015])(?!\S)")
_LEADING_DASH = re.compile(r"(?<!\S)[\u2010-\u2015\u2212](?=\w)")
_SERVICE_NAME = re.compile(NAME_PATTERN)
PLACE_PREPOSITIONS = frozenset({"to", "in", "on", "at"})
"""Followed by one more word they name a place."""
_MENTIONED = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>|<!subteam\^(S[A-Z0-9]+)(?:\|[^<>]*)?>")
UNITS_OF_TIME = frozenset(
    {"s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes"}
    | {"h", "hr", "hrs", "hour", "hours", "d", "day", "days", "week", "weeks"}
)
_OPTION_PATTERN = re.compile(r"--|-\w")


def unformat(text: str) -> str:
    """The text as the person typed it, on one line."""
    return " ".join(_as_typed(text).split())


def _as_typed(text: str) -> str:
    text = remove_unsafe(_ANGLE_BRACKETS.sub(_visible_text, text))
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def split_at_command(text: str) -> tuple[str, str | None]:
    """What stands before `--`, and the command behind it with its spaces; None without a `--`.

    Phones turn quotes into curly ones and two hyphens into a dash. In a command neither is meant."""
    typed = _as_typed(text)
    separator = _COMMAND_SEPARATOR.search(typed)
    if separator is None:
        return typed, None
    command = typed[separator.end() :].translate(_STRAIGHT)
    return typed[: separator.start()], _LEADING_DASH.sub(lambda dash: dash[0].translate(_DASHES), command)


def clean_word(text: str) -> str:
    """One word of a command: without quotes around it, with plain hyphens, cut if it is too long."""
    bare = text.strip(_QUOTES)
    if len(bare) > MAX_WORD_LENGTH:
        bare = bare[:MAX_WORD_LENGTH] + ELLIPSIS
    return bare.translate(_DASHES)


def shorten_quote(text: str, limit: int = 80) -> str:
    """The text as an answer quotes it: only its beginning if it is long (characters)."""
    return text if len(text) <= limit else text[: limit - 1].removesuffix(ELLIPSIS) + ELLIPSIS


def is_quoted(text: str) -> bool:
    """Whether there are quotes around all of it."""
    return len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES


def clean_sentence(text: str) -> str:
    """A sentence: without the quotes around all of it, or a dash or colon that sets it off."""
    text = text.lstrip("-\u2010\u2013\u2014\u2015:\u2212 ")
    return (text[1:-1] if is_quoted(text) else text).strip()


def text_after_mention(text: str, bot_user: str) -> str | None:
    """What follows a mention of the bot at the very beginning; None if the text does not begin with one."""
    visible = remove_unsafe(text)
    mention = rf"\s*<@{re.escape(bot_user)}(?:\|[^<>]*)?>"
    found = re.match(rf"(?:{mention})+\s*[:,]?", visible)
    return visible[found.end() :] if found else None


def _visible_text(match: re.Match[str]) -> str:
    target, label = match[1], match[2]
    if target.startswith(("@", "#")):
        return f"{target[0]}{(label or target[1:]).lstrip('@#')}"
    if target.startswith("!"):
        name = label or target[1:].split("^")[0]
        return f"@{name.lstrip('@')}"
    return label or re.sub(r"^mailto:", "", target)


def mentioned_ids(text: str) -> tuple[str, ...]:
    """Ids of the people and user groups that a text mentions, each once, in order."""
    return tuple(dict.fromkeys(found[1] or found[2] for found in _MENTIONED.finditer(text)))


def is_unit_of_time(word: str) -> bool:
    """Whether it is a unit as people write it out: `hours`, `min`."""
    return word.lower() in UNITS_OF_TIME


def join_service_list(words: list[str]) -> list[str]:
    """The words, with a list of services at their beginning as one word: `web, api` and `web ,api` are
    `web,api`.

    After `web,` a word that cannot be a service, such as `1.4.2`, is not part of the list: the comma was a
    slip."""
    end = 1
    while end < len(words) and (
        words[end].startswith(",") or (words[end - 1].endswith(",") and _could_be_names(words[end]))
    ):
        end += 1
    return ["".join(words[:end]), *words[end:]] if words else []


def count_names(word: str) -> int:
    """How many names a list has, without reading them."""
    return word.count(",") + 1


def split_names(word: str) -> tuple[str, ...]:
    """The names in a list; an empty one if a name is missing. Ask `count_names` first."""
    return tuple(clean_word(part).lower() for part in word.split(","))


def _could_be_names(word: str) -> bool:
    parts = [clean_word(part).lower() for part in word.rstrip(":,;").split(",")]
    return any(parts) and all(_SERVICE_NAME.fullmatch(part) or not part for part in parts)


def is_place_preposition(word: str) -> bool:
    """Whether this word begins a place if it is written instead of a tag: `to`, in upper or lower case."""
    return word.casefold() in PLACE_PREPOSITIONS


def reads_like_option(reason: str) -> bool:
    """Whether this reason, as it was typed, begins with an option or is a place and nothing more.

    `/deploy web 1.4.2 to staging` would deploy to where `services.yml` says, with "to staging" as its reason.
    So such a reason has to be marked as one, with a colon before it or quotes around it.

    A dash with a space behind it only sets a reason off; two hyphens, or the long dash that phones make of
    them, count as an option also then.
    """
    if reason.startswith(":") or is_quoted(reason):
        return False
    if _OPTION_PATTERN.match(clean_word(reason.split(" ", 1)[0])):
        return True
    words = clean_sentence(reason).split(" ", 2)
    return len(words) <= 2 and is_place_preposition(clean_word(words[0]))
