"""How Slipway is used, with this workspace's own services: shown for help and after every mistake."""

from __future__ import annotations

from collections.abc import Mapping

from bot import slack_text
from bot.grammar import (
    MAX_COMMAND_LENGTH,
    MAX_LOG_LINES,
    MAX_REASON_LENGTH,
    ParseError,
    ParseErrorKind,
    Subcommand,
)
from bot.private_reply import PrivateReply, bullet_list, context_block, section_block
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.durations import suggest_duration
from deploys.catalogue.service import Service, ServiceGroup
from deploys.errors import TooManyServices
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import code, mention, plural
from deploys.records.batch import MAX_SERVICES
from deploys.records.count_change import MAX_COUNT
from deploys.text_limits import TEXT

MAX_LIST_BYTES = 2000
"""UTF-8 bytes of the list of services, if the rest leaves that much."""
_HEADINGS_BYTES = 100
"""For the headings, and how many services are left out."""


def explain(
    error: ParseError, subcommands: Mapping[str, Subcommand], catalogue: Catalogue, bot_user: str
) -> PrivateReply:
    """What is wrong with a text, then the usage; for an empty one the usage alone.

    Raises:
        UnknownService: a name in it is no service.
        TooManyServices: a list with more names than are read.
    """
    if error.kind is ParseErrorKind.TOO_MANY_NAMES:
        raise TooManyServices(count=error.word, most=MAX_SERVICES)
    if error.kind is ParseErrorKind.NOT_ADDRESSED:
        return PrivateReply(
            f"You mentioned me, but I only read messages that begin with {mention(bot_user)}, such as "
            f"{mention(bot_user)} `status`. Write {mention(bot_user)} `help` to see what I do."
        )
    if error.service and error.kind is not ParseErrorKind.MISSPELT_COMMAND:
        for name in slack_text.split_names(error.service):
            if catalogue.get_service_group(name) is None:
                catalogue.get_service(name)
    return _usage(subcommands, catalogue, bot_user, describe_error(error, subcommands))


def _usage(
    subcommands: Mapping[str, Subcommand], catalogue: Catalogue, bot_user: str, mistake: str
) -> PrivateReply:
    commands = []
    for each in subcommands.values():
        commands.append(f"• `/deploy {each.syntax}` {each.help}")
        commands += [f"• {line}" for line in (each.more_help(catalogue) if each.more_help else ())]
    described = [describe_service(each) for each in catalogue.services.values()]
    threads = f"Slash commands do not work in threads. Write {mention(bot_user)} `deploy SERVICE TAG` there."
    groups, note = _list_groups(catalogue), catalogue.rejected_note
    others = sum(utf8_bytes(each) for each in (mistake, threads, groups, note, *commands)) + len(commands)
    left = min(MAX_LIST_BYTES, TEXT - others - _HEADINGS_BYTES)
    services = bullet_list(described, left) or "You may see none here."
    parts = [mistake, "\n".join(commands), f"*Services*\n{services}", groups, note]
    shown = [part for part in parts if part]
    return PrivateReply("\n\n".join([*shown, threads]), (*map(section_block, shown), context_block(threads)))


def describe_error(error: ParseError, subcommands: Mapping[str, Subcommand]) -> str:
    """What is wrong with a text; empty if nothing is."""
    word, verb = code(slack_text.shorten_quote(error.word)), error.verb
    syntax = f"`/deploy {subcommands[verb].syntax}`" if verb else ""
    match error.kind:
        case ParseErrorKind.MISSING_SERVICE:
            return f"Which service? Write {syntax}."
        case ParseErrorKind.MISSING_TARGET:
            return f"Which one? Write {syntax}."
        case ParseErrorKind.MISSING_REASON:
            return f"Why? Other people will read the reason. Write {syntax}."
        case ParseErrorKind.TOO_MANY_WORDS:
            return f"{code(verb)} takes less than that: {syntax}."
        case ParseErrorKind.SINGLE_SERVICE_ONLY:
            return f"{code(verb)} takes one service at a time: {syntax}."
        case ParseErrorKind.MISSPELT_COMMAND:
            return f"I do not know {word}. Did you mean `/deploy {verb}`?"
        case ParseErrorKind.UNKNOWN_COMMAND:
            return f"There is no command {word}."
        case ParseErrorKind.PLACE_OR_OPTION:
            return _describe_option(error, takes_reason=not verb or subcommands[verb].takes_reason)
    return _describe_argument_error(error, word, syntax)


