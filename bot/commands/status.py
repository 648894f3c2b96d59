"""`/deploy status [SERVICE]`"""

from __future__ import annotations

from collections.abc import Sequence

from bot import reply_texts
from bot.app_context import AppContext
from bot.grammar import StatusCommand
from bot.private_reply import PrivateReply, bullet_list, section_block
from deploys import deploy_text
from deploys.deploy_text import status_text
from deploys.formatting import time_ago
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.stores.lost_deploys import LostDeploy, LostDeploys, lost_deploy_text

MAX_ENDED_SHOWN = 5
"""Ended deploys in one answer (count)."""
MAX_CHARS = {"found": 700, "under way": 1400, "waiting": 1200, "ended": 900}
"""Characters for each part."""


def run(command: StatusCommand, context: AppContext) -> PrivateReply:
    """What was found stopped, what is under way, what waits and what ended lately.

    Raises:
        UnknownService
    """
    service = context.catalogue.get_service(command.service).name if command.service else None
    known = [each for each in context.store.active() if service in (None, each.service.name)]
    moving = [each for each in known if each.in_progress and each.phase is not Phase.WAITING]
    waiting = [each for each in known if each.in_progress and each.phase is Phase.WAITING]
    recent = context.store.recent(service, MAX_ENDED_SHOWN + len(known))
    ended = [each for each in recent if not each.in_progress][:MAX_ENDED_SHOWN]
    about = f" of {code(service)}" if service else ""
    lost = [each for each in LostDeploys(context.store.redis).all() if service in (None, each.service)]
    under_way = _section(f"*Under way*{about}", moving, MAX_CHARS["under way"], context)
    parts = [
        _lost_section(lost, context.now()),
        under_way or ("" if lost else f"Nothing{about} is under way."),
        _section("*Waiting in line*", waiting, MAX_CHARS["waiting"], context),
        _section("*Ended lately*", ended, MAX_CHARS["ended"], context),
    ]
    shown = [part for part in parts if part]
    return PrivateReply("\n\n".join(shown), tuple(section_block(part) for part in shown))


def _lost_section(found: Sequence[LostDeploy], now: float) -> str:
    lines = bullet_list([lost_deploy_text(each, now) for each in found], MAX_CHARS["found"])
    return f"*Found stopped, and being brought back*\n{lines}" if found else ""


def _section(title: str, deploys: Sequence[Deploy], max_chars: int, context: AppContext) -> str:
    return (
        f"{title}\n{bullet_list([_describe_deploy(each, context) for each in deploys], max_chars)}"
        if deploys
        else ""
    )


def _describe_deploy(deploy: Deploy, context: AppContext) -> str:
    follows = deploy.verb is Verb.FOLLOW
    if deploy.ended_at is not None:
        told = f"{time_ago(context.now() - deploy.ended_at)}; {'' if follows else 'asked for '}{deploy_text.requested_by(deploy)}"
    elif follows:
        told = f"; {deploy_text.requested_by(deploy)}, who asked {time_ago(context.now() - deploy.request.requested_at)}"
    else:
        told = f"; asked for {time_ago(context.now() - deploy.request.requested_at)} {deploy_text.requested_by(deploy)}"
    gap = " " if deploy.ended_at is not None else ""
    looked_at = "; looked at once more" if deploy.phase is Phase.SETTLING else ""
    view = context.threads.state(deploy.thread_id)
    alone = view is not None and view.refused_privately
    thread = "told to the requester alone" if alone else reply_texts.thread_link(deploy, context.threads)
    return f"{deploy_text.deploy_name(deploy)} {status_text(deploy)}{gap}{told}{looked_at}; {thread} (deploy {code(deploy.id)})"
