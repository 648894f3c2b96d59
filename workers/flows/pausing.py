"""A PAUSE hook that somebody answered: ECS is told.

An answer is marked as tried before ECS is told, and adopted after a crash when the hook no longer waits.
Rolling back at a pause is open to whoever may cancel, since it is the same.
"""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind, Outcome
from deploys.errors import AwsDenied, AwsRefused, MembershipUnknown, Refused
from deploys.pauses import paused
from deploys.traffic import HookAction, Pause, PauseAnswer, Shift
from workers.ecs import rollouts
from workers.ecs.seen import ServiceDeploymentSeen
from workers.flows.ending import go_back, old_revision
from workers.flows.words import going
from workers.flows.words import pausing as words
from workers.turn import Next, Turn

PATIENCE_SECONDS = 30.0
"""What ECS gets to leave a pause that it was told to leave, before it is told again."""


def settle_pause(deploy: Deploy, turn: Turn, own: ServiceDeploymentSeen | None) -> Next | None:
    """Tells ECS the answer to the pause it stands at; None where there is nothing to tell.

    Raises:
        AwsError: ECS did not take it.
        MembershipUnknown: nobody can tell whether the answer counts.
    """
    if own is not None and _not_gone_back(deploy, turn.now()):
        return go_back(deploy, turn, Outcome.ROLLED_BACK, deploy.reason, told=words.not_gone_back())
    pause = paused(deploy)
    if pause is None or pause.answer is None or own is None:
        return None
    now, answer = turn.now(), pause.answer
    if answer.taken_at is not None and now - answer.taken_at < PATIENCE_SECONDS:
        return None
    try:
        turn.gate.may_answer(answer.user, deploy, answer.action)
    except MembershipUnknown:
        raise
    except Refused:
        return Next(_without_answer(deploy, pause, answer, now), after=turn.pace.watch_seconds)
    deploy = turn.write(_answered(deploy, pause, answer.evolve(tried=True)))
    turn.guard()
    try:
        rollouts.continue_(turn.region, own.arn, pause.hook_id, answer.action)
    except (AwsDenied, AwsRefused) as error:
        stale = isinstance(error, AwsRefused) and not deploy.attempts
        if answer.action is HookAction.CONTINUE or stale:
            raise
        # StopServiceDeployment, or an update, brings the same about.
        return go_back(deploy, turn, Outcome.ROLLED_BACK, words.rolled_back(answer.user, pause.stage))
    taken = _answered(deploy, pause, answer.evolve(tried=True, taken_at=turn.now()))
    if answer.taken_at is not None:
        return Next(taken, after=turn.pace.watch_seconds)
    return Next(_told(taken, pause, answer, turn.now()), after=turn.pace.watch_seconds)


def _not_gone_back(deploy: Deploy, now: float) -> bool:
    """Whether ECS took the answer to roll back, and goes forward all the same."""
    last = deploy.shift.pauses[-1] if deploy.shift and deploy.shift.pauses else None
    answer = last.answer if last else None
    if answer is None or answer.action is not HookAction.ROLLBACK or answer.taken_at is None:
        return False
    return now - answer.taken_at >= PATIENCE_SECONDS


def _told(deploy: Deploy, pause: Pause, answer: PauseAnswer, now: float) -> Deploy:
    if answer.action is HookAction.CONTINUE:
        return deploy.saying(now, MilestoneKind.PROGRESS, words.continued(answer.user))
    reason = words.rolled_back(answer.user, pause.stage)
    text = going.going_back(reason, old_revision(deploy))
    return deploy.saying(now, MilestoneKind.TROUBLE, text, reason=reason)


def _without_answer(deploy: Deploy, pause: Pause, answer: PauseAnswer, now: float) -> Deploy:
    """Access is checked at the click and again here; the pause waits for somebody else."""
    waits = deploy.evolve(shift=(deploy.shift or Shift()).with_pause(pause.evolve(answer=None)))
    return waits.saying(now, MilestoneKind.TROUBLE, words.access_lost(answer.user, answer.action))


def _answered(deploy: Deploy, pause: Pause, answer: PauseAnswer) -> Deploy:
    return deploy.evolve(shift=(deploy.shift or Shift()).with_pause(pause.evolve(answer=answer)))
