"""`/deploy follow SERVICE`, and the button *Follow it*."""

from __future__ import annotations

from bot import replies
from bot.desk import Desk
from bot.grammar import FollowCommand
from bot.reply import Reply
from bot.request import Request
from bot.taking_in import take_in
from deploys import naming
from deploys.decisions import untouched
from deploys.deploy import Verb
from deploys.errors import OwnRollout, UnknownDeploy
from deploys.mrkdwn import mention
from deploys.standing import standing


def run(command: FollowCommand, request: Request, desk: Desk) -> Reply:
    """Takes a wish to follow in, or says that the rollout is followed already.

    Whoever may deploy the service may: other deploys of it wait meanwhile. Whether anything is in progress, a
    worker finds out.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
        OwnRollout: what is in progress is a deploy of ours, which has its thread.
    """
    desk.access.may_deploy(request.user, command.service, request.channel)
    _refuse_our_own(command.service, desk)
    return take_in(command.service, request, desk, verb=Verb.FOLLOW)


def pressed(deploy_id: str, request: Request, desk: Desk) -> Reply | None:
    """The button on a deploy that was refused: as if the command had been typed. None where a card answers.

    Raises:
        UnknownDeploy, and what `run` raises.
    """
    deploy = desk.store.get(deploy_id)
    if deploy is None:
        raise UnknownDeploy(id=deploy_id)
    reply = run(FollowCommand(deploy.service.name), request, desk)
    return None if reply.said_anyway else reply


def _refuse_our_own(service: str, desk: Desk) -> None:
    for each in desk.store.line(service)[:1]:
        first = desk.store.get(each)
        if first is None or not first.live or first.verb is Verb.FOLLOW or untouched(first):
            return
        raise OwnRollout(
            what=naming.at_start(first),
            state=standing(first),
            user=mention(first.requester),
            thread=replies.thread(first, desk.threads, capital=True),
        )
