"""What people type, read: text -> Command or Mistake. Pure; which services and groups there are is not known
here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from bot import slack_text
from deploys.catalogue.service_names import RESERVED_NAMES
from deploys.records.batch import MAX_SERVICES

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
"""What a registry takes as a tag (OCI distribution specification)."""
MAX_REASON_LENGTH = 500
"""Characters of a reason."""


@dataclass(frozen=True)
class DeployCommand:
    """`SERVICE TAG [why]`"""

    service: str
    tag: str
    reason: str = ""


@dataclass(frozen=True)
class DeployBatchCommand:
    """`SERVICE,SERVICE TAG [why]`. (A group is one word, as a service is: `DeployCommand`.)"""

    services: tuple[str, ...]
    tag: str
    reason: str = ""


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
    reason: str = ""


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

    target: str | None = None


@dataclass(frozen=True)
class HelpCommand:
    """`help`"""


ChangeCommand = (
    DeployCommand | DeployBatchCommand | RestartCommand | RollbackCommand | FollowCommand | CancelCommand
)
QueryCommand = PlanCommand | TagsCommand | StatusCommand | HelpCommand
Command = ChangeCommand | QueryCommand


class ParseErrorKind(Enum):
    """What can be wrong with a text."""

    EMPTY = auto()
    NOT_ADDRESSED = auto()  # a mention of the bot in the middle of a sentence
    MISSING_SERVICE = auto()  # the word is the verb
    MISSING_TAG = auto()  # the word is the service
    INVALID_TAG = auto()  # the word is the tag
    FULL_IMAGE = auto()  # the word is the tag within it
    DIGEST = auto()
    REASON_TOO_LONG = auto()  # the word is its length
    TOO_MANY_WORDS = auto()  # the word is the verb
    MISSING_NAME = auto()  # the word is the list of services
    REPEATED_NAME = auto()  # the word is the service
    TOO_MANY_NAMES = auto()  # the word is how many
    SINGLE_SERVICE_ONLY = auto()  # the word is the verb, the service is the list
    PLACE_FOR_TAG = (
        auto()
    )  # the word stands for the tag and begins a place; the tag is what may have been meant
    PLACE_OR_OPTION = auto()  # the word is a reason that reads like a place or an option
    UNKNOWN_COMMAND = auto()  # the word is kept for a command that is not there


@dataclass(frozen=True)
class ParseError:
    """A text that is no command."""

    kind: ParseErrorKind
    word: str = ""
    service: str = ""
    """The service that was named, where one was."""
    verb: str = ""
    """The verb before the service, where one was said."""
    tag: str = ""
    """The tag behind the service, where there is one."""


def parse(text: str) -> Command | ParseError:
    """What stands behind `/deploy`."""
    words = slack_text.unformat(text).split(" ")
    first = slack_text.clean_word(words[0]).lower()
    if not first or (first == "deploy" and len(words) == 1):
        return ParseError(ParseErrorKind.EMPTY)
    if first == "deploy":
        return _deploy(slack_text.join_service_list(words[1:]))
    if first in VERBS:
        rest = slack_text.join_service_list(words[1:])
        return _one_at_a_time(first, rest) or VERBS[first](rest)
    return (
        ParseError(ParseErrorKind.UNKNOWN_COMMAND, first)
        if first in RESERVED_NAMES
        else _deploy(slack_text.join_service_list(words))
    )


def parse_mention(text: str, bot_user: str) -> Command | ParseError:
    """What stands behind `@slipway` at the beginning of a message."""
    said = slack_text.text_after_mention(text, bot_user)
    return ParseError(ParseErrorKind.NOT_ADDRESSED) if said is None else parse(said)


def _deploy(words: list[str]) -> DeployCommand | DeployBatchCommand | ParseError:
    names = _names(words[0])
    if isinstance(names, ParseError):
        return names
    service = ",".join(names)
    if "" in names:
        return ParseError(ParseErrorKind.MISSING_NAME, service)
    if twice := next((name for name in names if names.count(name) > 1), ""):
        return ParseError(ParseErrorKind.REPEATED_NAME, twice)
    if len(words) == 1:
        return ParseError(ParseErrorKind.MISSING_TAG, service, service)
    tag = _tag(words, service)
    if isinstance(tag, ParseError):
        return tag
    why = _why(words, 2, service, tag=tag)
    if isinstance(why, ParseError):
        return why
    return DeployBatchCommand(names, tag, why) if len(names) > 1 else DeployCommand(service, tag, why)


def _one_at_a_time(verb: str, words: list[str]) -> ParseError | None:
    """A list of services behind a verb that takes one; what is cancelled may go by its list."""
    if not words or verb in ("cancel", "help") or slack_text.count_names(_bare(words[0])) == 1:
        return None
    return ParseError(ParseErrorKind.SINGLE_SERVICE_ONLY, verb, verb=verb)


def _plan(words: list[str]) -> PlanCommand | ParseError:
    if not words:
        return ParseError(ParseErrorKind.MISSING_SERVICE, "plan")
    service = _service(words[0])
    if len(words) == 1:
        return ParseError(ParseErrorKind.MISSING_TAG, service, service, "plan")
    tag = _tag(words, service, "plan")
    if isinstance(tag, ParseError):
        return tag
    return PlanCommand(service, tag) if len(words) == 2 else _too_many(words, service, "plan", tag)


def _tags(words: list[str]) -> TagsCommand | ParseError:
    if not words:
        return ParseError(ParseErrorKind.MISSING_SERVICE, "tags")
    return (
        TagsCommand(_service(words[0]))
        if len(words) == 1
        else ParseError(ParseErrorKind.TOO_MANY_WORDS, "tags")
    )


def _restart(words: list[str]) -> RestartCommand | ParseError:
    if not words:
        return ParseError(ParseErrorKind.MISSING_SERVICE, "restart")
    service = _service(words[0])
    why = _why(words, 1, service, "restart")
    return why if isinstance(why, ParseError) else RestartCommand(service, why)


def _rollback(words: list[str]) -> RollbackCommand | ParseError:
    if not words:
        return ParseError(ParseErrorKind.MISSING_SERVICE, "rollback")
    service = _service(words[0])
    if len(words) == 1:
        return RollbackCommand(service)
    target = _tag(words, service, "rollback")
    if isinstance(target, ParseError):
        return target
    if len(words) == 2:
        return RollbackCommand(service, target)
    return _too_many(words, service, "rollback", target)


def _follow(words: list[str]) -> FollowCommand | ParseError:
    if not words:
        return ParseError(ParseErrorKind.MISSING_SERVICE, "follow")
    return (
        FollowCommand(_service(words[0]))
        if len(words) == 1
        else ParseError(ParseErrorKind.TOO_MANY_WORDS, "follow")
    )


def _status(words: list[str]) -> StatusCommand | ParseError:
    if len(words) > 1:
        return ParseError(ParseErrorKind.TOO_MANY_WORDS, "status")
    return StatusCommand(slack_text.clean_word(words[0]).lower() if words else None)


def _cancel(words: list[str]) -> CancelCommand | ParseError:
    if len(words) > 1:
        return ParseError(ParseErrorKind.TOO_MANY_WORDS, "cancel")
    if not words:
        return CancelCommand()
    names = _names(words[0])
    return names if isinstance(names, ParseError) else CancelCommand(",".join(names))


def _help(words: list[str]) -> HelpCommand | ParseError:
    return ParseError(ParseErrorKind.TOO_MANY_WORDS, "help") if words else HelpCommand()


def _bare(word: str) -> str:
    """Without what only sets it off from the words behind it."""
    return word.rstrip(":,;")


def _names(word: str) -> tuple[str, ...] | ParseError:
    number = slack_text.count_names(_bare(word))
    return (
        ParseError(ParseErrorKind.TOO_MANY_NAMES, str(number))
        if number > MAX_SERVICES
        else slack_text.split_names(_bare(word))
    )


def _service(word: str) -> str:
    return slack_text.clean_word(_bare(word)).lower()


def _tag(words: list[str], service: str, verb: str = "") -> str | ParseError:
    """The second word, where it can be a tag."""
    tag = slack_text.clean_word(_bare(words[1]))
    if slack_text.is_place_preposition(tag):
        meant = slack_text.clean_word(_bare(words[2])) if len(words) > 2 else ""
        a_version = TAG.fullmatch(meant) and any(map(str.isdigit, meant))
        return ParseError(ParseErrorKind.PLACE_FOR_TAG, tag, service, verb, meant if a_version else "")
    return tag if TAG.fullmatch(tag) else _not_a_tag(tag, service, verb)


def _why(words: list[str], first: int, service: str, verb: str = "", tag: str = "") -> str | ParseError:
    """The reason, which begins with this word; a colon behind the word before it marks it as one."""
    said = " ".join(words[first:])
    why = slack_text.clean_sentence(said)
    if len(why) > MAX_REASON_LENGTH:
        return ParseError(ParseErrorKind.REASON_TOO_LONG, str(len(why)), service, verb)
    if not words[first - 1].endswith(":") and slack_text.reads_like_option(said):
        return ParseError(ParseErrorKind.PLACE_OR_OPTION, said, service, verb, tag)
    return why


def _too_many(words: list[str], service: str, verb: str, tag: str) -> ParseError:
    said = " ".join(words[2:])
    if slack_text.reads_like_option(said):
        return ParseError(ParseErrorKind.PLACE_OR_OPTION, said, service, verb, tag)
    return ParseError(ParseErrorKind.TOO_MANY_WORDS, verb)


def _not_a_tag(word: str, service: str, verb: str = "") -> ParseError:
    if "sha256:" in word:
        return ParseError(ParseErrorKind.DIGEST, word, service, verb)
    last = word.rpartition(":")[2]
    if last != word and TAG.fullmatch(last):
        return ParseError(ParseErrorKind.FULL_IMAGE, last, service, verb)
    return ParseError(ParseErrorKind.INVALID_TAG, word, service, verb)


VERBS: Mapping[str, Callable[[list[str]], Command | ParseError]] = {
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
