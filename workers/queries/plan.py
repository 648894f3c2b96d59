"""`/deploy plan SERVICE TAG`: everything that a deploy would check and show, and nothing changed.

It is made by the very code that a deploy plans with, under a claim whose lease is over: it may look, and
every guard and commit refuses it. While a deploy of the service changes it, there is nothing to plan on; that
is said.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from deploys import naming
from deploys.catalogue.service import Service
from deploys.claims import Claim
from deploys.decisions import untouched
from deploys.deploy import Deploy, Phase, Plan
from deploys.mrkdwn import code, mentions, plural
from deploys.standing import standing
from deploys.store import Store
from workers.ecs import session_names
from workers.ecs.session import Aws
from workers.flows.planning import make_plan
from workers.flows.words import asking, checking, images, preparing, scaling
from workers.flows.words.measures import duration, short
from workers.flows.words.shifting import strategy
from workers.sights import Fresh
from workers.turn import Gate, Pace, Turn

AHEAD_SHOWN = 5
"""Deploys ahead in the line that are named (count)."""


def plan(deploy: Deploy, *, store: Store, aws: Aws, gate: Gate) -> str:
    """What this deploy, which is in no store, would change.

    Raises:
        Refused: what the deploy would be refused for.
        AwsError: AWS did not tell.
    """
    gate.may_deploy(deploy.requester, deploy.service.name, deploy.channel)
    ahead = _ahead(deploy.service, store)
    moving = next((each for each in ahead if each.live and not untouched(each)), None)
    if moving is not None:
        return _later(deploy, ahead, moving)
    turn = Turn(
        _claim_of_nothing(deploy),
        store=store,
        region=aws.of(deploy.service, session_names.PLAN),
        gate=gate,
        sights=Fresh(aws, session_names.PLAN),
        pace=Pace(),
        now=time.time,
    )
    return _told(deploy, make_plan(deploy, turn), ahead)


def _claim_of_nothing(deploy: Deploy) -> Claim:
    """A turn with it may look, but every guard and every commit refuses it: its lease is over."""
    return Claim(deploy, fence=0, token="", claimed_at=0.0, lease_seconds=0.0)


def _ahead(service: Service, store: Store) -> list[Deploy]:
    found = (store.get(each) for each in store.line(service.name))
    return [deploy for deploy in found if deploy is not None]


def _later(deploy: Deploy, ahead: Sequence[Deploy], moving: Deploy) -> str:
    """What ECS says now is neither what ran before nor what will run."""
    return (
        f"{naming.name(deploy)} would wait in line, and what it would change depends on how that goes: "
        f"{naming.in_sentence(moving)} {standing(moving)}. Ask again when it has ended.\n"
        f"• {_line(ahead)}"
    )


def _told(deploy: Deploy, made: Plan, ahead: Sequence[Deploy]) -> str:
    lines = [
        *_definition(made),
        images.found(made),
        *images.pinned(made),
        f"{scaling.count(made)} before and after",
        *_strategy(deploy.service, made),
        *asking.grace(deploy, made),
        *asking.express_mode(made),
        *preparing.planned(deploy, made),
        *checking.planned(deploy),
        _approval(deploy.service),
        _line(ahead),
    ]
    head = f"*Plan* of {naming.name(deploy)}, as of now. Nothing was changed."
    return "\n".join([head, *(f"• {line}" for line in lines)])


def _definition(made: Plan) -> list[str]:
    """What of the task definition changes."""
    lines = []
    for change in made.changes:
        container, new = f"container {code(change.container)}", images.new(change, made)
        if change.old_image != change.new_image:
            lines.append(f"{container}: {images.old(change, made)} → {new}")
        elif made.pinned:
            lines.append(f"{container}: {new}, the image that runs now, by another tag")
        else:
            lines.append(f"{container}: {new}, the same tag on another image than runs now")
    running = code(short(made.old_revision))
    return [*lines, f"revision {running} runs now; a new one is made of it, and all else in it stays"]


def _strategy(service: Service, made: Plan) -> list[str]:
    if made.traffic is not None:
        return strategy(made, made.traffic, service)
    if made.downtime:
        estimate = f", about {duration(made.downtime_estimate)}" if made.downtime_estimate else ""
        stops = (
            f"{service.strategy}, *downtime{estimate}*: every old task is stopped, and proven stopped, "
            "before a new one starts"
        )
        return [stops, scaling.planned(made.scaling)] if made.scaling else [stops]
    return [f"{service.strategy}, {asking.replaced(made)}"]


def _approval(service: Service) -> str:
    if not service.approvals:
        return "no approval needed"
    return f"needs {plural(service.approvals, 'approval')}, from {mentions(service.approvers)}"


def _line(ahead: Sequence[Deploy]) -> str:
    if not ahead:
        return "nobody is ahead in the line, so it would start at once"
    named = ", ".join(
        f"{naming.errand(each)} {naming.by(each)} ({_stands(each)})" for each in ahead[:AHEAD_SHOWN]
    )
    more = f" and {len(ahead) - AHEAD_SHOWN} more" if len(ahead) > AHEAD_SHOWN else ""
    return f"{plural(len(ahead), 'deploy')} ahead in the line: {named}{more}"


def _stands(deploy: Deploy) -> str:
    """An ended deploy is in its line while it settles: what it does matters here, not how it ended."""
    return "is looked at once more" if deploy.phase is Phase.SETTLING else standing(deploy)
