"""`/deploy status [SERVICE]`"""

from __future__ import annotations

from collections.abc import Sequence

from bot import replies
from bot.desk import Desk
from bot.fitting import fitting
from bot.grammar import StatusCommand
from bot.reply import Reply, section
from bot.times import ago
from deploys import naming
from deploys.deploy import Deploy, Phase, Verb
from deploys.lost import LostDeploy, LostDeploys, sentence
from deploys.mrkdwn import code
from deploys.standing import standing

MOST_ENDED = 5
"""Ended deploys in one answer (count)."""
ROOM = {"found": 700, "under way": 1400, "waiting": 1200, "ended": 900}
"""Characters for each part."""


def run(command: StatusCommand, desk: Desk) -> Reply:
    """What was found stopped, what is under way, what waits and what ended lately.

    Raises:
        UnknownService
    """
    service = desk.catalogue.service(command.service).name if command.service else None
    known = [each for each in desk.store.live() if service in (None, each.service.name)]
    moving = [each for each in known if each.live and each.phase is not Phase.WAITING]
    waiting = [each for each in known if each.live and each.phase is Phase.WAITING]
    recent = desk.store.recent(service, MOST_ENDED + len(known))
    ended = [each for each in recent if not each.live][:MOST_ENDED]
    about = f" of {code(service)}" if service else ""
    lost = [each for each in LostDeploys(desk.store.redis).all() if service in (None, each.service)]
    under_way = _part(f"*Under way*{about}", moving, ROOM["under way"], desk)
    parts = [
        _lost(lost, desk.now()),
        under_way or ("" if lost else f"Nothing{about} is under way."),
        _part("*Waiting in line*", waiting, ROOM["waiting"], desk),
        _part("*Ended lately*", ended, ROOM["ended"], desk),
    ]
    shown = [part for part in parts if part]
    return Reply("\n\n".join(shown), tuple(section(part) for part in shown))


def _lost(found: Sequence[LostDeploy], now: float) -> str:
    lines = fitting([sentence(each, now) for each in found], ROOM["found"])
    return f"*Found stopped, and being brought back*\n{lines}" if found else ""


def _part(title: str, deploys: Sequence[Deploy], room: int, desk: Desk) -> str:
    return f"{title}\n{fitting([_line(each, desk) for each in deploys], room)}" if deploys else ""


def _line(deploy: Deploy, desk: Desk) -> str:
    follows = deploy.verb is Verb.FOLLOW
    if deploy.ended_at is not None:
        told = f"{ago(desk.now() - deploy.ended_at)}; {'' if follows else 'asked for '}{naming.by(deploy)}"
    elif follows:
        told = f"; {naming.by(deploy)}, who asked {ago(desk.now() - deploy.requested_at)}"
    else:
        told = f"; asked for {ago(desk.now() - deploy.requested_at)} {naming.by(deploy)}"
    gap = " " if deploy.ended_at is not None else ""
    looked_at = "; looked at once more" if deploy.phase is Phase.SETTLING else ""
    view = desk.threads.view(deploy.told_in)
    alone = view is not None and view.refused_privately
    thread = "told to the requester alone" if alone else replies.thread(deploy, desk.threads)
    return (
        f"{naming.name(deploy)} {standing(deploy)}{gap}{told}{looked_at}; {thread} (deploy {code(deploy.id)})"
    )
