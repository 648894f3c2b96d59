"""The verbs: each asks a service and turns its answer into a reply. What is refused is raised."""

from __future__ import annotations

from bot import usage
from bot.app_context import AppContext
from bot.commands import cancel, deploy, follow, help, plan, restart, rollback, status, tags
from bot.grammar import (
    CancelCommand,
    ChangeCommand,
    Command,
    DeployBatchCommand,
    DeployCommand,
    FollowCommand,
    HelpCommand,
    ParseError,
    PlanCommand,
    QueryCommand,
    RestartCommand,
    RollbackCommand,
    StatusCommand,
    TagsCommand,
)
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.errors import OneServiceAtATime
from deploys.mrkdwn import code


def run_command(command: Command | ParseError, request: Request, context: AppContext) -> PrivateReply:
    """Does what was said and answers.

    Raises:
        Refused: it was refused.
    """
    match command:
        case (
            DeployCommand()
            | DeployBatchCommand()
            | RestartCommand()
            | RollbackCommand()
            | FollowCommand()
            | CancelCommand()
        ):
            return _run_change(command, request, context)
        case PlanCommand() | TagsCommand() | StatusCommand() | HelpCommand():
            return _run_query(command, request, context)
        case ParseError():
            return usage.explain_parse_error(command, context.catalogue, context.identity.user)


def _run_change(command: ChangeCommand, request: Request, context: AppContext) -> PrivateReply:
    _refuse_group(command, context)
    match command:
        case DeployCommand():
            if verb := usage.suggest_verb(command.service, context.catalogue):
                return usage.explain_unknown_verb(
                    command.service, verb, context.catalogue, context.identity.user
                )
            return deploy.run(command, request, context)
        case DeployBatchCommand():
            return deploy.run_batch(command, request, context)
        case RestartCommand():
            return restart.run(command, request, context)
        case RollbackCommand():
            return rollback.run(command, request, context)
        case FollowCommand():
            return follow.run(command, request, context)
        case CancelCommand():
            return cancel.run(command, request, context)


def _refuse_group(command: Command, context: AppContext) -> None:
    """The verbs that take one service do not take a group of them.

    Raises:
        OneAtATime
    """
    match command:
        case (
            RestartCommand()
            | RollbackCommand()
            | FollowCommand()
            | PlanCommand()
            | TagsCommand()
            | StatusCommand()
        ):
            group = context.catalogue.get_service_group(command.service or "")
            if group is not None:
                verb = type(command).__name__.removesuffix("Command").lower()
                raise OneServiceAtATime(
                    name=group.name, verb=verb, services=", ".join(map(code, group.services))
                )


def _run_query(command: QueryCommand, request: Request, context: AppContext) -> PrivateReply:
    _refuse_group(command, context)
    match command:
        case PlanCommand():
            return plan.run(command, request, context)
        case TagsCommand():
            return tags.run(command, request, context)
        case StatusCommand():
            return status.run(command, context)
        case HelpCommand():
            return help.run(context)
