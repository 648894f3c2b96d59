"""One command for each thing that people can type behind `/deploy`, made from its declaration there: a new
one is on the command line by itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand

from bot.commands import SUBCOMMANDS, parse_words
from bot.grammar import Command, ParseError, ParseErrorKind, Subcommand
from deploys.catalogue.catalogue import Catalogue
from slipway.requests import exit_codes
from slipway.requests.options import Channel, Json, Reason, Timeout, Wait, Words, read_timeout
from slipway.requests.running import run_command
from slipway.requests.terminal_text import to_plain

LEFT_OUT = frozenset({"help"})
"""`slipway --help` has it."""
PANEL = "As in Slack"
_COMMAND = "slipway.command"
"""Where the words behind `--` are kept."""


class WordsCommand(TyperCommand):
    """Shows its words in the usage as the help of Slack has them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        shown = SUBCOMMANDS[str(self.name)].arguments
        return [self.options_metavar or "", *(each.shown for each in shown)]


class CommandWithCommand(WordsCommand):
    """Keeps what stands behind `--` as the shell has split it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[_COMMAND] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)


def add_to(app: typer.Typer) -> None:
    """Adds all of them."""
    for subcommand in SUBCOMMANDS.values():
        if subcommand.name not in LEFT_OUT:
            app.command(
                subcommand.name,
                cls=CommandWithCommand if subcommand.takes_command else WordsCommand,
                help=_help(subcommand),
                short_help=_first_line(subcommand),
                rich_help_panel=PANEL,
                options_metavar="[OPTIONS]",
            )(make_command(subcommand))


def make_command(subcommand: Subcommand) -> Callable[..., None]:
    """The function behind one command: its parameters are the options that this one has."""

    def run(
        ctx: typer.Context,
        words: Words = None,
        reason: Reason = "",
        wait: Wait = False,
        timeout: Timeout = "",
        channel: Channel = "",
        as_json: Json = False,
    ) -> None:
        typed, command = words or [], ctx.meta.get(_COMMAND)
        if not typed and not reason and any(not each.optional for each in subcommand.arguments):
            typer.echo(ctx.get_help())
            raise typer.Exit(exit_codes.COULD_NOT_ASK)

        if reason and _has_reason(subcommand.name, typed):
            raise typer.BadParameter(
                "the words have a reason already; write one of the two.", param_hint="--reason"
            )
        run_command(
            _parse(subcommand.name, [*typed, ":", reason] if reason else typed, command),
            subcommand.name,
            channel=channel,
            as_json=as_json,
            wait=wait,
            timeout=read_timeout(timeout, waits=wait),
        )

    without = set()
    if not subcommand.arguments:
        without.add("words")
    if not subcommand.takes_reason:
        without.add("reason")
    if not subcommand.starts_deploys:
        without |= {"wait", "timeout"}
    return _leave_out(run, without)


def _parse(name: str, words: Sequence[str], command: Sequence[str] | None) -> Command | ParseError:
    try:
        return parse_words(name, words, command)
    except ParseError as error:
        return error


def _has_reason(name: str, words: Sequence[str]) -> bool:
    parsed = _parse(name, words, None)
    if isinstance(parsed, ParseError):
        return parsed.kind is ParseErrorKind.PLACE_OR_OPTION  # it reads like none, and is where one would be
    return bool(parsed.reason)


def _leave_out(run: Callable[..., None], names: set[str]) -> Callable[..., None]:
    """The same function without some of its parameters, as typer sees it."""
    signature = inspect.signature(run, eval_str=True)
    kept = []
    for name, parameter in signature.parameters.items():
        if name not in names:
            kept.append(parameter)
    run.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in kept}
    return run


def _first_line(subcommand: Subcommand) -> str:
    return to_plain(subcommand.help[:1].upper() + subcommand.help[1:], {})


def _help(subcommand: Subcommand) -> str:
    more = subcommand.more_help(Catalogue({})) if subcommand.more_help else ()
    lines = [to_plain(f"{each[:1].upper()}{each[1:]}.", {}) for each in (subcommand.help, *more)]
    return "\n\n".join([*lines, f"In Slack: `/deploy {subcommand.syntax}`."])
