"""Before the first change a deploy waits while all deploys are stopped, its service is locked or frozen.

This is asked at every step that leaves the service unchanged. A deploy that has begun to change its service
goes on to its end: a service at desired count 0 helps nobody.

Nobody waits for a deploy that is held: what nothing holds, such as a rollback, overtakes it. Then the held
one goes back into the queue and is planned again, so a service still has one active deploy at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deploys.pre_task import pre_task_started, task_phase
from deploys.records.audit_entry import AuditNote
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.phases import Phase
from deploys.records.plan import Instead
from deploys.records.request import Verb
from deploys.records.rollout import EcsIdentity
from deploys.records.thread_messages import ThreadMessageKind
from workers.flows.ending import end_refused
from workers.flows.plan.approval_voiding import voided_notes
from workers.messages import holds
from workers.step_context import StepContext, StepResult

POLL_SECONDS = 15.0
"""Between two looks at what holds a deploy (seconds). Whatever ends a hold enqueues the deploy; this is the
safety net."""

Step = Callable[[Deploy, StepContext], StepResult]


def with_holds(step: Step) -> Step:
    """The step, taken only if nothing holds the deploy. A question is answered also while it is held."""

    def run_step(deploy: Deploy, context: StepContext) -> StepResult:
        if deploy.cancel:
            return _without_hold_at_end(step(deploy, context))
        hold = context.find_hold()
        if hold is None:
            return step(_released(deploy, context), context)
        return _wait(deploy, context, hold, step)

    return run_step


def with_stop(step: Step) -> Step:
    """The step of a phase in which a revision is registered, taken unless all deploys are stopped and it has
    not begun. Locks and freezes hold such a deploy only if it waits already: it goes on unless one begins
    while all deploys are stopped.

    A stop may last for days, so after it the deploy goes back to the phase that checks access, approvals and
    the plan, unless its task before the rollout has run.
    """

    def run_step(deploy: Deploy, context: StepContext) -> StepResult:
        if deploy.cancel or _has_begun(deploy):
            return _without_hold_at_end(step(deploy, context))
        hold = context.find_hold()
        held_before = deploy.hold is not None
        if hold is not None and (
            hold.kind is HoldKind.STOP_ALL or (held_before and pre_task_started(deploy))
        ):
            return _wait(deploy, context, hold, step)
        if not held_before or pre_task_started(deploy):
            return step(_released(deploy, context), context)
        released = _released(deploy, context).in_phase(Phase.REGISTERING, context.now(), ecs=EcsIdentity())
        return StepResult(released)

    return run_step


def _has_begun(deploy: Deploy) -> bool:
    """Whether the intent of its phase is written, so that the change may be under way."""
    if deploy.phase is task_phase(deploy):
        return pre_task_started(deploy) or (
            deploy.pre_task is not None and deploy.pre_task.requested_at is not None
        )
    return deploy.ecs.update_tried or deploy.stop.restore_point is not None


def _released(deploy: Deploy, context: StepContext) -> Deploy:
    """Without its hold, and with the lock that it passes. The time that a phase may take begins again."""
    passed = context.find_passed_lock()
    if passed is not None and passed != deploy.passed_lock:
        deploy = deploy.evolve(passed_lock=passed)
    return deploy if deploy.hold is None else deploy.evolve(hold=None, phase_since=context.now())


def _wait(deploy: Deploy, context: StepContext, hold: Hold, step: Step) -> StepResult:
    result = _wait_or_let_pass(deploy, context, hold, step)
    if result.deploy.hold is None or (deploy.hold and _same_hold(deploy.hold, hold)):
        return result
    return replace(result, audit=(*result.audit, AuditNote(what="held", why=hold.sentence)))


def _same_hold(before: Hold, now: Hold) -> bool:
    """Its sentence may differ all the same: a freeze may end at another time now."""
    return (before.kind, before.lock) == (now.kind, now.lock)


def _wait_or_let_pass(deploy: Deploy, context: StepContext, hold: Hold, step: Step) -> StepResult:
    held = deploy if deploy.hold == hold else deploy.evolve(hold=hold)
    overtaker = context.find_overtaker()
    if overtaker is not None:
        return _let_pass(held, context, overtaker)
    seconds = POLL_SECONDS if hold.until is None else min(POLL_SECONDS, max(1.0, hold.until - context.now()))
    if deploy.phase is Phase.AWAITING_APPROVAL:
        answered = _without_hold_at_end(step(held, context))
        return replace(answered, delay=min(answered.delay, seconds))
    return StepResult(held, delay=seconds)


def _let_pass(deploy: Deploy, context: StepContext, overtaker: Deploy) -> StepResult:
    """Back into the queue, behind the other. What was planned and approved no longer holds then."""
    now = context.now()
    if deploy.phase is Phase.WAITING:
        return StepResult(deploy, delay=POLL_SECONDS, overtaken_by=overtaker.id)
    if pre_task_started(deploy):
        # It never runs twice, and its revision would replace another one by then.
        again = deploy.evolve(refusal={"instead": Instead.AGAIN})
        refused = end_refused(again, context, holds.overtaken_after_pre_task(overtaker))
        return _without_hold_at_end(refused)
    text = holds.overtaken(deploy, overtaker)
    waiting = deploy.with_message(now, ThreadMessageKind.PROGRESS, text).in_phase(
        Phase.WAITING,
        now,
        began_at=None,
        plan=None,
        tag=deploy.tag if deploy.verb is Verb.DEPLOY else "",
        approval={"decisions": (), "shown_at": None, "expires_at": None},
        pre_task=None,
        ecs=EcsIdentity(),
    )
    voided = voided_notes(deploy, text)
    return StepResult(waiting, delay=POLL_SECONDS, overtaken_by=overtaker.id, audit=voided)


def _without_hold_at_end(result: StepResult) -> StepResult:
    if result.deploy.outcome is None or result.deploy.hold is None:
        return result
    return replace(result, deploy=result.deploy.evolve(hold=None))