def _describe_argument_error(error: ParseError, word: str, syntax: str) -> str:
    match error.kind:
        case ParseErrorKind.MISSING_NAME:
            return "A name is missing in the list of services. Write it like `/deploy web,api TAG`."
        case ParseErrorKind.REPEATED_NAME:
            return f"{word} is in the list twice. Name each service once."
        case ParseErrorKind.INVALID_DURATION:
            return _describe_duration_error(error, word, syntax)
        case ParseErrorKind.DURATION_OUT_OF_RANGE:
            return f"{word} is out of range; anything from `1m` to `30d` is allowed. Write {syntax}."
        case ParseErrorKind.REASON_TOO_LONG:
            return f"The reason has {error.word} characters; it may have {MAX_REASON_LENGTH}."
        case ParseErrorKind.MISSING_TAG:
            return f"Which tag of {word}? Write `{_typed(error, 'TAG')}`."
        case ParseErrorKind.MISSING_COUNT:
            return f"How many tasks? Write `{_typed(error, 'COUNT')}`."
        case ParseErrorKind.INVALID_COUNT:
            return (
                f"{word} is not a number of tasks; anything from 0 to {MAX_COUNT} is allowed. Write "
                f"`{_typed(error, 'COUNT')}`."
            )
        case ParseErrorKind.INVALID_LINES:
            return (
                f"{word} is not a number of lines; anything from 1 to {MAX_LOG_LINES} is allowed. Write "
                f"{syntax}."
            )
    return _describe_command_error(error, syntax) or _describe_tag_error(error, word)


def _describe_command_error(error: ParseError, syntax: str) -> str:
    match error.kind:
        case ParseErrorKind.MISSING_COMMAND:
            return f"Which command? It goes behind `--`, and no shell reads it. Write {syntax}."
        case ParseErrorKind.UNCLOSED_QUOTE:
            return f"A quote in the command is not closed. Nothing was run. Write {syntax}."
        case ParseErrorKind.COMMAND_TOO_LONG:
            return f"The command has {error.word} characters; it may have {MAX_COMMAND_LENGTH}."
    return ""


def _describe_duration_error(error: ParseError, word: str, syntax: str) -> str:
    suggestion = suggest_duration(error.word)
    hint = f" Did you mean {code(suggestion)}?" if suggestion else ""
    return f"{word} is not a duration; write one such as `90m`, `2h` or `1h30m`.{hint} Write {syntax}."


def _describe_tag_error(error: ParseError, word: str) -> str:
    match error.kind:
        case ParseErrorKind.INVALID_TAG:
            return (
                f"{word} is not an image tag. A tag has letters, digits, `_`, `.` and `-`, 128 at most, and "
                "begins with a letter, a digit or `_`."
            )
        case ParseErrorKind.FULL_IMAGE:
            return f"Write the tag alone: `{_typed(error, error.word)}`."
        case ParseErrorKind.DIGEST:
            return f"{word} is a digest. Write a tag: `{_typed(error, 'TAG')}`."
        case ParseErrorKind.PLACE_FOR_TAG:
            return (
                f"{code(error.word)} is not taken for a tag, and you cannot choose a place: `services.yml` "
                f"says where each service is deployed. Write {code(_typed(error, error.tag or 'TAG'))}."
            )
    return ""


def _describe_option(error: ParseError, *, takes_reason: bool) -> str:
    """With what to type instead; if a reason is taken, also how to say that it is one."""
    typed = _typed(error, error.tag)
    word = slack_text.shorten_quote(error.word)
    text = (
        f"{code(word)} reads like a place or an option, and there are none: `services.yml` says where each "
        f"service is deployed. Nothing was changed. Write {code(typed)}."
    )
    if not takes_reason:
        return text
    return f"{text} If it is the reason, put a colon before it: {code(f'{typed}: {word}')}."


def _typed(error: ParseError, tag: str) -> str:
    return " ".join(filter(None, ("/deploy", error.verb, error.service, tag)))


def _list_groups(catalogue: Catalogue) -> str:
    groups = [found for name in catalogue.service_group_names if (found := catalogue.get_service_group(name))]
    lines = [
        f"{code(each.name)}: {', '.join(map(code, each.services))}{_group_order(each)}" for each in groups
    ]
    return f"*Groups*\n{bullet_list(lines, MAX_LIST_BYTES // 2)}" if lines else ""


def _group_order(group: ServiceGroup) -> str:
    notes = ["one after another"] if group.in_order else []
    notes += ["the first failure stops the rest"] if group.stop_on_first_failure else []
    return f" ({'; '.join(notes)})" if notes else ""


def describe_service(service: Service) -> str:
    """Its name, and what is special about its deploys."""
    notes = []
    if service.strategy.stops_service:
        notes.append("stop-start, which means downtime")
    if service.approvals:
        notes.append(f"needs {plural(service.approvals, 'approval')}")
    return code(service.name) + (f" ({'; '.join(notes)})" if notes else "")
