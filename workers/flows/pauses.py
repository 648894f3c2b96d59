"""PAUSE hooks: each becomes a question in the thread, and what became of it is said. Pure.

A hook that ECS lists no more is not guessed at: what was answered, the time and the way the rollout goes
decide.
"""

from __future__ import annotations

from enum import Enum

from deploys.deploy import Deploy, MilestoneKind
from deploys.traffic import HookAction, Pause, PauseEnd, Shift
from workers.ecs.seen import ServiceDeploymentSeen
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


def close_pause(deploy: Deploy, own: ServiceDeploymentSeen, going_back: bool, now: float) -> Deploy:
    """The deploy with its open pause closed where ECS has left it."""
    over = closed(deploy.shift or Shift(), own, going_back, now)
    if over is None:
        return deploy
    return _tell(deploy.evolve(shift=(deploy.shift or Shift()).with_pause(over)), over, now)


def closed(shift: Shift, own: ServiceDeploymentSeen, going_back: bool, now: float) -> Pause | None:
    """The open pause with its end, where ECS has left it."""
    end = how_it_ended(shift.pause, own, going_back, now) if shift.pause else None
    return shift.pause.evolve(end=end, ended_at=now) if shift.pause and end else None


def how_it_ended(pause: Pause, own: ServiceDeploymentSeen, going_back: bool, now: float) -> PauseEnd | None:
    """How ECS left the pause; None while it waits there."""
    hook = next((each for each in own.hooks if each.id == pause.hook_id), None)
    if hook is None:
        stands = _unlisted(pause, own, going_back, now)
    else:
        stands = STAND_BY_HOOK.get(hook.status, HookStand.WAITS)
    if stands is HookStand.WAITS and not going_back:
        return None
    if stands is HookStand.TIMED_OUT:
        return PauseEnd.TIMED_OUT
    way = HookAction.CONTINUE if stands is HookStand.CONTINUED else HookAction.ROLLBACK
    if _by_our_answer(pause, way):
        return PauseEnd.ANSWERED
    return PauseEnd.ELSEWHERE if way is HookAction.CONTINUE else PauseEnd.CALLED_OFF


def _by_our_answer(pause: Pause, way: HookAction) -> bool:
    """Whether it was left as somebody here said. ECS takes an answer only from a hook that waits, so one that
    it took is what ended it; one that was only tried has to agree with the way the rollout went."""
    answer = pause.answer
    return answer is not None and (answer.taken_at is not None or (answer.tried and answer.action is way))


def _unlisted(pause: Pause, own: ServiceDeploymentSeen, going_back: bool, now: float) -> HookStand:
    """What became of a hook that ECS lists no more: it need show only the active ones (API reference)."""
    way = HookAction.ROLLBACK if going_back else HookAction.CONTINUE
    stands = HookStand.REFUSED if going_back else HookStand.CONTINUED
    if _by_our_answer(pause, way):
        return stands
    others_wait = any(each.status == "AWAITING_ACTION" for each in own.hooks)
    if not (going_back or others_wait or own.stage != pause.stage):
        return HookStand.WAITS
    late = pause.expires_at is not None and now >= pause.expires_at
    return HookStand.TIMED_OUT if late and pause.timeout_action is way else stands


def _tell(deploy: Deploy, pause: Pause, now: float) -> Deploy:
    """What the thread does not know yet; a way back says its own reason."""
    answer = pause.answer
    text = ""
    if pause.end is PauseEnd.ANSWERED and answer is not None and answer.action is HookAction.CONTINUE:
        text = "" if answer.taken_at is not None else words.continued(answer.user)
    elif pause.end is PauseEnd.ELSEWHERE:
        text = words.continued_elsewhere(answer.user if answer else None)
    elif pause.end is PauseEnd.TIMED_OUT and pause.timeout_action is not HookAction.ROLLBACK:
        text = words.not_taken(pause, answer) if answer is not None else words.timed_out(pause)
    return deploy.saying(now, MilestoneKind.PROGRESS, text) if text else deploy


def open_next(deploy: Deploy, own: ServiceDeploymentSeen, now: float) -> Deploy:
    """The deploy with the next question asked: one at a time, however many hooks wait."""
    shift = deploy.shift or Shift()
    pause = next_pause(shift, own, now)
    if pause is None:
        return deploy
    deploy = deploy.evolve(shift=shift.evolve(pauses=(*shift.pauses, pause)))
    text = words.question(deploy, pause)
    return deploy.saying(now, MilestoneKind.QUESTION, text, broadcast=True)


def next_pause(shift: Shift, own: ServiceDeploymentSeen, now: float) -> Pause | None:
    """Of the hooks that wait and are not known yet, the one whose time is up first; None while one is
    open."""
    if shift.pause is not None:
        return None
    known = {pause.hook_id for pause in shift.pauses}
    waiting = [hook for hook in own.hooks if hook.status == "AWAITING_ACTION" and hook.id not in known]
    if not waiting:
        return None
    hook = min(waiting, key=lambda each: each.expires_at or float("inf"))
    return Pause(
        hook_id=hook.id,
        stage=own.stage,
        since=now,
        expires_at=hook.expires_at,
        timeout_action=HookAction.read(hook.timeout_action),
    )
