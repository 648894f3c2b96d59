"""`/deploy follow SERVICE`: follows a rollout that somebody else began. A worker finds out whether there is
one."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import SERVICE, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys import deploy_text
from deploys.decisions import is_service_untouched
from deploys.errors import RolloutIsOurs
from deploys.mrkdwn import mention
from deploys.records.request import Verb


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues it, or says that the rollout is followed already. Other deploys of the service wait meanwhile.

    Raises:
        CommandTooLate, MentionTooLate
        RolloutIsOurs: what is in progress is a deploy of ours, which has its thread.
    """
    _refuse_own_rollout(command.service, context)
    return submit_deploy(command, request, context, verb=Verb.FOLLOW)


def _refuse_own_rollout(service: str, context: AppContext) -> None:
    for deploy_id in context.store.service_queue(service)[:1]:
        first = context.store.get(deploy_id)
        if not first or not first.in_progress or first.verb is Verb.FOLLOW or is_service_untouched(first):
            return
        raise RolloutIsOurs(
            what=deploy_text.name_at_start(first),
            state=deploy_text.status_text(first),
            user=mention(first.request.requester),
            thread=context.threads.link(first.thread_id, "Its thread"),
        )


SUBCOMMAND = Subcommand(
    name="follow",
    arguments=(SERVICE,),
    help="follows a rollout that was started outside Slipway",
    allowed=Allowed.DEPLOYERS,
    run=run,
)
