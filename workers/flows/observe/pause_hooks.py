"""PAUSE hooks: each becomes a question in the thread, and its end is reported. Pure.

If ECS no longer lists a hook, its answer, the time and the direction of the rollout decide how it ended.
"""

from __future__ import annotations

from enum import Enum

from deploys.pauses import latest_pause_number
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import QuestionKind, QuestionRef, ThreadMessageKind
from deploys.records.traffic import HookAction, Pause, PauseEnd, TrafficShift
from workers.ecs.state import ServiceDeploymentState
from workers.messages import pauses as messages


class PauseHookState(Enum):
    """The state of a PAUSE hook."""

    WAITING = "waits"
    CONTINUED = "continued"
    ROLLED_BACK = "refused"  # told to roll back, or closed because the rollout is rolled back
    TIMED_OUT = "timed out"


STATE_BY_HOOK_STATUS: dict[str, PauseHookState] = {
    "AWAITING_ACTION": PauseHookState.WAITING,
    "IN_PROGRESS": PauseHookState.WAITING,
    "SUCCEEDED": PauseHookState.CONTINUED,
    "FAILED": PauseHookState.ROLLED_BACK,
    "TIMED_OUT": PauseHookState.TIMED_OUT,
}
"""Every value of the enum DeploymentLifecycleHookStatus."""


def close_pause(
    deploy: Deploy, service_deployment: ServiceDeploymentState, rolling_back: bool, now: float
) -> Deploy:
    """The deploy with its open pause closed, if ECS has left it."""
    over = closed_pause(deploy.traffic or TrafficShift(), service_deployment, rolling_back, now)
    if over is None:
        return deploy
    return _report_pause_end(
        deploy.evolve(traffic=(deploy.traffic or TrafficShift()).with_last_pause(over)), over, now
    )


def closed_pause(
    shift: TrafficShift, service_deployment: ServiceDeploymentState, rolling_back: bool, now: float
) -> Pause | None:
    """The open pause with its end, if ECS has left it."""
    end = (
        find_pause_end(shift.open_pause, service_deployment, rolling_back, now) if shift.open_pause else None
    )
    return shift.open_pause.evolve(end=end, ended_at=now) if shift.open_pause and end else None


def find_pause_end(
    pause: Pause, service_deployment: ServiceDeploymentState, rolling_back: bool, now: float
) -> PauseEnd | None:
    """How ECS left the pause; None while it waits there."""
    hook = next((each for each in service_deployment.hooks if each.id == pause.hook_id), None)
    if hook is None:
        state = _state_of_unlisted_hook(pause, service_deployment, rolling_back, now)
    else:
        state = STATE_BY_HOOK_STATUS.get(hook.status, PauseHookState.WAITING)
    if state is PauseHookState.WAITING and not rolling_back:
        return None
    if state is PauseHookState.TIMED_OUT:
        return PauseEnd.TIMED_OUT
    action = HookAction.CONTINUE if state is PauseHookState.CONTINUED else HookAction.ROLLBACK
    if _is_by_our_answer(pause, action):
        return PauseEnd.ANSWERED
    return PauseEnd.ANSWERED_ELSEWHERE if action is HookAction.CONTINUE else PauseEnd.CLOSED_BY_ECS


def _is_by_our_answer(pause: Pause, action: HookAction) -> bool:
    """Whether an answer from the thread ended it. ECS accepts an answer only for a hook that waits, so an
    accepted answer is what ended it. An answer that was only tried has to agree with the direction of the
    rollout.
    """
    answer = pause.answer
    return answer is not None and (
        answer.accepted_at is not None or (answer.send_tried and answer.action is action)
    )


def _state_of_unlisted_hook(
    pause: Pause, service_deployment: ServiceDeploymentState, rolling_back: bool, now: float
) -> PauseHookState:
    """What became of a hook that ECS no longer lists: it has to show only the active ones (API reference)."""
    action = HookAction.ROLLBACK if rolling_back else HookAction.CONTINUE
    state = PauseHookState.ROLLED_BACK if rolling_back else PauseHookState.CONTINUED
    if _is_by_our_answer(pause, action):
        return state
    others_wait = any(each.status == "AWAITING_ACTION" for each in service_deployment.hooks)
    if not (rolling_back or others_wait or service_deployment.stage != pause.stage):
        return PauseHookState.WAITING
    is_expired = pause.expires_at is not None and now >= pause.expires_at
    return PauseHookState.TIMED_OUT if is_expired and pause.timeout_action is action else state


def _report_pause_end(deploy: Deploy, pause: Pause, now: float) -> Deploy:
    """Reports what the thread does not know yet. A rollback reports its own reason."""
    answer = pause.answer
    text = ""
    if pause.end is PauseEnd.ANSWERED and answer is not None and answer.action is HookAction.CONTINUE:
        text = "" if answer.accepted_at is not None else messages.continued(answer.user)
    elif pause.end is PauseEnd.ANSWERED_ELSEWHERE:
        text = messages.continued_outside(answer.user if answer else None)
    elif pause.end is PauseEnd.TIMED_OUT and pause.timeout_action is not HookAction.ROLLBACK:
        text = messages.answer_too_late(pause, answer) if answer is not None else messages.timed_out(pause)
    return deploy.with_message(now, ThreadMessageKind.PROGRESS, text) if text else deploy


def ask_at_next_pause(deploy: Deploy, service_deployment: ServiceDeploymentState, now: float) -> Deploy:
    """The deploy with the next question: one at a time, however many hooks wait."""
    shift = deploy.traffic or TrafficShift()
    pause = find_next_pause(shift, service_deployment, now)
    if pause is None:
        return deploy
    deploy = deploy.evolve(traffic=shift.evolve(pauses=(*shift.pauses, pause)))
    text = messages.question(deploy, pause)
    question = QuestionRef(kind=QuestionKind.PAUSE, number=latest_pause_number(deploy))
    return deploy.with_message(now, ThreadMessageKind.QUESTION, text, broadcast=True, question=question)


def find_next_pause(
    shift: TrafficShift, service_deployment: ServiceDeploymentState, now: float
) -> Pause | None:
    """Of the waiting hooks without a question, the one that expires first. One question is open at a time."""
    if shift.open_pause is not None:
        return None
    known = {pause.hook_id for pause in shift.pauses}
    waiting = [
        hook for hook in service_deployment.hooks if hook.status == "AWAITING_ACTION" and hook.id not in known
    ]
    if not waiting:
        return None
    hook = min(waiting, key=lambda each: each.expires_at or float("inf"))
    return Pause(
        hook_id=hook.id,
        stage=service_deployment.stage,
        since=now,
        expires_at=hook.expires_at,
        timeout_action=HookAction.parse(hook.timeout_action),
    )
