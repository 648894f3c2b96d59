"""`/deploy help`: the usage."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import Allowed, Command, ParseError, ParseErrorKind, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Shows the usage.

    Raises:
        ParseError
    """
    raise ParseError(ParseErrorKind.HELP)


SUBCOMMAND = Subcommand(
    name="help", arguments=(), help="shows this", allowed=Allowed.ANYBODY, run=run, is_query=True
)
