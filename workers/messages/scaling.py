"""Application Auto Scaling, in plans and messages."""

from __future__ import annotations

from deploys.formatting import slack_time
from deploys.mrkdwn import mention, plural
from deploys.records.deploy import Deploy
from deploys.records.plan import Plan
from deploys.records.restore_point import ALL_SUSPENDED, SavedScaling, ScalingPlan, SuspendedState
from workers.messages.rollback_reasons import without_retry_promise


def count_moved_by_scaling(deploy: Deploy, shown: Plan, fresh: Plan) -> str:
    """The count differs from the one shown, and the plan still counts."""
    bounds = f"{shown.scaling.minimum} to {shown.scaling.maximum}" if shown.scaling else ""
    approval = ", so the approval still counts" if deploy.service.approvals else ""
    return (
        f"Application Auto Scaling set the count from {shown.desired_count} to "
        f"{plural(fresh.desired_count, 'task')} since the plan was shown. That is within {bounds}{approval}."
    )


def count_moved_by_hand(shown: Plan, fresh: Plan) -> str:
    return f"{_count_moved(shown, fresh)}, and nothing scales this service automatically."


def count_moved_while_suspended(shown: Plan, fresh: Plan) -> str:
    return (
        f"{_count_moved(shown, fresh)}, and the part of Application Auto Scaling that could do that is "
        "suspended."
    )


def count_moved_out_of_bounds(shown: Plan, fresh: Plan) -> str:
    return (
        f"{_count_moved(shown, fresh)}, outside its scaling "
        f"limits{_both_bounds(shown.scaling, fresh.scaling)}."
    )


def count_moved_unknown(shown: Plan, fresh: Plan) -> str:
    """AWS does not say whether the service is scaled."""
    unknown = next(s.unknown_reason for s in (fresh.scaling, shown.scaling) if s and s.unknown_reason)
    why = without_retry_promise(unknown)
    return f"{_count_moved(shown, fresh)}, and I cannot tell whether Application Auto Scaling did that: {why}"


def _count_moved(shown: Plan, fresh: Plan) -> str:
    return f"The count went from {shown.desired_count} to {plural(fresh.desired_count, 'task')}"


def _both_bounds(shown: ScalingPlan | None, fresh: ScalingPlan | None) -> str:
    if shown is None or fresh is None:
        return ""
    then, now = (f"{each.minimum} to {each.maximum}" for each in (shown, fresh))
    return f" ({then})" if then == now else f" ({then} in the plan, {now} now)"


def plan_line(plan: ScalingPlan) -> str:
    """A line of the plan."""
    if plan.unknown_reason:
        return (
            f"I cannot tell whether Application Auto Scaling scales this service: {plan.unknown_reason} If "
            "it does, it may start old tasks during the stop; then I roll back"
        )
    return (
        f"Application Auto Scaling ({_bounds(plan.minimum, plan.maximum)}) is suspended until the end, then "
        f"restored to what it is now: {suspended_processes(plan.suspended_before)}"
    )


def effect_on_count(plan: ScalingPlan | None, count: int) -> str:
    """What becomes of a count that a person sets, without a full stop.

    Outside of its limits Application Auto Scaling does nothing at once. Its next activity towards them begins
    by going to the limit (ECS developer guide, "Automatically scale your Amazon ECS service").
    """
    if plan is None:
        return "nothing scales this service automatically, so the count stays until somebody changes it"
    if plan.unknown_reason:
        return (
            "I cannot tell whether Application Auto Scaling scales this service: "
            f"{without_retry_promise(plan.unknown_reason).rstrip('.')}"
        )
    scales = f"Application Auto Scaling ({_bounds(plan.minimum, plan.maximum)})"
    suspended = suspended_processes(plan.suspended_before)
    if plan.suspended_before == ALL_SUSPENDED:
        return f"{scales} is suspended, so the count stays until somebody changes it or resumes that"
    note = f" (now {suspended})" if plan.suspended_before != SuspendedState() else ""
    if count < plan.minimum:
        return (
            f"{scales} will not keep this: the next time it scales out, it sets at least {plan.minimum}{note}"
        )
    if count > plan.maximum:
        return (
            f"{scales} will not keep this: the next time it scales in, it sets at most {plan.maximum}{note}"
        )
    return f"{scales} may change the count again at any time{note}"


def scaled_to_zero_by(user: str, at: float) -> str:
    """For a refusal, behind `is set to 0 tasks`."""
    return f", as {mention(user)} asked {slack_time(at)}"


def blocked_line(desired: int, minimum_percent: int, maximum_percent: int, working_maximum: int) -> str:
    """A line of the plan, if Application Auto Scaling may leave ECS no task that it can replace.

    working_maximum: the lowest maximumPercent that avoids this.
    """
    return (
        f"at {plural(desired, 'task')}, which Application Auto Scaling may set meanwhile, ECS could neither "
        f"stop nor start one ({minimum_percent} to {maximum_percent} percent), and the rollout would not "
        f"move; a maximum percent of {working_maximum} or more avoids this"
    )


def suspending(scaling: SavedScaling) -> str:
    return (
        f"Suspending Application Auto Scaling ({_bounds(scaling.minimum, scaling.maximum)}), so that it does "
        f"not start tasks during the stop. Before: {suspended_processes(scaling.suspended_before)}. I "
        "restore that at the end, whatever happens."
    )


def suspending_again(scaling: SavedScaling) -> str:
    return (
        "Application Auto Scaling is not suspended any more, so it could start tasks while the new ones are "
        f"being stopped. I suspend it once more ({_bounds(scaling.minimum, scaling.maximum)}). Before that: "
        f"{suspended_processes(scaling.suspended_before)}. I restore that at the end."
    )


def scaling_restored(before: SuspendedState) -> str:
    text = f"Application Auto Scaling is as it was before: {suspended_processes(before)}."
    if before.scheduled:
        return text
    return f"{text} Scheduled actions that were due in the meantime are not run later."


def scaling_left_as_is(now: SuspendedState, before: SuspendedState) -> str:
    return (
        "Somebody changed Application Auto Scaling during the deploy, so I leave it as it is: "
        f"{suspended_processes(now)}. Before the deploy: {suspended_processes(before)}."
    )


def target_deleted() -> str:
    return (
        "The service's scalable target was deregistered during the deploy, so there is no Application Auto "
        "Scaling to restore."
    )


def scaled_service_deleted() -> str:
    return "The service is gone, so Application Auto Scaling has nothing to scale and stays suspended."


def suspended_again_after_end() -> str:
    return (
        "*Needs attention*: Application Auto Scaling was suspended again after I had restored it; a late "
        "call of mine may have done that. I restored it once more."
    )


def still_suspended(what: str, attempts: int) -> str:
    return (
        "*Needs attention*: Application Auto Scaling is still suspended, because I cannot restore it. "
        f"{without_retry_promise(what)} (tried {plural(attempts, 'time')}; I keep trying, and the service's "
        "next deploy waits.)"
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
