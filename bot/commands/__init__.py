"""The verbs: each asks a service and turns its answer into a reply. What is refused is raised."""

from __future__ import annotations

from bot import usage
from bot.commands import cancel, deploy, help, status
from bot.desk import Desk
from bot.grammar import CancelCommand, Command, DeployCommand, HelpCommand, Mistake, StatusCommand
from bot.reply import Reply
from bot.request import Request


def answer(said: Command | Mistake, request: Request, desk: Desk) -> Reply:
    """Does what was said and answers.

    Raises:
        Refused: it was refused.
    """
    match said:
        case DeployCommand():
            if verb := usage.verb_meant(said.service, desk.catalogue):
                return usage.unknown_verb(said.service, verb, desk.catalogue, desk.identity.user)
            return deploy.run(said, request, desk)
        case StatusCommand():
            return status.run(said, desk)
        case CancelCommand():
            return cancel.run(said, request, desk)
        case HelpCommand():
            return help.run(desk)
        case Mistake():
            return usage.mistake(said, desk.catalogue, desk.identity.user)
