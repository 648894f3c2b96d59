"""Deploys that were requested as one batch: which waits for which, and which is not started at all.

This is asked before each step until the first change. A deploy that has changed something is finished
whatever the others do. A deploy that was cancelled, rejected, superseded or has expired counts as failed
here.

A deploy that waits for another one of its batch keeps its place in the queue of its service. A batch enters
all queues in one script, so a deploy only ever waits for an earlier request, or for one earlier in its batch:
two batches cannot block each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deploys.records.batch import Skipped, WaitsFor, check_batch_order
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase, Stage
from deploys.records.plan import Instead
from workers.flows.ending import end_deploy
from workers.messages import outcomes
from workers.step_context import StepContext, StepResult

POLL_SECONDS = 15.0
"""Between two reads of the other deploys (seconds). Their end enqueues this one; this is the safety net in
case that happens while it reads them.
"""

Step = Callable[[Deploy, StepContext], StepResult]


def with_batch_order(step: Step) -> Step:
    """The step, taken only if the batch allows the deploy to go on."""

    def run_step(deploy: Deploy, context: StepContext) -> StepResult:
        batch = context.coordinated_batch()
        if batch is None or deploy.cancel:
            return step(deploy, context)
        match check_batch_order(*batch, deploy):
            case Skipped(other):
                return _end_left_alone(deploy, context, other)
            case WaitsFor() if deploy.phase is Phase.WAITING:
                return StepResult(deploy, delay=POLL_SECONDS)
        return _with_poll(step(deploy, context))

    return run_step


def _end_left_alone(deploy: Deploy, context: StepContext, other: Deploy) -> StepResult:
    """Reported in the thread only: the failure itself was posted in the channel."""
    reason = outcomes.not_started_in_batch(other)
    refused = deploy.evolve(end_reason=reason, refusal={"instead": Instead.AGAIN})
    return end_deploy(refused, context, Outcome.REFUSED, outcomes.refused(reason), quiet=True)


def _with_poll(result: StepResult) -> StepResult:
    if result.deploy.phase.facts.stage is Stage.BEFORE_REVISION and result.delay > POLL_SECONDS:
        return replace(result, delay=POLL_SECONDS)
    return result
