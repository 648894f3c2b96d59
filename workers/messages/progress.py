"""The progress of a deploy."""

from __future__ import annotations

from deploys.formatting import duration
from deploys.mrkdwn import code, mention, plural
from deploys.quoting import quoted
from deploys.records.deploy import Deploy
from deploys.records.restore_point import RestorePoint
from deploys.short_names import short_arn
from workers.messages.evidence import NO_EVIDENCE, Evidence, evidence_lines


def cancel_dropped(user: str, *, unsure: bool) -> str:
    why = "Slack does not say now whether they may" if unsure else "they may not cancel it now"
    again = " Cancel it again in a minute." if unsure else ""
    return f"{mention(user)} asked to cancel this, which does not count: {why}. It goes on.{again}"


def rollout_started(deploy: Deploy) -> str:
    return (
        f"{_revision_to_run(deploy)}; ECS rolls it out (deployment {code(deploy.ecs.deployment_id or '')})."
    )


def _revision_to_run(deploy: Deploy) -> str:
    """Where the revision comes from: a rollback usually reuses an earlier one."""
    known = deploy.plan is not None and deploy.ecs.new_revision == deploy.plan.source_revision
    return f"{'Returning to' if known else 'Registered'} {code(short_arn(deploy.ecs.new_revision))}"


def stopping_old_tasks(deploy: Deploy, restore_point: RestorePoint) -> str:
    return (
        f"{_revision_to_run(deploy)}. Stopping: the desired count goes from {restore_point.desired_count} "
        f"to 0. If anything fails, {code(short_arn(restore_point.revision))} and "
        f"{plural(restore_point.desired_count, 'task')} are brought back."
    )


def all_old_tasks_stopped(tasks: int, took: float) -> str:
    proven = "The old task is" if tasks == 1 else f"All {tasks} old tasks are"
    return f"{proven} proven STOPPED after {duration(took)}. The new version starts now."


def starting_new_tasks(deploy: Deploy, count: int) -> str:
    return (
        f"Starting {plural(count, 'task')} of {code(short_arn(deploy.ecs.new_revision))} "
        f"(deployment {code(deploy.ecs.deployment_id or '')})."
    )


def new_tasks_failing(evidence: Evidence) -> str:
    return "\n".join(["New tasks are failing; ECS keeps trying:", *evidence_lines(evidence)])


def rollback_tasks_failing(revision: str, evidence: Evidence) -> str:
    """Tasks of the old version do not start."""
    lead = f"*Needs attention*: tasks of {code(short_arn(revision))} do not start during the rollback:"
    return "\n".join([lead, *evidence_lines(evidence)])


def more_rollback_tasks_failing(revision: str, evidence: Evidence) -> str:
    """The same, after somebody's attention was already asked for."""
    lead = f"Also during the rollback to {code(short_arn(revision))}:"
    return "\n".join([lead, *evidence_lines(evidence)])


def stop_ignored_by_ecs(revision: str) -> str:
    return (
        "ECS accepted the request to stop the rollout but continues it. So I set "
        f"{code(short_arn(revision))} by an update instead, which starts its tasks again."
    )


def rolling_back(reason: str, revision: str, evidence: Evidence = NO_EVIDENCE) -> str:
    """evidence: what the thread was not told yet."""
    to = f" to {code(short_arn(revision))}" if revision else ""
    return "\n".join([f"Rolling back{to}: {reason}", *evidence_lines(evidence)])


def ecs_rolling_back(reason: str, evidence: Evidence) -> str:
    """ECS rolls back, as the reason says."""
    return "\n".join([reason, *evidence_lines(evidence)])


def ecs_gave_up_reason(reason: str) -> str:
    ecs_says = f" ({quoted(reason.rstrip('.'))})" if reason else ""
    return f"ECS gave up on the new revision and rolls back by itself{ecs_says}."


def ecs_rollback_reason(reason: str) -> str:
    """The same if ECS does not say whether it gave up by itself or was told to."""
    ecs_says = f" ({quoted(reason.rstrip('.'))})" if reason else ""
    return f"ECS rolls the new revision back{ecs_says}."


def stopped_outside_reason(reason: str) -> str:
    return f"a person or tool stopped the rollout in ECS ({quoted(reason.rstrip('.'))})."


def order_broken(seconds: float) -> str:
    when = "while an old one was still running"
    if seconds != float("inf"):
        when = f"{duration(seconds)} before the last old one stopped"
    return f"*Strict order was broken*: a new task started {when}."


def order_not_proven(what: str) -> str:
    """The tasks that prove strict order could not be read."""
    return f"*Strict order is not proven*: I could not read which tasks ran at the same time. {what}"


def order_broken_by_ecs() -> str:
    return (
        "*Strict order was broken*: ECS's circuit breaker started the old version again before the new one "
        "had stopped. Turn its rollback off for this service; then I restore the old version in order."
    )
