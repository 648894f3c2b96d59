"""What people answer at a PAUSE hook: continue, or roll back. Pure: a record goes in, a new one comes out.

Who may answer is asked elsewhere (`deploys.access`); whether it still can be answered is asked here, within
the compare-and-set that writes it.
"""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.errors import PauseAnswered, PauseOver, QuestionClosed
from deploys.mrkdwn import mention
from deploys.pauses import number, paused
from deploys.standing import standing
from deploys.traffic import HookAction, Pause, PauseAnswer, PauseEnd, Shift

PRESSED = {HookAction.CONTINUE: "Continue", HookAction.ROLLBACK: "Roll back"}
"""The buttons' names."""
AT_TIMEOUT = {
    HookAction.CONTINUE: "continues by itself",
    HookAction.ROLLBACK: "rolls back by itself",
    None: "decides by itself",
}
"""What ECS does when nobody answers."""

_UNANSWERED = {
    PauseEnd.ELSEWHERE: "somebody continued it outside Slipway",
    PauseEnd.CALLED_OFF: "ECS closed it, because the rollout does not go on",
}


def answer(deploy: Deploy, user: str, action: HookAction, pause_number: int, now: float) -> Deploy:
    """The deploy with one person's answer to the pause that was shown.

    Raises:
        PauseAnswered: somebody answered that pause before.
        PauseOver: it was left without an answer from here, or its time is up.
        QuestionClosed: the deploy was cancelled, goes back or has ended.
    """
    shift = deploy.shift or Shift()
    asked = shift.pauses[pause_number - 1] if 0 < pause_number <= len(shift.pauses) else None
    if asked is not None and asked.end in _UNANSWERED:
        raise PauseOver(how=_UNANSWERED[asked.end])
    if asked is not None and (asked.end is PauseEnd.TIMED_OUT or _too_late(asked, now)):
        raise PauseOver(how=f"its time ran out, and ECS {AT_TIMEOUT[asked.timeout_action]}")
    if asked is not None and asked.answer is not None:
        raise PauseAnswered(user=mention(asked.answer.user), button=PRESSED[asked.answer.action])
    if deploy.cancel and deploy.live:
        raise QuestionClosed(state=f"is being cancelled, as {mention(deploy.cancel.user)} asked")
    if deploy.reason and deploy.live:
        raise QuestionClosed(state="is being rolled back")
    if asked is None or pause_number != number(deploy) or paused(deploy) is None:
        raise QuestionClosed(state=standing(deploy))
    return deploy.evolve(
        shift=shift.with_pause(asked.evolve(answer=PauseAnswer(user=user, action=action, at=now)))
    )


def _too_late(pause: Pause, now: float) -> bool:
    return pause.answer is None and pause.expires_at is not None and now >= pause.expires_at
