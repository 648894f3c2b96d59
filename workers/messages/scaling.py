"""What is told about Application Auto Scaling."""

from __future__ import annotations

from deploys import healthy_percent
from deploys.mrkdwn import plural
from deploys.plan_drift import PlanDrift
from deploys.records.deploy import Deploy, Plan
from deploys.records.restore_point import SavedScaling, ScalingPlan, SuspendedState
from workers.messages.rollback_reasons import without_retry_promise


def count_moved_by_scaling(deploy: Deploy, shown: Plan, fresh: Plan) -> str:
    """The count is another than the one shown, and the plan is still the same."""
    bounds = f"{shown.scaling.minimum} to {shown.scaling.maximum}" if shown.scaling else ""
    approval = ", so the approval stands" if deploy.service.approvals else ""
    return (
        f"Application Auto Scaling set the count from {shown.desired_count} to "
        f"{plural(fresh.desired_count, 'task')} since the plan was shown. That is within {bounds}{approval}."
    )


def count_moved_otherwise(shown: Plan, fresh: Plan, drift: PlanDrift) -> str:
    """Why another count is another plan; empty where more than the count changed."""
    went = f"The count went from {shown.desired_count} to {plural(fresh.desired_count, 'task')}"
    match drift:
        case PlanDrift.SCALED_BY_HAND:
            return f"{went}, and nothing scales this service by itself."
        case PlanDrift.SCALED_WHILE_SUSPENDED:
            return f"{went}, and what Application Auto Scaling could do that with is suspended."
        case PlanDrift.OUT_OF_BOUNDS:
            return f"{went}, which is outside of what it is scaled to{_both_bounds(shown.scaling, fresh.scaling)}."
        case PlanDrift.SCALING_UNKNOWN:
            unknown = next(s.unknown_reason for s in (fresh.scaling, shown.scaling) if s and s.unknown_reason)
            why = without_retry_promise(unknown)
            return f"{went}, and I cannot tell whether Application Auto Scaling did that: {why}"
    return ""


def _both_bounds(shown: ScalingPlan | None, fresh: ScalingPlan | None) -> str:
    if shown is None or fresh is None:
        return ""
    then, now = (f"{each.minimum} to {each.maximum}" for each in (shown, fresh))
    return f" ({then})" if then == now else f" ({then} in the plan, {now} now)"


def plan_line(plan: ScalingPlan) -> str:
    """A line of the plan."""
    if plan.unknown_reason:
        return (
            f"I cannot tell whether Application Auto Scaling scales this service: {plan.unknown_reason} If it does, "
            "it may start old tasks during the stop; then I roll back"
        )
    return (
        f"Application Auto Scaling ({_bounds(plan.minimum, plan.maximum)}) is suspended until the end, then "
        f"put back as it is now: {suspended_processes(plan.suspended_before)}"
    )


def blocked_lines(plan: Plan) -> list[str]:
    """A line of the plan, if Application Auto Scaling may leave ECS no task that it can replace."""
    limits = healthy_percent.limits_blocked_at_minimum(plan)
    if limits is None:
        return []
    return [
        f"at {plural(limits.desired, 'task')}, which Application Auto Scaling may set meanwhile, ECS could "
        f"neither stop nor start one ({limits.minimum_percent} to {limits.maximum_percent} percent), and the "
        f"rollout would stand still; a maximum percent of {limits.maximum_that_works} or more rules that out"
    ]


def suspending(scaling: SavedScaling) -> str:
    return (
        f"Suspending Application Auto Scaling ({_bounds(scaling.minimum, scaling.maximum)}), so that it does "
        f"not start tasks during the stop. Before: {suspended_processes(scaling.suspended_before)}. I put that back, however "
        "this ends."
    )


def suspending_again(scaling: SavedScaling) -> str:
    return (
        "Application Auto Scaling is not suspended any more, so it could start tasks while the new ones are "
        f"being stopped. I suspend it once more ({_bounds(scaling.minimum, scaling.maximum)}). Before that: "
        f"{suspended_processes(scaling.suspended_before)}. That is what I put back at the end."
    )


def scaling_restored(before: SuspendedState) -> str:
    text = f"Application Auto Scaling is as it was before: {suspended_processes(before)}."
    if before.scheduled:
        return text
    return f"{text} Scheduled actions that fell due meanwhile are not made up for."


def scaling_left_as_is(now: SuspendedState, before: SuspendedState) -> str:
    return (
        "Somebody changed Application Auto Scaling during the deploy, so I leave it as it is: "
        f"{suspended_processes(now)}. Before the deploy: {suspended_processes(before)}."
    )


def target_deleted() -> str:
    return (
        "The service's scalable target was deregistered during the deploy, so there is no Application Auto "
        "Scaling to put back."
    )


def scaled_service_deleted() -> str:
    return "The service is gone, so Application Auto Scaling has nothing to scale and stays suspended."


def suspended_again_after_end() -> str:
    return (
        "*Needs a look*: Application Auto Scaling was found suspended again after I had put it back; a late "
        "call of mine may have done that. I put it back once more."
    )


def still_suspended(what: str, attempts: int) -> str:
    return (
        "*Needs a look*: Application Auto Scaling is still suspended, because I cannot put it back. "
        f"{without_retry_promise(what)} (tried {plural(attempts, 'time')}; I keep trying, and the service's next "
        "deploy waits.)"
    )


def suspended_processes(processes: SuspendedState) -> str:
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
