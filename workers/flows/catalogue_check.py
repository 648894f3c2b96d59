"""Until the first change services.yml counts, not the copy of the service in the record.

Every step before the revision asks. Those that follow ask by `first_change`.
"""

from __future__ import annotations

from collections.abc import Callable

from deploys.records.deploy import Deploy
from workers.step_context import StepContext, StepResult

Step = Callable[[Deploy, StepContext], StepResult]


def with_catalogue(step: Step) -> Step:
    """The step, taken with the service as services.yml has it, and only if that is what was asked for."""

    def run_step(deploy: Deploy, context: StepContext) -> StepResult:
        if deploy.cancel:
            return step(deploy, context)
        return step(context.with_current_service(deploy), context)

    return run_step
