"""How a rollout that is only followed moves its traffic: stages, weights and pauses, each told once. Pure.

A pause has no buttons here. Following changes nothing, and the answer belongs to whoever knows what the pause
is for. `Shift` is the same record as for a rollout of ours; `deploys.pauses.paused` is true of ours alone, so
no click can answer a foreign pause.
"""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind
from deploys.traffic import PauseEnd, Shift
from workers.ecs.seen import ServiceDeploymentSeen, ServiceSeen
from workers.flows.pauses import closed, next_pause
from workers.flows.shifting import FORWARD, looked_at, told
from workers.flows.words import looking_on as words
from workers.flows.words import pausing


def observe(
    deploy: Deploy, seen: ServiceSeen | None, own: ServiceDeploymentSeen | None, now: float
) -> Deploy:
    """The deploy with what this look shows, and what of it is new said.

    ECS's strategy counts, not that of services.yml: nothing is done here that would have to agree with it.
    """
    if own is None or seen is None or seen.traffic is None:
        return deploy
    joined = deploy.shift is None
    shift = looked_at(deploy.shift or Shift(), own, now)
    deploy = _closed(deploy.evolve(shift=shift), own, now)
    if own.status not in FORWARD or deploy.reason:
        return deploy
    return _next_told(told(deploy, seen.traffic, now, joined=joined), own, now)


def _closed(deploy: Deploy, own: ServiceDeploymentSeen, now: float) -> Deploy:
    shift = deploy.shift or Shift()
    over = closed(shift, own, own.status not in FORWARD, now)
    if over is None:
        return deploy
    deploy = deploy.evolve(shift=shift.with_pause(over))
    if own.status not in FORWARD or over.end is PauseEnd.CALLED_OFF:
        return deploy  # the way back says its own reason
    text = pausing.timed_out(over) if over.end is PauseEnd.TIMED_OUT else words.continued()
    return deploy.saying(now, MilestoneKind.PROGRESS, text)


def _next_told(deploy: Deploy, own: ServiceDeploymentSeen, now: float) -> Deploy:
    """Whoever began the rollout answers its pauses: here nobody is asked."""
    shift = deploy.shift or Shift()
    pause = next_pause(shift, own, now)
    if pause is None:
        return deploy
    deploy = deploy.evolve(shift=shift.evolve(pauses=(*shift.pauses, pause)))
    return deploy.saying(now, MilestoneKind.PROGRESS, words.paused(deploy, pause))
