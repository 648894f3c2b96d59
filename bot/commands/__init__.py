"""The subcommands of `/deploy`, one file each: its declaration and its handler.

To add one, write its file and add it to `SUBCOMMANDS`. The parser, the help, what is said after a mistake,
the manifest's hint and the dispatch come from its declaration.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot import attempts, grammar, slack_text, usage
from bot.app_context import AppContext
from bot.commands import (
    access,
    cancel,
    deploy,
    follow,
    help,
    history,
    lock,
    locks,
    logs,
    override,
    plan,
    reject,
    restart,
    resume_all,
    rollback,
    run,
    scale,
    show,
    stats,
    status,
    stop_all,
    tags,
    unlock,
)
from bot.forms.deploy_form import View
from bot.forms.opening import form_for_mistake
from bot.grammar import DEPLOY, Allowed, Command, ParseError, ParseErrorKind, Subcommand
from bot.likely_command import likely_commands
from bot.private_reply import PrivateReply, with_buttons
from bot.refused_requests import note_refused_command, offer_meant
from bot.request import Request
from deploys.access_rules import Action
from deploys.buttons.open_form import open_form_button
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service_names import RESERVED_NAMES
from deploys.catalogue.suggestions import nearest_names
from deploys.errors import OneServiceAtATime, Refused
from deploys.mrkdwn import code
from deploys.safe_text import remove_unsafe

SUBCOMMANDS: Mapping[str, Subcommand] = {
    each.SUBCOMMAND.name: each.SUBCOMMAND
    for each in (
        *(deploy, plan, tags, restart, rollback, override, follow, status, history, stats, show),
        *(access, reject, cancel, logs, scale, run, lock, unlock, locks, stop_all, resume_all, help),
    )
}
"""By name, in the order of the help."""

if _not_reserved := SUBCOMMANDS.keys() - RESERVED_NAMES:
    raise ImportError(
        f"A service could be called {', '.join(_not_reserved)}: add it to RESERVED_NAMES in "
        "deploys/catalogue/service_names.py."
    )


def usage_hint() -> str:
    """All subcommands on one line, for the manifest."""
    return " | ".join(each.syntax for each in SUBCOMMANDS.values())


def parse(text: str) -> Command:
    """Parses what was typed behind `/deploy`. Raises ParseError."""
    return grammar.parse(text, SUBCOMMANDS)


def parse_words(name: str, words: Sequence[str], command: Sequence[str] | None = None) -> Command:
    """Parses the words behind a subcommand as a shell has split them, and the command behind `--`. Raises
    ParseError."""
    subcommand = SUBCOMMANDS[name]
    text = remove_unsafe(" ".join(words))
    typed = text.split()
    if command is not None:
        return grammar.parse_arguments(subcommand, [*typed, shlex.join(command)], has_command=True)
    parsed = grammar.parse_arguments(subcommand, typed)
    if subcommand.keeps_mentions:
        parsed = replace(parsed, mentioned=",".join(slack_text.mentioned_ids(text)))
    return parsed


def parse_mention(text: str, bot_user: str) -> Command:
    """Parses what follows `@slipway` at the beginning of a message. Raises ParseError."""
    addressed = slack_text.text_after_mention(text, bot_user)
    if addressed is None:
        raise ParseError(ParseErrorKind.NOT_ADDRESSED)
    return parse(addressed)


def answer(text: str, request: Request, context: AppContext) -> PrivateReply:
    """Does what was typed behind `/deploy`, or explains what is wrong with it.

    Raises:
        Refused
    """
    return _explaining_mistakes(lambda: _run(parse(text), request, context), text, request, context)


def answer_mention(text: str, request: Request, context: AppContext) -> PrivateReply:
    """The same for a message that mentions the bot.

    Raises:
        Refused
    """
    bot_user = context.identity.user
    addressed = slack_text.text_after_mention(text, bot_user) or ""
    return _explaining_mistakes(
        lambda: _run(parse_mention(text, bot_user), request, context), addressed, request, context
    )


def run_parsed(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Does what was parsed, without an explanation of what may be wrong with it.

    Raises:
        Refused, ParseError
    """
    return _run(command, request, context)


