"""What people type, read: text -> Command or Mistake. Pure; which services and groups there are is not known
here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from bot import listed, reason, written
from deploys.batch import MOST
from deploys.catalogue.names import VERBS as KEPT_WORDS

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
"""What a registry takes as a tag (OCI distribution specification)."""
LONGEST_WHY = 500
"""Characters of a reason."""


@dataclass(frozen=True)
class DeployCommand:
    """`SERVICE TAG [why]`"""

    service: str
    tag: str
    why: str = ""


@dataclass(frozen=True)
class DeploySeveralCommand:
    """`SERVICE,SERVICE TAG [why]`. (A group is one word, as a service is: `DeployCommand`.)"""

    services: tuple[str, ...]
    tag: str
    why: str = ""


@dataclass(frozen=True)
class PlanCommand:
    """`plan SERVICE TAG`"""

    service: str
    tag: str


@dataclass(frozen=True)
class TagsCommand:
    """`tags SERVICE`"""

    service: str


@dataclass(frozen=True)
class RestartCommand:
    """`restart SERVICE [why]`"""

    service: str
    why: str = ""


@dataclass(frozen=True)
class RollbackCommand:
    """`rollback SERVICE [TAG or deploy id]`. It takes no reason: a word of one could pass for a tag."""

    service: str
    target: str = ""


@dataclass(frozen=True)
class FollowCommand:
    """`follow SERVICE`"""

    service: str


@dataclass(frozen=True)
class StatusCommand:
    """`status [SERVICE]`"""

    service: str | None = None


@dataclass(frozen=True)
class CancelCommand:
    """`cancel [SERVICE or id]`: of a deploy, or of several at once, which go by their group or list too."""

    what: str | None = None


@dataclass(frozen=True)
class HelpCommand:
    """`help`"""


Change = (
    DeployCommand | DeploySeveralCommand | RestartCommand | RollbackCommand | FollowCommand | CancelCommand
)
Question = PlanCommand | TagsCommand | StatusCommand | HelpCommand
Command = Change | Question


class Wrong(Enum):
    """What can be wrong with a text."""

    NOTHING_SAID = auto()
    NOT_ADDRESSED = auto()  # a mention of the bot in the middle of a sentence
    NO_SERVICE = auto()  # the word is the verb
    NO_TAG = auto()  # the word is the service
    BAD_TAG = auto()  # the word is the tag
    WHOLE_IMAGE = auto()  # the word is the tag within it
    DIGEST = auto()
    LONG_WHY = auto()  # the word is its length
    TOO_MANY_WORDS = auto()  # the word is the verb
    EMPTY_NAME = auto()  # the word is the list of services
    REPEATED_NAME = auto()  # the word is the service
    TOO_MANY_NAMES = auto()  # the word is how many
    ONE_AT_A_TIME = auto()  # the word is the verb, the service is the list
    PLACE = auto()  # the word stands for the tag and begins a place; the tag is what may have been meant
    OPTION = auto()  # the word is a reason that reads like a place or an option
    NOT_A_COMMAND = auto()  # the word is kept for a command that is not there


@dataclass(frozen=True)
class Mistake:
    """A text that is no command."""

    wrong: Wrong
    word: str = ""
    service: str = ""
    """The service that was named, where one was."""
    verb: str = ""
    """The verb before the service, where one was said."""
    tag: str = ""
    """The tag behind the service, where there is one."""


def parse(text: str) -> Command | Mistake:
    """What stands behind `/deploy`."""
    words = written.plain(text).split(" ")
    first = written.word(words[0]).lower()
    if not first or (first == "deploy" and len(words) == 1):
        return Mistake(Wrong.NOTHING_SAID)
    if first == "deploy":
        return _deploy(listed.joined(words[1:]))
    if first in VERBS:
        rest = listed.joined(words[1:])
        return _one_at_a_time(first, rest) or VERBS[first](rest)
    return Mistake(Wrong.NOT_A_COMMAND, first) if first in KEPT_WORDS else _deploy(listed.joined(words))


def parse_mention(text: str, bot_user: str) -> Command | Mistake:
    """What stands behind `@slipway` at the beginning of a message."""
    said = written.after_mention(text, bot_user)
    return Mistake(Wrong.NOT_ADDRESSED) if said is None else parse(said)


def _deploy(words: list[str]) -> DeployCommand | DeploySeveralCommand | Mistake:
    names = _names(words[0])
    if isinstance(names, Mistake):
        return names
    service = ",".join(names)
    if "" in names:
        return Mistake(Wrong.EMPTY_NAME, service)
    if twice := next((name for name in names if names.count(name) > 1), ""):
        return Mistake(Wrong.REPEATED_NAME, twice)
    if len(words) == 1:
        return Mistake(Wrong.NO_TAG, service, service)
    tag = _tag(words, service)
    if isinstance(tag, Mistake):
        return tag
    why = _why(words, 2, service, tag=tag)
    if isinstance(why, Mistake):
        return why
    return DeploySeveralCommand(names, tag, why) if len(names) > 1 else DeployCommand(service, tag, why)


def _one_at_a_time(verb: str, words: list[str]) -> Mistake | None:
    """A list of services behind a verb that takes one; what is cancelled may go by its list."""
    if not words or verb in ("cancel", "help") or listed.count(_bare(words[0])) == 1:
        return None
    return Mistake(Wrong.ONE_AT_A_TIME, verb, verb=verb)


def _plan(words: list[str]) -> PlanCommand | Mistake:
    if not words:
        return Mistake(Wrong.NO_SERVICE, "plan")
    service = _service(words[0])
    if len(words) == 1:
        return Mistake(Wrong.NO_TAG, service, service, "plan")
    tag = _tag(words, service, "plan")
    if isinstance(tag, Mistake):
        return tag
    return PlanCommand(service, tag) if len(words) == 2 else _too_many(words, service, "plan", tag)


def _tags(words: list[str]) -> TagsCommand | Mistake:
    if not words:
        return Mistake(Wrong.NO_SERVICE, "tags")
    return TagsCommand(_service(words[0])) if len(words) == 1 else Mistake(Wrong.TOO_MANY_WORDS, "tags")


def _restart(words: list[str]) -> RestartCommand | Mistake:
    if not words:
        return Mistake(Wrong.NO_SERVICE, "restart")
    service = _service(words[0])
    why = _why(words, 1, service, "restart")
    return why if isinstance(why, Mistake) else RestartCommand(service, why)


def _rollback(words: list[str]) -> RollbackCommand | Mistake:
    if not words:
        return Mistake(Wrong.NO_SERVICE, "rollback")
    service = _service(words[0])
    if len(words) == 1:
        return RollbackCommand(service)
    target = _tag(words, service, "rollback")
    if isinstance(target, Mistake):
        return target
    if len(words) == 2:
        return RollbackCommand(service, target)
    return _too_many(words, service, "rollback", target)


def _follow(words: list[str]) -> FollowCommand | Mistake:
    if not words:
        return Mistake(Wrong.NO_SERVICE, "follow")
    return FollowCommand(_service(words[0])) if len(words) == 1 else Mistake(Wrong.TOO_MANY_WORDS, "follow")


def _status(words: list[str]) -> StatusCommand | Mistake:
    if len(words) > 1:
        return Mistake(Wrong.TOO_MANY_WORDS, "status")
    return StatusCommand(written.word(words[0]).lower() if words else None)


def _cancel(words: list[str]) -> CancelCommand | Mistake:
    if len(words) > 1:
        return Mistake(Wrong.TOO_MANY_WORDS, "cancel")
    if not words:
        return CancelCommand()
    names = _names(words[0])
    return names if isinstance(names, Mistake) else CancelCommand(",".join(names))


def _help(words: list[str]) -> HelpCommand | Mistake:
    return Mistake(Wrong.TOO_MANY_WORDS, "help") if words else HelpCommand()


def _bare(word: str) -> str:
    """Without what only sets it off from the words behind it."""
    return word.rstrip(":,;")


def _names(word: str) -> tuple[str, ...] | Mistake:
    number = listed.count(_bare(word))
    return Mistake(Wrong.TOO_MANY_NAMES, str(number)) if number > MOST else listed.names(_bare(word))


def _service(word: str) -> str:
    return written.word(_bare(word)).lower()


def _tag(words: list[str], service: str, verb: str = "") -> str | Mistake:
    """The second word, where it can be a tag."""
    tag = written.word(_bare(words[1]))
    if reason.is_place_word(tag):
        meant = written.word(_bare(words[2])) if len(words) > 2 else ""
        a_version = TAG.fullmatch(meant) and any(map(str.isdigit, meant))
        return Mistake(Wrong.PLACE, tag, service, verb, meant if a_version else "")
    return tag if TAG.fullmatch(tag) else _not_a_tag(tag, service, verb)


def _why(words: list[str], first: int, service: str, verb: str = "", tag: str = "") -> str | Mistake:
    """The reason, which begins with this word; a colon behind the word before it marks it as one."""
    said = " ".join(words[first:])
    why = written.prose(said)
    if len(why) > LONGEST_WHY:
        return Mistake(Wrong.LONG_WHY, str(len(why)), service, verb)
    if not words[first - 1].endswith(":") and reason.reads_like_option(said):
        return Mistake(Wrong.OPTION, said, service, verb, tag)
    return why


def _too_many(words: list[str], service: str, verb: str, tag: str) -> Mistake:
    said = " ".join(words[2:])
    if reason.reads_like_option(said):
        return Mistake(Wrong.OPTION, said, service, verb, tag)
    return Mistake(Wrong.TOO_MANY_WORDS, verb)


def _not_a_tag(word: str, service: str, verb: str = "") -> Mistake:
    if "sha256:" in word:
        return Mistake(Wrong.DIGEST, word, service, verb)
    last = word.rpartition(":")[2]
    if last != word and TAG.fullmatch(last):
        return Mistake(Wrong.WHOLE_IMAGE, last, service, verb)
    return Mistake(Wrong.BAD_TAG, word, service, verb)


VERBS: Mapping[str, Callable[[list[str]], Command | Mistake]] = {
    "plan": _plan,
    "tags": _tags,
    "restart": _restart,
    "rollback": _rollback,
    "follow": _follow,
    "status": _status,
    "cancel": _cancel,
    "help": _help,
}
"""How what stands behind each verb is read; `deploy` itself may be left out, so it is no member."""
