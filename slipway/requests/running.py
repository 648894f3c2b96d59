"""Runs one request of the command line from the session to the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import typer
from redis.exceptions import RedisError

from bot.commands import SUBCOMMANDS, run_parsed
from bot.grammar import Command, ParseError
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.slack_text import split_names
from bot.usage import describe_error
from deploys.errors import Refused, SlipwayError
from deploys.redis_outage import describe_error as describe_redis_error
from slipway.requests import exit_codes
from slipway.requests.choices import choices_in
from slipway.requests.following import follow, goes_on
from slipway.requests.output import Output
from slipway.requests.place import find_place
from slipway.requests.session import UNSURE, Answered, Session, open_session
from slipway.requests.terminal_text import known_names

ANSWER_SECONDS = 75.0
"""How long a worker may take to answer: longer than a job may run."""


@contextmanager
def a_session(verb: str, *, as_json: bool) -> Iterator[tuple[Session, Output]]:
    """Who asks, and where the answer is printed. Whatever keeps it from being asked is printed, and ends the
    command; so does the loss of Redis, and Ctrl-C."""
    try:
        session = open_session(verb)
    except SlipwayError as error:
        code = exit_codes.REFUSED if isinstance(error, Refused) else exit_codes.COULD_NOT_ASK
        _end_early(error.message, type(error).__name__, code, as_json=as_json)
    except RedisError as error:
        reason = f"Redis {describe_redis_error(error)}, so nothing was asked. Try again."
        _end_early(reason, type(error).__name__, exit_codes.COULD_NOT_ASK, as_json=as_json)
    output = Output(known_names(session.context.catalogue.command_line), as_json=as_json)
    try:
        yield session, output
    except RedisError as error:
        lost = f"Redis {describe_redis_error(error)}. What was asked for goes on once it is back."
        output.answer(lost, error=type(error).__name__)
        raise typer.Exit(exit_codes.UNKNOWN) from error
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(exit_codes.INTERRUPTED) from interrupt


def _end_early(message: str, error: str, code: int, *, as_json: bool) -> NoReturn:
    Output({}, as_json=as_json).answer(message, error=error)
    raise typer.Exit(code)


def run_command(
    typed: Command | ParseError,
    verb: str,
    *,
    channel: str,
    as_json: bool,
    wait: bool = False,
    timeout: float | None = None,
) -> NoReturn:
    """Does what was typed, or says what is wrong with it, and ends with the exit code."""
    with a_session(verb, as_json=as_json) as (session, output):
        subcommand = SUBCOMMANDS[verb]
        request = session.request("")
        if isinstance(typed, Command):
            try:
                place = find_place(typed, channel, session.who.slack_user, session.context)
                request = session.request(place)
            except Refused as refusal:
                refused = session.refuse(refusal, request)
                raise typer.Exit(print_answer(refused, session, request, output)) from refusal

        def handle() -> PrivateReply:
            if isinstance(typed, ParseError):
                raise typed
            return run_parsed(typed, request, session.context)

        changes = not subcommand.is_query and subcommand.announcement is None
        try:
            answered = session.ask(handle, request, changes=changes)
        except ParseError as error:
            answered = _explain(error, session, request)
        announce = subcommand.announcement
        announcement = announce(typed) if announce and isinstance(typed, Command) else ""
        code = print_answer(answered, session, request, output, announcement=announcement)
        if code == exit_codes.DONE and not answered.error:
            code = _print_later_answer(session, request, output)
        deploys = answered.reply.deploys if answered.reply else ()
        if wait and deploys and not answered.error:
            code = wait_for(deploys, session, output, timeout=timeout)
    raise typer.Exit(code)


def print_answer(
    answered: Answered, session: Session, request: Request, output: Output, *, announcement: str = ""
) -> int:
    """Prints what a request was answered. announcement: how the answer ends if a worker says the rest, which
    follows at once. Returns the exit code."""
    reply = answered.reply
    if reply is None:
        return answered.code
    text = reply.text.removesuffix(announcement).rstrip() if announcement else reply.text
    if answered.error in UNSURE:
        text = f"{text} {session.slack_note(request)}"
    if text:
        output.answer(
            text,
            reply.native,
            error=answered.error,
            choices=choices_in(reply.blocks),
            deploys=reply.deploys,
        )
    return answered.code


def wait_for(ids: Sequence[str], session: Session, output: Output, *, timeout: float | None) -> int:
    """Tells what happens to these deploys until their outcome is known. Returns the exit code."""
    context = session.context
    try:
        return follow(ids, context.store, output, timeout=timeout)
    except KeyboardInterrupt:
        open_ones = [each for each in ids if (found := context.store.get(each)) and found.in_progress]
        output.note(goes_on(open_ones) if open_ones else "It has ended.")
        return exit_codes.INTERRUPTED


def _print_later_answer(session: Session, request: Request, output: Output) -> int:
    """Prints what a worker answers, if one was asked."""
    answers = session.context.terminal_answers
    if not answers.asked_by(request.query_id):
        return exit_codes.DONE
    with output.progress() as progress:
        progress.show("A worker looks ...")
        answer = answers.wait(request.query_id, ANSWER_SECONDS)
    if answer is None:
        output.answer(
            f"No worker has answered within {ANSWER_SECONDS:.0f} s. Do workers run? Nothing was changed.",
            error="NoAnswer",
        )
        return exit_codes.UNKNOWN
    output.answer(
        answer.text,
        answer.blocks,
        error="Refused" if answer.is_refusal else "",
        choices=choices_in(answer.blocks),
    )
    return exit_codes.REFUSED if answer.is_refusal else exit_codes.DONE


def _explain(error: ParseError, session: Session, request: Request) -> Answered:
    """What is wrong with the words: a service that there is not, or something else."""

    def refuse_unknown() -> None:
        seen = session.context.access.seen_by(request.asker)
        for name in split_names(error.service) if error.service else ():
            if seen.get_service_group(name) is None:
                seen.get_service(name)

    unknown = session.ask(refuse_unknown, request, changes=False)
    if unknown.error:
        return unknown
    text = describe_error(error, SUBCOMMANDS)
    return Answered(PrivateReply(text), exit_codes.COULD_NOT_ASK, type(error).__name__)
