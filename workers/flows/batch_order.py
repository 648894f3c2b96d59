"""Deploys that were asked for at once: who waits for whom, and who is left alone.

That is asked before each step until the first change. What has begun is finished as if it were alone, since
leaving it halfway would help nobody. A deploy that was cancelled, rejected, superseded or has expired counts
as a failure here.

One that waits for its turn keeps its place in its service's line, so others of that service wait behind it.
As a batch enters all lines in one script, waiting always leads to what was asked for earlier, or stands
earlier in the batch: two batches cannot lock each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deploys.records.batch import Skipped, WaitsFor, check_batch_order
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase, Stage
from workers.flows.ending import end_deploy
from workers.messages import outcomes
from workers.step_context import StepContext, StepResult

POLL_SECONDS = 15.0
"""Between two looks at the others (seconds). They ring when they end; this is the safety net for a ring that
came while the deploy was looking."""

Step = Callable[[Deploy, StepContext], StepResult]


def with_batch_order(step: Step) -> Step:
    """The step, for a deploy that its batch allows to take it."""

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
    """Said in the thread alone: the channel has heard of the failure itself."""
    reason = outcomes.not_started_in_batch(other)
    refused = deploy.evolve(end_reason=reason)
    return end_deploy(refused, context, Outcome.REFUSED, outcomes.refused(reason), quiet=True)


def _with_poll(result: StepResult) -> StepResult:
    if result.deploy.phase.facts.stage is Stage.BEFORE_REVISION and result.delay > POLL_SECONDS:
        return replace(result, delay=POLL_SECONDS)
    return result
