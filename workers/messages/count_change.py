"""Another desired count: the plan, the progress, and how it ended."""

from __future__ import annotations

from deploys.deploy_text import planned_count
from deploys.formatting import duration
from deploys.mrkdwn import code, mention, plural
from deploys.records.count_change import CountChange
from deploys.records.deploy import Deploy
from deploys.records.plan import Plan
from deploys.short_names import short_arn
from workers.messages import scaling
from workers.messages.evidence import NO_EVIDENCE, Evidence, evidence_lines


def plan_text(deploy: Deploy, plan: Plan) -> str:
    """The plan, before anything is changed."""
    service, wanted = code(deploy.service.name), _wanted(deploy)
    if plan.desired_count == wanted:
        head = f"*Plan* for {service}: nothing to set, its desired count is {wanted} already."
    else:
        head = f"*Plan* for {service}: from {planned_count(plan)} to {plural(wanted, 'task')}."
    lines = [f"revision {code(short_arn(plan.old_revision))} runs, and stays", *_effect_lines(plan, wanted)]
    return "\n".join([head, *(f"• {line}" for line in lines)])


def _effect_lines(plan: Plan, wanted: int) -> list[str]:
    lines = [scaling.effect_on_count(plan.scaling, wanted)]
    if wanted == 0:
        lines.insert(0, "*no task runs then*, until somebody scales it up again")
    return lines


def count_set(deploy: Deploy) -> str:
    return (
        f"Set the desired count from {_before(deploy)} to {plural(_wanted(deploy), 'task')}. "
        f"{'ECS starts' if _change(deploy).is_up else 'ECS stops'} "
        f"{plural(abs(_wanted(deploy) - _before(deploy)), 'task')}."
    )


def count_was_set(deploy: Deploy) -> str:
    return f"The desired count is {_wanted(deploy)} already. I only look whether as many tasks run."


def reached(deploy: Deploy, now: float) -> str:
    service, took = code(deploy.service.name), duration(now - deploy.request.requested_at)
    if _wanted(deploy) == 0:
        return (
            f"*Scaled to 0.* No task of {service} runs any more, after {took}. It stays so until somebody "
            f"scales it up: {code(f'/deploy scale {deploy.service.name} COUNT')}."
        )
    text = f"*Scaled.* {service} runs {plural(_wanted(deploy), 'task')}, after {took}."
    if deploy.plan is None or deploy.plan.scaling is None:
        return text
    effect = scaling.effect_on_count(deploy.plan.scaling, _wanted(deploy))
    return f"{text} {effect[0].upper()}{effect[1:]}."


def moved(deploy: Deploy, count: int) -> str:
    scaled = deploy.plan.scaling if deploy.plan else None
    who = "somebody"
    if scaled is not None and not scaled.unknown_reason:
        who = f"Application Auto Scaling ({scaled.minimum} to {scaled.maximum}) or somebody"
    return f"*Superseded*: {who} set the desired count to {count} meanwhile. I leave it."


def overdue(deploy: Deploy) -> str:
    running, deadline = deploy.rollout.counts.new_running, duration(deploy.service.deadline)
    if _change(deploy).is_up:
        return f"{running} of {plural(_wanted(deploy), 'task')} ran at the deadline of {deadline}."
    return f"{plural(running, 'task')} still ran at the deadline of {deadline}."


def stops_slowly(deploy: Deploy, reason: str) -> str:
    return f"*Failed*: {reason} The desired count stays {_wanted(deploy)}, and ECS goes on by itself."


def scaling_back(deploy: Deploy, reason: str, evidence: Evidence = NO_EVIDENCE) -> str:
    """evidence: what the thread was not told yet."""
    return "\n".join(
        [f"Scaling back to {plural(_before(deploy), 'task')}: {reason}", *evidence_lines(evidence)]
    )


def restored(deploy: Deploy) -> str:
    count = plural(_before(deploy), "task")
    if deploy.cancel is not None:
        return f"*Cancelled* by {mention(deploy.cancel.user)}: {count} of {code(deploy.service.name)} again."
    return f"*Scaled back* to {count}: {deploy.outcome_reason}"


def nothing_to_restore(deploy: Deploy) -> str:
    """The count was the same before, so it was not Slipway that set it."""
    if deploy.cancel is not None:
        return f"*Cancelled* by {mention(deploy.cancel.user)}. The desired count stays {_wanted(deploy)}."
    return (
        f"*Not reached*: {deploy.outcome_reason} The desired count was {_wanted(deploy)} before, and stays."
    )


def not_restored(deploy: Deploy, count: int) -> str:
    running = deploy.rollout.counts.new_running
    return (
        f"*Failed*: {deploy.outcome_reason} I set the desired count back to {_before(deploy)}; ECS shows "
        f"{count} wanted and {running} running by now. Look at the service's events."
    )


def changed_after_end(deploy: Deploy) -> str:
    return (
        f"*Needs attention*: the desired count was {_wanted(deploy)} again after I had set it back; a late "
        f"call of mine may have done that. I set it to {_before(deploy)} once more."
    )


def card_line(deploy: Deploy, plan: Plan) -> str:
    """What Application Auto Scaling will do, on the card."""
    line = "; ".join(_effect_lines(plan, _wanted(deploy)))
    return f"{line[0].upper()}{line[1:]}."


def _change(deploy: Deploy) -> CountChange:
    return deploy.count_change or CountChange(wanted=0)


def _wanted(deploy: Deploy) -> int:
    return _change(deploy).wanted


def _before(deploy: Deploy) -> int:
    """The count before; the same as now if no plan has found it yet."""
    before = _change(deploy).before
    return _wanted(deploy) if before is None else before
