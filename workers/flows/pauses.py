"""PAUSE hooks: each becomes a question in the thread, and what became of it is said. Pure."""

from __future__ import annotations

from enum import Enum

from deploys.deploy import Deploy, MilestoneKind
from deploys.traffic import HookAction, Pause, PauseEnd, Shift
from workers.ecs.seen import HookSeen, ServiceDeploymentSeen
from workers.flows.words import pausing as words


class HookStand(Enum):
    """How a PAUSE hook stands."""

    WAITS = "waits"
    CONTINUED = "continued"
    REFUSED = "refused"  # told to roll back, or closed because the rollout goes back
    TIMED_OUT = "timed out"


STAND_BY_HOOK: dict[str, HookStand] = {
    "AWAITING_ACTION": HookStand.WAITS,
    "IN_PROGRESS": HookStand.WAITS,
    "SUCCEEDED": HookStand.CONTINUED,
    "FAILED": HookStand.REFUSED,
    "TIMED_OUT": HookStand.TIMED_OUT,
}
"""Every value of the enum DeploymentLifecycleHookStatus."""


def follow_pauses(deploy: Deploy, own: ServiceDeploymentSeen, going_back: bool, now: float) -> Deploy:
    """The deploy with its open pause closed where ECS has left it, and the next one opened."""
    shift = deploy.shift or Shift()
    pause = shift.pause
    if pause is not None:
        end = how_it_ended(pause, own, going_back)
        if end is None:
            return deploy
        over = pause.evolve(end=end, ended_at=now)
        deploy = _tell(deploy.evolve(shift=shift.with_pause(over)), over, now)
    return deploy if going_back or deploy.cancel or deploy.reason else _open_next(deploy, own, now)


def how_it_ended(pause: Pause, own: ServiceDeploymentSeen, going_back: bool) -> PauseEnd | None:
    """How ECS left the pause; None while it waits there."""
    hook = next((each for each in own.hooks if each.id == pause.hook_id), None)
    stands = _stand(hook, left=own.stage != pause.stage)
    if stands is HookStand.WAITS and not going_back:
        return None
    if stands is HookStand.TIMED_OUT:
        return PauseEnd.TIMED_OUT
    way = HookAction.CONTINUE if stands is HookStand.CONTINUED else HookAction.ROLLBACK
    if pause.answer is not None and pause.answer.tried and pause.answer.action is way:
        return PauseEnd.ANSWERED
    return PauseEnd.ELSEWHERE if way is HookAction.CONTINUE else PauseEnd.CALLED_OFF


def _stand(hook: HookSeen | None, *, left: bool) -> HookStand:
    """One that ECS no longer lists was continued if the stage was left."""
    if hook is None:
        return HookStand.CONTINUED if left else HookStand.WAITS
    return STAND_BY_HOOK.get(hook.status, HookStand.WAITS)


def _tell(deploy: Deploy, pause: Pause, now: float) -> Deploy:
    """What the thread does not know yet; a way back says its own reason."""
    answer = pause.answer
    text = ""
    if pause.end is PauseEnd.ANSWERED and answer is not None and answer.action is HookAction.CONTINUE:
        text = "" if answer.taken_at is not None else words.continued(answer.user)
    elif pause.end is PauseEnd.ELSEWHERE:
        text = words.continued_elsewhere(answer.user if answer else None)
    elif pause.end is PauseEnd.TIMED_OUT and pause.timeout_action is not HookAction.ROLLBACK:
        text = words.timed_out(pause)
    return deploy.saying(now, MilestoneKind.PROGRESS, text) if text else deploy


def _open_next(deploy: Deploy, own: ServiceDeploymentSeen, now: float) -> Deploy:
    """One question at a time, however many hooks wait."""
    shift = deploy.shift or Shift()
    asked = {pause.hook_id for pause in shift.pauses}
    hook = next((h for h in own.hooks if h.status == "AWAITING_ACTION" and h.id not in asked), None)
    if hook is None:
        return deploy
    pause = Pause(
        hook_id=hook.id,
        stage=own.stage,
        since=now,
        expires_at=hook.expires_at,
        timeout_action=HookAction.read(hook.timeout_action),
    )
    deploy = deploy.evolve(shift=shift.evolve(pauses=(*shift.pauses, pause)))
    text = words.question(deploy, pause, now)
    return deploy.saying(now, MilestoneKind.QUESTION, text, broadcast=True)
