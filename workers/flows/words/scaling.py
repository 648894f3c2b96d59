"""What is told about Application Auto Scaling."""

from __future__ import annotations

from deploys.deploy import Deploy, Plan
from deploys.mrkdwn import plural
from deploys.scaling import EVERYTHING, Scaling, ScalingPlan, Suspension
from workers.flows import task_limits
from workers.flows.approved_plan import Since
from workers.flows.words.reasons import without_promise


def count(plan: Plan) -> str:
    """`3 tasks (autoscaled, 2 to 6)`."""
    tasks, scaled = plural(plan.desired_count, "task"), plan.scaling
    if scaled is None or scaled.unknown:
        return tasks
    if scaled.before == EVERYTHING:
        return f"{tasks} (autoscaling is suspended)"
    return f"{tasks} (autoscaled, {scaled.minimum} to {scaled.maximum})"


def moved(deploy: Deploy, shown: Plan, fresh: Plan) -> str:
    """The count is another than the one shown, and the plan is still the same."""
    bounds = f"{shown.scaling.minimum} to {shown.scaling.maximum}" if shown.scaling else ""
    approval = ", so the approval stands" if deploy.service.approvals else ""
    return (
        f"Application Auto Scaling set the count from {shown.desired_count} to "
        f"{plural(fresh.desired_count, 'task')} since the plan was shown. That is within {bounds}{approval}."
    )


def moved_otherwise(shown: Plan, fresh: Plan, became: Since) -> str:
    """Why another count is another plan; empty where more than the count changed."""
    went = f"The count went from {shown.desired_count} to {plural(fresh.desired_count, 'task')}"
    match became:
        case Since.BY_HAND:
            return f"{went}, and nothing scales this service by itself."
        case Since.HELD:
            return f"{went}, and what Application Auto Scaling could do that with is suspended."
        case Since.OUTSIDE:
            return f"{went}, which is outside of what it is scaled to{_both(shown.scaling, fresh.scaling)}."
        case Since.UNKNOWN:
            unknown = next(s.unknown for s in (fresh.scaling, shown.scaling) if s and s.unknown)
            why = without_promise(unknown)
            return f"{went}, and I cannot tell whether Application Auto Scaling did that: {why}"
    return ""


def _both(shown: ScalingPlan | None, fresh: ScalingPlan | None) -> str:
    if shown is None or fresh is None:
        return ""
    then, now = (f"{each.minimum} to {each.maximum}" for each in (shown, fresh))
    return f" ({then})" if then == now else f" ({then} in the plan, {now} now)"


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


def blocked_when_scaled_in(plan: Plan) -> list[str]:
    """A line of the plan, if Application Auto Scaling may leave ECS no task that it can replace."""
    limits = task_limits.blocked_when_scaled_in(plan)
    if limits is None:
        return []
    return [
        f"at {plural(limits.desired, 'task')}, which Application Auto Scaling may set meanwhile, ECS could "
        f"neither stop nor start one ({limits.minimum_percent} to {limits.maximum_percent} percent), and the "
        f"rollout would stand still; a maximum percent of {limits.maximum_that_works} or more rules that out"
    ]


def suspending(scaling: Scaling) -> str:
    return (
        f"Suspending Application Auto Scaling ({_bounds(scaling.minimum, scaling.maximum)}), so that it does "
        f"not start tasks during the stop. Before: {suspended(scaling.before)}. I put that back, however "
        "this ends."
    )


def suspending_again(scaling: Scaling) -> str:
    return (
        "Application Auto Scaling is not suspended any more, so it could start tasks while the new ones are "
        f"being stopped. I suspend it once more ({_bounds(scaling.minimum, scaling.maximum)}). Before that: "
        f"{suspended(scaling.before)}. That is what I put back at the end."
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
