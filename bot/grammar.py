"""Reads what people type behind `/deploy`: text -> Command, or ParseError. Pure: it knows no service by name.

Each subcommand declares its arguments; this file has how an argument is read, once for all of them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from bot import slack_text
from deploys.catalogue.durations import parse_duration
from deploys.catalogue.service_names import RESERVED_NAMES
from deploys.records.batch import MAX_SERVICES
from deploys.records.count_change import MAX_COUNT

if TYPE_CHECKING:
    from bot.app_context import AppContext
    from bot.private_reply import PrivateReply
    from bot.request import Request
    from deploys.catalogue.catalogue import Catalogue

DEPLOY = "deploy"
"""The subcommand that people may leave out: `/deploy web 1.4.2`."""
TAG_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
"""What a registry takes as a tag (OCI distribution specification)."""
MIN_LOCK_SECONDS, MAX_LOCK_SECONDS = 60, 30 * 86_400
"""How long a lock may hold (seconds)."""
MAX_REASON_LENGTH = 500
"""Characters of a reason."""
MAX_COMMAND_LENGTH = 2000
"""Characters of a command; ECS takes 8192 for all overrides of a task (ECS API reference, RunTask)."""
MAX_LOG_LINES = 100
"""Lines of each log in one answer (count)."""


@dataclass(frozen=True)
class Command:
    """What somebody asks for. Which of the fields are set, the arguments of its subcommand say."""

    subcommand: str
    services: tuple[str, ...] = ()
    """One service or group, or several services."""
    tag: str = ""
    target: str = ""
    """What a rollback goes back to, or what is cancelled or shown."""
    reason: str = ""
    seconds: int | None = None
    """How long a lock holds; None: until it is unlocked."""
    mentioned: str = ""
    """Ids of the people and user groups that the reason of a lock mentions, separated by commas."""
    count: int | None = None
    """Tasks that a service is to have, or lines of a log."""
    command_line: str = ""
    """What runs in a one-off task, quoted as a shell would need it."""
    confirmed: bool = False
    """The person has confirmed what is asked about first."""
    waits_for_lock: bool = False
    """Queue it although its service is locked; it is held until the lock is gone."""

    @property
    def service(self) -> str:
        """The service or group, if there is exactly one; else empty."""
        return self.services[0] if len(self.services) == 1 else ""


class ParseErrorKind(Enum):
    """What can be wrong with a text."""

    EMPTY = auto()
    HELP = auto()  # the usage was asked for
    NOT_ADDRESSED = auto()  # a mention of the bot in the middle of a sentence
    MISSING_SERVICE = auto()
    MISSING_TAG = auto()  # the word is the service
    MISSING_TARGET = auto()
    MISSING_REASON = auto()
    INVALID_TAG = auto()  # the word is the tag
    FULL_IMAGE = auto()  # the word is the tag within it
    DIGEST = auto()
    REASON_TOO_LONG = auto()  # the word is its length
    TOO_MANY_WORDS = auto()
    MISSING_NAME = auto()  # the word is the list of services
    REPEATED_NAME = auto()  # the word is the service
    TOO_MANY_NAMES = auto()  # the word is how many
    SINGLE_SERVICE_ONLY = auto()
    PLACE_FOR_TAG = auto()  # the word is a preposition where a tag should be; the tag may be what was meant
    PLACE_OR_OPTION = auto()  # the word reads like a place or an option
    MISSPELT_COMMAND = auto()  # the word is like the verb
    INVALID_DURATION = auto()  # the word is the duration
    DURATION_OUT_OF_RANGE = auto()  # the word is the duration
    MISSING_COUNT = auto()
    INVALID_COUNT = auto()  # the word is the count
    INVALID_LINES = auto()  # the word is the number of lines
    MISSING_COMMAND = auto()
    UNCLOSED_QUOTE = auto()
    COMMAND_TOO_LONG = auto()  # the word is its length
    UNKNOWN_COMMAND = auto()  # the word is reserved for a command that does not exist


class ParseError(Exception):
    """A text that is no command."""

    def __init__(
        self, kind: ParseErrorKind, word: str = "", service: str = "", verb: str = "", tag: str = ""
    ) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.word = word
        self.service = service
        """The service that was named, if one was."""
        self.verb = verb
        """The subcommand, if one was written."""
        self.tag = tag
        """The tag or target behind it, if there is one."""


class Allowed(Enum):
    """Who may use a subcommand."""

    ANYBODY = auto()
    IN_ITS_CHANNELS = auto()  # who may see the service there
    DEPLOYERS = auto()  # who may deploy the service, from where it may be deployed
    ROLLBACKERS = auto()  # who may roll it back, from there
    SCALERS = auto()  # who may set its count, from there
    RUNNERS = auto()  # who may run commands in it, from there


STARTERS = (Allowed.DEPLOYERS, Allowed.ROLLBACKERS, Allowed.SCALERS, Allowed.RUNNERS)
"""What only those may do who may change the service."""
Handler = Callable[[Command, "Request", "AppContext"], "PrivateReply"]


@dataclass(frozen=True)
class Subcommand:
    """One thing that people can type behind `/deploy`: all that the parser, the help, the manifest and the
    dispatch need to know of it."""

    name: str
    arguments: tuple[Argument, ...]
    help: str
    """What it does, to be read behind how it is written."""
    allowed: Allowed
    run: Handler
    is_query: bool = False
    """Whether it only asks, of what the bot itself can read."""
    done_words: str = ""
    """How the answer begins if it was done, for what starts no deploy."""
    announcement: Callable[[Command], str] | None = None
    """How the immediate reply ends if a worker answers later."""
    more_help: Callable[[Catalogue], Sequence[str]] | None = None
    """Further lines of the help, given the services."""

    @property
    def prefix(self) -> str:
        """How it begins, behind `/deploy`: empty for what may be left out."""
        return "" if self.name == DEPLOY else self.name

    @property
    def syntax(self) -> str:
        """`rollback SERVICE [TAG or deploy id]`"""
        return " ".join(filter(None, (self.prefix, *(each.shown for each in self.arguments))))

    @property
    def starts_deploys(self) -> bool:
        """Whether it queues deploys, whose outcome somebody may wait for."""
        return self.allowed in STARTERS and not self.is_query and self.announcement is None

    @property
    def takes_one_service(self) -> bool:
        """Whether it takes a service, and neither a list nor a group of them."""
        return any(each.read is _read_service for each in self.arguments)

    @property
    def keeps_mentions(self) -> bool:
        """Whether it matters whom its reason mentions."""
        return any(each.read is _read_lock_time for each in self.arguments)

    @property
    def takes_command(self) -> bool:
        """Whether a command follows behind `--`."""
        return any(each.read is _read_command for each in self.arguments)

    @property
    def takes_reason(self) -> bool:
        """Whether its last argument is a reason."""
        return any(each.read is _read_reason for each in self.arguments)


@dataclass
class Words:
    """The words behind a subcommand, read one argument after the other."""

    words: list[str]
    verb: str
    position: int = 0
    has_command: bool = False
    """Whether the last of the words is all that stands behind `--`."""
    service: str = ""
    """The service or list, once it is read."""
    tag: str = ""
    """The tag or target, once it is read."""

    @property
    def rest(self) -> str:
        """All that is not read yet."""
        return " ".join(self.words[self.position :])

    def take(self) -> str:
        """The next word, without what only sets it off from the words behind it."""
        self.position += 1
        return self.words[self.position - 1].rstrip(":,;")

    def error(self, kind: ParseErrorKind, word: str = "", tag: str = "") -> ParseError:
        """An error with what was read so far."""
        return ParseError(kind, word, self.service, self.verb, tag or self.tag)


@dataclass(frozen=True)
class Argument:
    """One argument of a subcommand."""

    field: str
    """The field of `Command` that it fills."""
    placeholder: str
    read: Callable[[Words], Any]
    missing: ParseErrorKind
    optional: bool = False

    @property
    def shown(self) -> str:
        """As the usage shows it."""
        return f"[{self.placeholder}]" if self.optional else self.placeholder


def optional(argument: Argument) -> Argument:
    """The same, but it may be left out."""
    return replace(argument, optional=True)


def parse(text: str, subcommands: Mapping[str, Subcommand]) -> Command:
    """Parses what was typed behind `/deploy`.

    Raises:
        ParseError
    """
    words = slack_text.unformat(text).split(" ")
    mentioned = slack_text.mentioned_ids(text)
    first = slack_text.clean_word(words[0]).lower()
    if not first or (first == DEPLOY and len(words) == 1):
        raise ParseError(ParseErrorKind.EMPTY)
    if first in subcommands and subcommands[first].takes_command:
        return _parse_with_command(subcommands[first], text)
    if first in subcommands:
        command = parse_arguments(subcommands[first], words[1:])
        return (
            replace(command, mentioned=",".join(mentioned)) if subcommands[first].keeps_mentions else command
        )
    if first in RESERVED_NAMES:
        raise ParseError(ParseErrorKind.UNKNOWN_COMMAND, first)
    return parse_arguments(subcommands[DEPLOY], words)


def _parse_with_command(subcommand: Subcommand, text: str) -> Command:
    before, line = slack_text.split_at_command(text)
    typed = before.split()[1:]
    if not typed:
        raise ParseError(ParseErrorKind.MISSING_SERVICE, verb=subcommand.prefix)
    if line is None:
        return parse_arguments(subcommand, typed)
    return parse_arguments(subcommand, [*typed, line], has_command=True)


def parse_arguments(subcommand: Subcommand, typed: list[str], *, has_command: bool = False) -> Command:
    """Parses the words behind a subcommand. Raises ParseError."""
    words = Words(slack_text.join_service_list(typed), subcommand.prefix, has_command=has_command)
    if (
        subcommand.takes_one_service
        and words.words
        and slack_text.count_names(words.words[0].rstrip(":,;")) > 1
    ):
        raise words.error(ParseErrorKind.SINGLE_SERVICE_ONLY)
    values: dict[str, Any] = {}
    for argument in subcommand.arguments:
        if words.position < len(words.words):
            values[argument.field] = argument.read(words)
        elif not argument.optional:
            raise words.error(argument.missing, words.service)
    if values.get("reason") == "" and any(each is WHY for each in subcommand.arguments):
        raise words.error(ParseErrorKind.MISSING_REASON)
    if words.position < len(words.words):
        is_option = slack_text.reads_like_option(words.rest)
        raise words.error(
            ParseErrorKind.PLACE_OR_OPTION if is_option else ParseErrorKind.TOO_MANY_WORDS, words.rest
        )
    return Command(subcommand.name, **values)


def _read_service(words: Words) -> tuple[str]:
    words.service = slack_text.clean_word(words.take()).lower()
    return (words.service,)


def _read_services(words: Words) -> tuple[str, ...]:
    names = _split_names(words)
    words.service = ",".join(names)
    if "" in names:
        raise ParseError(ParseErrorKind.MISSING_NAME, words.service)
    if repeated := next((name for name in names if names.count(name) > 1), ""):
        raise ParseError(ParseErrorKind.REPEATED_NAME, repeated)
    return names


def _read_target(words: Words) -> str:
    words.tag = ",".join(_split_names(words))
    return words.tag


def _split_names(words: Words) -> tuple[str, ...]:
    word = words.take()
    count = slack_text.count_names(word)
    if count > MAX_SERVICES:
        raise ParseError(ParseErrorKind.TOO_MANY_NAMES, str(count))
    return slack_text.split_names(word)


def _read_tag(words: Words) -> str:
    tag = slack_text.clean_word(words.take())
    if slack_text.is_place_preposition(tag):
        meant = slack_text.clean_word(words.take()) if words.position < len(words.words) else ""
        is_version = TAG_PATTERN.fullmatch(meant) and any(map(str.isdigit, meant))
        raise words.error(ParseErrorKind.PLACE_FOR_TAG, tag, meant if is_version else "")
    if not TAG_PATTERN.fullmatch(tag):
        raise _describe_invalid_tag(tag, words)
    words.tag = tag
    return tag


def _describe_invalid_tag(word: str, words: Words) -> ParseError:
    if "sha256:" in word:
        return words.error(ParseErrorKind.DIGEST, word)
    last = word.rpartition(":")[2]
    if last != word and TAG_PATTERN.fullmatch(last):
        return words.error(ParseErrorKind.FULL_IMAGE, last)
    return words.error(ParseErrorKind.INVALID_TAG, word)


def _read_reason(words: Words) -> str:
    """All the rest. A colon behind the word before it marks it as a reason."""
    is_marked = words.position > 0 and words.words[words.position - 1].endswith(":")
    typed = words.rest
    words.position = len(words.words)
    reason = slack_text.clean_sentence(typed)
    if len(reason) > MAX_REASON_LENGTH:
        raise words.error(ParseErrorKind.REASON_TOO_LONG, str(len(reason)))
    if not is_marked and slack_text.reads_like_option(typed):
        raise words.error(ParseErrorKind.PLACE_OR_OPTION, typed)
    return reason


def _read_count(words: Words) -> int:
    return _read_number(words, 0, MAX_COUNT, ParseErrorKind.INVALID_COUNT)


def _read_lines(words: Words) -> int:
    return _read_number(words, 1, MAX_LOG_LINES, ParseErrorKind.INVALID_LINES)


def _read_number(words: Words, least: int, most: int, invalid: ParseErrorKind) -> int:
    typed = words.take()
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= len(str(most))
    if not is_number or not least <= int(typed) <= most:
        raise words.error(invalid, typed)
    return int(typed)


def _read_container(words: Words) -> str:
    """Empty if the number of lines follows at once."""
    if words.words[words.position].isdigit():
        return ""
    return slack_text.clean_word(words.take())


def _read_command(words: Words) -> str:
    """All that stands behind `--`, split into arguments as a shell would."""
    if not words.has_command:
        raise words.error(ParseErrorKind.MISSING_COMMAND)
    if words.position < len(words.words) - 1:
        raise words.error(ParseErrorKind.TOO_MANY_WORDS)
    typed = words.words[words.position]
    words.position += 1
    try:
        line = shlex.join(shlex.split(typed))
    except ValueError:
        raise words.error(ParseErrorKind.UNCLOSED_QUOTE) from None
    if not line:
        raise words.error(ParseErrorKind.MISSING_COMMAND)
    if len(line) > MAX_COMMAND_LENGTH:
        raise words.error(ParseErrorKind.COMMAND_TOO_LONG, str(len(line)))
    return line


def _read_lock_target(words: Words) -> str:
    words.tag = slack_text.clean_word(words.take()).lower()
    return words.tag


def _read_lock_time(words: Words) -> int | None:
    """`for 2h`: the seconds. None if the reason begins here, also if that begins with `for`."""
    typed = [slack_text.clean_word(each).rstrip(":,;") for each in words.words[words.position :][:3]]
    is_marked = words.words[words.position - 1].endswith(":")
    if typed[0].lower() != "for" or len(typed) == 1 or is_marked:
        return None
    seconds = parse_duration(typed[1])
    if len(typed) == 3 and slack_text.is_unit_of_time(typed[2]) and (seconds is None or typed[1].isdigit()):
        raise words.error(ParseErrorKind.INVALID_DURATION, " ".join(typed[1:]))
    if not typed[1][0:1].isdigit():
        return None
    if seconds is None:
        raise words.error(ParseErrorKind.INVALID_DURATION, typed[1])
    if not MIN_LOCK_SECONDS <= seconds <= MAX_LOCK_SECONDS:
        raise words.error(ParseErrorKind.DURATION_OUT_OF_RANGE, typed[1])
    words.position += 2
    return seconds


SERVICE = Argument("services", "SERVICE", _read_service, ParseErrorKind.MISSING_SERVICE)
SERVICES = Argument("services", "SERVICE", _read_services, ParseErrorKind.MISSING_SERVICE)
"""A service, a group, or a list of services."""
TAG = Argument("tag", "TAG", _read_tag, ParseErrorKind.MISSING_TAG)
EARLIER_VERSION = Argument("target", "TAG or deploy id", _read_tag, ParseErrorKind.MISSING_TAG)
REASON = Argument("reason", "reason", _read_reason, ParseErrorKind.MISSING_TARGET, optional=True)
WHY = Argument("reason", "REASON", _read_reason, ParseErrorKind.MISSING_REASON)
"""A reason that has to be given."""
LOCK_TARGET = Argument("target", "SERVICE", _read_lock_target, ParseErrorKind.MISSING_TARGET)
"""A service, a group, or `*`."""
LOCK_TIME = Argument("seconds", "for 2h", _read_lock_time, ParseErrorKind.MISSING_REASON, optional=True)
CANCEL_TARGET = Argument("target", "SERVICE, group or id", _read_target, ParseErrorKind.MISSING_TARGET)
REJECT_TARGET = Argument("target", "SERVICE or id", _read_target, ParseErrorKind.MISSING_TARGET)
DEPLOY_ID = Argument("target", "ID", _read_target, ParseErrorKind.MISSING_TARGET)
COUNT = Argument("count", "COUNT", _read_count, ParseErrorKind.MISSING_COUNT)
CONTAINER = Argument("target", "container", _read_container, ParseErrorKind.MISSING_TARGET, optional=True)
LINES = Argument("count", "lines", _read_lines, ParseErrorKind.MISSING_TARGET, optional=True)
COMMAND = Argument("command_line", "-- COMMAND", _read_command, ParseErrorKind.MISSING_COMMAND)
