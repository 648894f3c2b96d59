"""The verbs: each asks a service and turns its answer into a reply. What is refused is raised."""

from __future__ import annotations

from bot import usage
from bot.commands import cancel, deploy, follow, help, plan, restart, rollback, status, tags
from bot.desk import Desk
from bot.grammar import (
    CancelCommand,
    Change,
    Command,
    DeployCommand,
    DeploySeveralCommand,
    FollowCommand,
    HelpCommand,
    Mistake,
    PlanCommand,
    Question,
    RestartCommand,
    RollbackCommand,
    StatusCommand,
    TagsCommand,
)
from bot.reply import Reply
from bot.request import Request
from deploys.errors import OneAtATime
from deploys.mrkdwn import code


def answer(said: Command | Mistake, request: Request, desk: Desk) -> Reply:
    """Does what was said and answers.

    Raises:
        Refused: it was refused.
    """
    match said:
        case (
            DeployCommand()
            | DeploySeveralCommand()
            | RestartCommand()
            | RollbackCommand()
            | FollowCommand()
            | CancelCommand()
        ):
            return _change(said, request, desk)
        case PlanCommand() | TagsCommand() | StatusCommand() | HelpCommand():
            return _question(said, request, desk)
        case Mistake():
            return usage.mistake(said, desk.catalogue, desk.identity.user)


def _change(said: Change, request: Request, desk: Desk) -> Reply:
    _refuse_group(said, desk)
    match said:
        case DeployCommand():
            if verb := usage.verb_meant(said.service, desk.catalogue):
                return usage.unknown_verb(said.service, verb, desk.catalogue, desk.identity.user)
            return deploy.run(said, request, desk)
        case DeploySeveralCommand():
            return deploy.several(said, request, desk)
        case RestartCommand():
            return restart.run(said, request, desk)
        case RollbackCommand():
            return rollback.run(said, request, desk)
        case FollowCommand():
            return follow.run(said, request, desk)
        case CancelCommand():
            return cancel.run(said, request, desk)


def _refuse_group(said: Command, desk: Desk) -> None:
    """The verbs that take one service do not take a group of them.

    Raises:
        OneAtATime
    """
    match said:
        case (
            RestartCommand()
            | RollbackCommand()
            | FollowCommand()
            | PlanCommand()
            | TagsCommand()
            | StatusCommand()
        ):
            group = desk.catalogue.group(said.service or "")
            if group is not None:
                verb = type(said).__name__.removesuffix("Command").lower()
                raise OneAtATime(name=group.name, verb=verb, services=", ".join(map(code, group.services)))


def _question(said: Question, request: Request, desk: Desk) -> Reply:
    _refuse_group(said, desk)
    match said:
        case PlanCommand():
            return plan.run(said, request, desk)
        case TagsCommand():
            return tags.run(said, request, desk)
        case StatusCommand():
            return status.run(said, desk)
        case HelpCommand():
            return help.run(desk)
