"""Why a deploy is refused or rolled back."""

from __future__ import annotations

from deploys.formatting import duration
from deploys.mrkdwn import code, mention, plural, with_reason
from deploys.quoting import quoted
from deploys.records.deploy import Deploy
from deploys.short_names import short_arn
from workers.messages import tasks as tasks_messages
from workers.messages.traffic import time_not_counted


def cancelled_by(user: str, reason: str = "") -> str:
    """reason: as the person typed it."""
    return with_reason(f"cancelled by {mention(user)}", reason)


def rollout_overdue(deploy: Deploy) -> str:
    text = f"the rollout did not finish within its deadline of {duration(deploy.service.deadline)}."
    return f"{text}{time_not_counted(deploy)}"


def crash_loop(deploy: Deploy, count: int, healthy_after: float) -> str:
    """healthy_after: how long a task has to run to count as healthy (seconds)."""
    limit = code(f"give_up_after: {deploy.service.give_up_after}")
    return (
        f"{plural(count, 'task')} of {code(short_arn(deploy.ecs.new_revision))} failed in a row, without one "
        f"in between that stayed healthy for {duration(healthy_after)} ({limit})."
    )


def overdue_and_unreadable(deploy: Deploy) -> str:
    """The deadline is over, and the last read failed."""
    return (
        f"the deadline of {duration(deploy.service.deadline)} is over, and I cannot read the state of the "
        f"rollout. {without_retry_promise(deploy.retries.last_error)}"
    )


def deployment_never_shown(deploy: Deploy) -> str:
    return (
        f"ECS accepted the update to {code(short_arn(deploy.ecs.new_revision))} but showed no deployment for "
        f"it within {duration(deploy.service.deadline)}."
    )


def rollout_failed(reason: str) -> str:
    return f"ECS says that the rollout failed{': ' + quoted(reason) if reason else '.'}"


def ecs_rollback_failed(why: str, reason: str) -> str:
    """ECS started a rollback for this, and it failed."""
    ecs_says = f" ({quoted(reason.rstrip('.'))})" if reason else ""
    return f"{why} That rollback failed too{ecs_says}."


def old_tasks_not_stopping(deploy: Deploy, now: float) -> str:
    timeout = tasks_messages.stop_timeout(deploy)
    tasks = ", ".join(tasks_messages.describe_task(task, timeout, now) for task in deploy.stop.old_tasks)
    return f"old tasks did not stop within {duration(deploy.service.deadline)}: {tasks}."


def count_changed(count: int) -> str:
    return f"somebody or something set the desired count to {count} while the service was being stopped."


def rollback_overdue(revision: str, seconds: float, given_up: bool) -> str:
    goes_on = "ECS has given up on it" if given_up else "ECS keeps trying to start its tasks"
    return (
        f"the rollback to {code(short_arn(revision))} did not finish within {duration(seconds)}. The service "
        f"is set to it, with its count; {goes_on}. Look at the service's events now."
    )


def rollback_did_not_hold(deploy: Deploy, revision: str, seconds: float) -> str:
    return (
        f"the rollback to {code(short_arn(revision))} did not hold. For {duration(seconds)} I kept setting "
        f"it, and each time the service went to {code(short_arn(deploy.ecs.new_revision))}, where it is now. "
        f"I leave it there. It was rolled back because: {deploy.outcome_reason}"
    )


def restore_revision_deleted(deploy: Deploy, recorded: str, at: str) -> str:
    return (
        f"{code(short_arn(recorded))}, which the service was set to before, was deleted in ECS, so it cannot "
        f"be brought back. The service keeps {code(short_arn(at))}, with its count. It was rolled back "
        f"because: {deploy.outcome_reason}"
    )


def without_retry_promise(what: str) -> str:
    """An error's message without its promise to try again, if that is over or quoted elsewhere."""
    for promise in _RETRY_PROMISES:
        what = what.removesuffix(promise)
    return what


_RETRY_PROMISES = (" It is tried again.", " I look before I try again.")


def aws_unreachable(what: str, seconds: float) -> str:
    return f"AWS could not be asked for {duration(seconds)}. {without_retry_promise(what)}"


def failing_for(what: str, seconds: float) -> str:
    return f"{without_retry_promise(what)} This has lasted {duration(seconds)} now."
