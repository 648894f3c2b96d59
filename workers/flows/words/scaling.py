"""What is told about Application Auto Scaling."""

from __future__ import annotations

from deploys.mrkdwn import plural
from deploys.scaling import Scaling, ScalingPlan, Suspension
from workers.flows.words.reasons import without_promise


def planned(plan: ScalingPlan) -> str:
    """A line of the plan."""
    if plan.unknown:
        return (
            f"I cannot tell whether Application Auto Scaling scales this service: {plan.unknown} If it does, "
            "it may start old tasks during the stop; then I roll back"
        )
    return (
        f"Application Auto Scaling ({_bounds(plan.minimum, plan.maximum)}) is suspended until the end, then "
        f"put back as it is now: {suspended(plan.before)}"
    )


def suspending(scaling: Scaling) -> str:
    return (
        f"Suspending Application Auto Scaling ({_bounds(scaling.minimum, scaling.maximum)}), so that it does "
        f"not start tasks during the stop. Before: {suspended(scaling.before)}. I put that back, however "
        "this ends."
    )


def put_back(before: Suspension) -> str:
    text = f"Application Auto Scaling is as it was before: {suspended(before)}."
    if before.scheduled:
        return text
    return f"{text} Scheduled actions that fell due meanwhile are not made up for."


def left_alone(now: Suspension, before: Suspension) -> str:
    return (
        "Somebody changed Application Auto Scaling during the deploy, so I leave it as it is: "
        f"{suspended(now)}. Before the deploy: {suspended(before)}."
    )


def target_gone() -> str:
    return (
        "The service's scalable target was deregistered during the deploy, so there is no Application Auto "
        "Scaling to put back."
    )


def service_gone() -> str:
    return "The service is gone, so Application Auto Scaling has nothing to scale and stays suspended."


def suspended_late() -> str:
    return (
        "*Needs a look*: Application Auto Scaling was found suspended again after I had put it back; a late "
        "call of mine may have done that. I put it back once more."
    )


def still_suspended(what: str, attempts: int) -> str:
    return (
        "*Needs a look*: Application Auto Scaling is still suspended, because I cannot put it back. "
        f"{without_promise(what)} (tried {plural(attempts, 'time')}; I keep trying, and the service's next "
        "deploy waits.)"
    )


def suspended(processes: Suspension) -> str:
    """`nothing suspended`, `scaling out and scheduled scaling suspended`."""
    named = {
        "scaling in": processes.scale_in,
        "scaling out": processes.scale_out,
        "scheduled scaling": processes.scheduled,
    }
    which = [name for name, is_so in named.items() if is_so]
    if len(which) == len(named):
        return "everything suspended"
    return f"{' and '.join(which) or 'nothing'} suspended"


def _bounds(minimum: int, maximum: int) -> str:
    return f"{minimum} to {plural(maximum, 'task')}"
