"""What people type, read: text -> Command or Mistake. Pure; which services there are is not known here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from bot import written
from deploys.catalogue.names import VERBS as KEPT_WORDS

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
"""What a registry takes as a tag (OCI distribution specification)."""
LONGEST_WHY = 500
"""Characters of a reason."""
VERBS = ("deploy", "status", "cancel", "help")


@dataclass(frozen=True)
class DeployCommand:
    """`SERVICE TAG [why]`"""

    service: str
    tag: str
    why: str = ""


@dataclass(frozen=True)
class StatusCommand:
    """`status [SERVICE]`"""

    service: str | None = None


@dataclass(frozen=True)
class CancelCommand:
    """`cancel [SERVICE or deploy id]`"""

    what: str | None = None


@dataclass(frozen=True)
class HelpCommand:
    """`help`"""


Command = DeployCommand | StatusCommand | CancelCommand | HelpCommand


class Wrong(Enum):
    """What can be wrong with a text."""

    NOTHING_SAID = auto()
    NOT_ADDRESSED = auto()  # a mention of the bot in the middle of a sentence
    NO_TAG = auto()  # the word is the service
    BAD_TAG = auto()  # the word is the tag
    WHOLE_IMAGE = auto()  # the word is the tag within it
    DIGEST = auto()
    LONG_WHY = auto()  # the word is its length
    TOO_MANY_WORDS = auto()  # the word is the verb
    NOT_A_COMMAND = auto()  # the word is kept for a command that is not there


@dataclass(frozen=True)
class Mistake:
    """A text that is no command."""

    wrong: Wrong
    word: str = ""
    service: str = ""
    """The service that was named, where one was."""


def parse(text: str) -> Command | Mistake:
    """What stands behind `/deploy`."""
    words = written.plain(text).split(" ")
    first = written.word(words[0]).lower()
    match first:
        case "":
            return Mistake(Wrong.NOTHING_SAID)
        case "help":
            return HelpCommand() if len(words) == 1 else Mistake(Wrong.TOO_MANY_WORDS, first)
        case "status":
            return _about_one(words, StatusCommand)
        case "cancel":
            return _about_one(words, CancelCommand)
        case "deploy":
            return _deploy(words[1:]) if len(words) > 1 else Mistake(Wrong.NOTHING_SAID)
    if first in KEPT_WORDS:
        return Mistake(Wrong.NOT_A_COMMAND, first)
    return _deploy(words)


def parse_mention(text: str, bot_user: str) -> Command | Mistake:
    """What stands behind `@slipway` at the beginning of a message."""
    said = written.after_mention(text, bot_user)
    return Mistake(Wrong.NOT_ADDRESSED) if said is None else parse(said)


def _about_one(words: list[str], command: type[StatusCommand | CancelCommand]) -> Command | Mistake:
    if len(words) > 2:
        return Mistake(Wrong.TOO_MANY_WORDS, words[0].lower())
    return command(written.word(words[1]).lower() if len(words) == 2 else None)


def _deploy(words: list[str]) -> DeployCommand | Mistake:
    service = written.word(words[0]).lower()
    if len(words) == 1:
        return Mistake(Wrong.NO_TAG, service, service)
    tag = written.word(words[1].rstrip(":,;"))
    if not TAG.fullmatch(tag):
        return _not_a_tag(tag, service)
    why = written.prose(" ".join(words[2:]))
    if len(why) > LONGEST_WHY:
        return Mistake(Wrong.LONG_WHY, str(len(why)), service)
    return DeployCommand(service, tag, why)


def _not_a_tag(word: str, service: str) -> Mistake:
    if "sha256:" in word:
        return Mistake(Wrong.DIGEST, word, service)
    last = word.rpartition(":")[2]
    if last != word and TAG.fullmatch(last):
        return Mistake(Wrong.WHOLE_IMAGE, last, service)
    return Mistake(Wrong.BAD_TAG, word, service)