def run_command(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """The same for a button that does what a command does.

    Raises:
        Refused
    """
    return _explaining_mistakes(lambda: _run(command, request, context), "", request, context)


def _explaining_mistakes(
    run: Callable[[], PrivateReply], text: str, request: Request, context: AppContext
) -> PrivateReply:
    """What is said names only the services that this person may see there. text: as it was typed; empty if a
    button was pressed."""
    try:
        return run()
    except ParseError as error:
        seen = context.access.seen_by(request.asker)
        if error.service and not error.verb and (verb := _find_misspelt(error.service, context.catalogue)):
            error = ParseError(ParseErrorKind.MISSPELT_COMMAND, error.service, verb=verb)
        form = _form_for_mistake(error, request, context)
        explained = usage.explain(error, SUBCOMMANDS, seen, context.identity.user)
        if form is not None:  # Slack opens none for a mention, nor some seconds after a command
            with_button = with_buttons(explained, [open_form_button(error.service)])
            return replace(with_button, form=form if request.trigger_id else None)
        meant = likely_commands(error, text, SUBCOMMANDS, seen)
        return with_buttons(explained, offer_meant(meant, request, context, SUBCOMMANDS), below=1)


def _form_for_mistake(error: ParseError, request: Request, context: AppContext) -> View | None:
    try:
        return form_for_mistake(error, request, context)
    except Refused as refusal:
        attempts.note(refusal, {"verb": DEPLOY, "service": error.service})
        raise


def _run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    try:
        return _run_checked(command, request, context)
    except Refused as refusal:
        attempts.note(refusal, attempts.of_command(command, context))
        is_query = SUBCOMMANDS[command.subcommand].is_query
        note_refused_command(refusal, command, request, context.now(), is_query=is_query)
        raise


def _run_checked(command: Command, request: Request, context: AppContext) -> PrivateReply:
    subcommand = SUBCOMMANDS[command.subcommand]
    group = context.catalogue.get_service_group(command.service)
    if group and subcommand.takes_one_service:
        for each in group.services:
            context.access.may(Action.SEE, request.asker, each)
        services = ", ".join(map(code, group.services))
        names = ",".join(group.services)
        raise OneServiceAtATime(name=group.name, verb=subcommand.name, services=services, names=names)
    if subcommand.name == DEPLOY:
        word = command.service  # `rolback web` would look for a service `rolback`
        if word and (meant := _find_misspelt(word, context.catalogue)):
            raise ParseError(ParseErrorKind.MISSPELT_COMMAND, word, verb=meant)
    if command.service and not group:
        _check_access(subcommand, command.service, request, context)
    return subcommand.run(command, request, context)


def _check_access(subcommand: Subcommand, service: str, request: Request, context: AppContext) -> None:
    """For one service; of several each is checked where they are queued (`bot.submit`).

    Raises:
        Refused: what `Access.may` raises.
    """
    match subcommand.allowed:
        case Allowed.DEPLOYERS:
            context.access.may(Action.DEPLOY, request.asker, service)
        case Allowed.ROLLBACKERS:
            context.access.may(Action.ROLL_BACK, request.asker, service)
        case Allowed.SCALERS:
            context.access.may(Action.SCALE, request.asker, service)
        case Allowed.RUNNERS:
            context.access.may(Action.RUN, request.asker, service)
        case Allowed.IN_ITS_CHANNELS:
            context.access.may(Action.SEE, request.asker, service)
        case Allowed.ANYBODY:
            pass  # its handler decides


def _find_misspelt(word: str, catalogue: Catalogue) -> str | None:
    """The subcommand that a word is like; None if it is a service or group, or more like one."""
    known = (*catalogue.service_names, *catalogue.service_group_names)
    if word in known or nearest_names(word, known):
        return None
    found = nearest_names(word, SUBCOMMANDS)
    return found[0] if found else None
