"""Which step each phase takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deploys.bell import WATCH
from deploys.deploy import Deploy, Phase, Verb
from deploys.store import ADVANCE
from workers.flows import (
    approval,
    checking,
    following,
    looking_on,
    planning,
    preparing,
    registering,
    restoring,
    rolling,
    settling,
    stop_start,
)
from workers.flows.adoption import adopting
from workers.flows.together import minding_the_others
from workers.turn import Next, Turn

Step = Callable[[Deploy, Turn], Next]


def _plan(deploy: Deploy, turn: Turn) -> Next:
    """Who only follows changes nothing, so there is nothing to plan."""
    return (looking_on.begin if deploy.verb is Verb.FOLLOW else planning.plan)(deploy, turn)


STEPS: Mapping[Phase, Step] = {
    Phase.WAITING: adopting(minding_the_others(planning.wait)),
    Phase.PLANNING: adopting(minding_the_others(_plan)),
    Phase.AWAITING_APPROVAL: adopting(minding_the_others(approval.await_approval)),
    Phase.REGISTERING: adopting(minding_the_others(registering.register)),
    Phase.PREPARING: adopting(preparing.prepare),
    Phase.UPDATING: adopting(rolling.update),
    Phase.RECORDING: adopting(stop_start.record),
    Phase.STOPPING: adopting(stop_start.stop),
    Phase.DRAINING: stop_start.drain,
    Phase.STARTING: stop_start.start,
    Phase.FOLLOWING: following.follow,
    Phase.CHECKING: checking.check,
    Phase.LOOKING_ON: looking_on.look_on,
    Phase.RESTORING: restoring.restore,
    Phase.FOLLOWING_BACK: restoring.follow_back,
    Phase.SETTLING: settling.settle,
}
"""Every phase but ENDED."""

WATCHED = {Phase.DRAINING, Phase.FOLLOWING, Phase.LOOKING_ON, Phase.FOLLOWING_BACK}
"""Phases that only look at ECS: one job looks for all deploys of a cluster."""


def bell(deploy: Deploy) -> str:
    """Which job the deploy is woken by."""
    return f"{WATCH}{deploy.cluster_key}" if deploy.phase in WATCHED else ADVANCE
