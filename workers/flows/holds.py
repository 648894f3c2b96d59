"""Before the first change a deploy waits while all deploys are stopped, its service is locked or frozen.

This is asked at every step that leaves the service unchanged. A deploy that has begun to change its service
goes on to its end: a service at desired count 0 helps nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deploys.decisions import is_approved
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from workers.step_context import StepContext, StepResult

POLL_SECONDS = 15.0
"""Between two looks at what holds a deploy (seconds). Whatever ends a hold enqueues the deploy; this is the
safety net."""

Step = Callable[[Deploy, StepContext], StepResult]


def with_holds(step: Step) -> Step:
    """The step, taken only if nothing holds the deploy."""

    def run_step(deploy: Deploy, context: StepContext) -> StepResult:
        if deploy.cancel:
            return step(deploy, context)
        hold = context.find_hold()
        if hold is None:
            return step(deploy.evolve(hold=None) if deploy.hold else deploy, context)
        held = deploy if deploy.hold == hold else deploy.evolve(hold=hold)
        left = POLL_SECONDS if hold.until is None else max(1.0, hold.until - context.now())
        seconds = min(POLL_SECONDS, left)
        if deploy.phase is Phase.AWAITING_APPROVAL and not is_approved(deploy):
            answered = step(held, context)  # a question is answered, and may end, while the deploy is held
            return replace(answered, delay=min(answered.delay, seconds))
        return StepResult(held, delay=seconds)

    return run_step
