"""`/deploy follow SERVICE`, and the button *Follow it*."""

from __future__ import annotations

from bot import reply_texts
from bot.app_context import AppContext
from bot.grammar import FollowCommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys import deploy_text
from deploys.decisions import is_service_untouched
from deploys.deploy_text import status_text
from deploys.errors import RolloutIsOurs, UnknownDeploy
from deploys.mrkdwn import mention
from deploys.records.request import Verb


def run(command: FollowCommand, request: Request, context: AppContext) -> PrivateReply:
    """Takes a wish to follow in, or says that the rollout is followed already.

    Whoever may deploy the service may: other deploys of it wait meanwhile. Whether anything is in progress, a
    worker finds out.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
        OwnRollout: what is in progress is a deploy of ours, which has its thread.
    """
    context.access.may_deploy(request.user, command.service, request.channel)
    _refuse_own_rollout(command.service, context)
    return submit_deploy(command.service, request, context, verb=Verb.FOLLOW)


def press_follow(deploy_id: str, request: Request, context: AppContext) -> PrivateReply | None:
    """The button on a deploy that was refused: as if the command had been typed. None where a card answers.

    Raises:
        UnknownDeploy, and what `run` raises.
    """
    deploy = context.store.get(deploy_id)
    if deploy is None:
        raise UnknownDeploy(id=deploy_id)
    reply = run(FollowCommand(deploy.service.name), request, context)
    return None if reply.card_will_tell else reply


def _refuse_own_rollout(service: str, context: AppContext) -> None:
    for each in context.store.service_queue(service)[:1]:
        first = context.store.get(each)
        if first is None or not first.in_progress or first.verb is Verb.FOLLOW or is_service_untouched(first):
            return
        raise RolloutIsOurs(
            what=deploy_text.name_at_start(first),
            state=status_text(first),
            user=mention(first.request.requester),
            thread=reply_texts.thread_link(first, context.threads, capital=True),
        )
