"""What needs somebody's attention."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.formatting import duration
from deploys.mrkdwn import code, plural
from deploys.records.deploy import Deploy
from deploys.short_names import short_arn
from workers.messages import rollback_reasons
from workers.messages import tasks as tasks_messages


def rollback_waits_for_tasks(deploy: Deploy, now: float) -> str:
    timeout = tasks_messages.stop_timeout(deploy)
    tasks = ", ".join(tasks_messages.describe_task(task, timeout, now) for task in deploy.stop.old_tasks)
    return (
        "*Needs attention*: tasks do not stop, so the old version cannot start without running beside them: "
        f"{tasks}. I keep waiting; stop them by hand if you know that they do no work."
    )


def count_keeps_changing(count: int) -> str:
    return (
        f"*Needs attention*: something keeps setting the desired count to {count} while I stop the new "
        "tasks, so the old version cannot start without running beside them. I keep setting it to 0. Check "
        "what scales the service and suspend it."
    )


def count_keeps_going_to_zero(revision: str, count: int) -> str:
    return (
        "*Needs attention*: something keeps setting the desired count to 0 while I bring back "
        f"{code(short_arn(revision))}, so none of its tasks runs. I keep setting it to {count}. Check what "
        "scales or stops the service."
    )


def rollback_does_not_hold(deploy: Deploy, revision: str, seconds: float, causes: Sequence[str]) -> str:
    text = (
        f"*Needs attention*: the rollback does not hold. I set {code(short_arn(revision))}, and the service "
        f"is at {code(short_arn(deploy.ecs.new_revision))} again. I keep setting it, for {duration(seconds)} "
        "in all."
    )
    return "\n".join([text, *(f"• {cause}" for cause in causes)])


def rollback_still_does_not_hold(deploy: Deploy, revision: str, seconds: float, causes: Sequence[str]) -> str:
    """The same, after somebody's attention was already asked for."""
    text = (
        f"The rollback does not hold: the service is at {code(short_arn(deploy.ecs.new_revision))} again. I "
        f"keep setting {code(short_arn(revision))}, for {duration(seconds)} in all."
    )
    return "\n".join([text, *(f"• {cause}" for cause in causes)])


def still_retrying(what: str, attempts: int) -> str:
    return (
        f"*Needs attention*: {rollback_reasons.without_retry_promise(what)} (tried "
        f"{plural(attempts, 'time')}; I keep trying.)"
    )


def zero_after_end(count: int) -> str:
    return f"*Needs attention*: the desired count was 0 after the deploy ended. I set it back to {count}."


def zero_again_after_end() -> str:
    return (
        "*Needs attention*: the desired count is 0 again after I set it back. Somebody may want this, so I "
        "leave it there."
    )


def new_revision_after_end(revision: str) -> str:
    back = code(short_arn(revision))
    return (
        "*Needs attention*: a late call moved the service to the new revision again. I set it back to "
        f"{back}."
    )


def restore_revision_deleted(deploy: Deploy, recorded: str, at: str) -> str:
    return f"*Needs attention*: {rollback_reasons.restore_revision_deleted(deploy, recorded, at)}"


def other_revision_after_end(revision: str, at: str) -> str:
    return (
        f"*Needs attention*: the service is at {code(short_arn(at))} again, after I had set "
        f"{code(short_arn(revision))} back, so this is not a late call of mine. I leave it there. Look at "
        "the service's events."
    )


def copy_lacks_fields(revision: str, copy: str, fields: Sequence[str]) -> str:
    """The recorded revision was deregistered, and this boto3 cannot copy all of its fields."""
    old = code(short_arn(revision))
    return (
        f"*Needs attention*: {old} was deregistered, so I restore it as a copy, {code(short_arn(copy))}. The "
        f"copy lacks what this version of boto3 does not know: {', '.join(code(field) for field in fields)}. "
        f"Compare it with {old}, and upgrade boto3 where the workers run."
    )


def tag_not_removed(tag: str, what: str) -> str:
    return (
        f"The tag {code(tag)} could not be removed from the ECS service: "
        f"{rollback_reasons.without_retry_promise(what)}"
    )


def end_not_checked(what: str, *, keeps_trying: bool) -> str:
    """keeps_trying: the service was stopped for the deploy, so the check is repeated until it succeeds."""
    found = (
        "*Needs attention*: I could not check that the result holds. "
        f"{rollback_reasons.without_retry_promise(what)}"
    )
    return f"{found} Look at the service's revision and count.{' I keep trying.' if keeps_trying else ''}"


UNREADABLE_LEAD = "*Needs attention*: ECS does not show me the progress of this rollout"


def native_rollout_unreadable(deploy: Deploy, why: str) -> str:
    return (
        f"{UNREADABLE_LEAD}. Stages, traffic and pauses are not reported here, and no button answers a "
        "pause: answer it in ECS. The time at pauses counts towards the deadline of "
        f"{duration(deploy.service.deadline)}. {why}"
    )
