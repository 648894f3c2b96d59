"""What somebody should have a look at.

What cannot be told of a rollout that shifts traffic.
"""

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
        f"*Needs a look*: tasks do not stop, so the old version cannot start without running beside them: "
        f"{tasks}. I keep waiting; stop them by hand if you know that they do no work."
    )


def count_keeps_changing(count: int) -> str:
    return (
        f"*Needs a look*: something keeps setting the desired count to {count} while I stop the new tasks, "
        "so the old version cannot start without running beside them. I keep setting it to 0. Look at what "
        "scales the service and suspend it."
    )


def count_keeps_going_to_zero(revision: str, count: int) -> str:
    return (
        "*Needs a look*: something keeps setting the desired count to 0 while I bring back "
        f"{code(short_arn(revision))}, so none of its tasks runs. I keep setting it to {count}. Look at what "
        "scales or stops the service."
    )


def rollback_does_not_hold(deploy: Deploy, revision: str, seconds: float, causes: Sequence[str]) -> str:
    text = (
        f"*Needs a look*: the way back does not hold. I set {code(short_arn(revision))}, and the service is "
        f"at {code(short_arn(deploy.ecs.new_revision))} again. I set it again and again, for "
        f"{duration(seconds)} in all."
    )
    return "\n".join([text, *(f"• {cause}" for cause in causes)])


def rollback_still_does_not_hold(deploy: Deploy, revision: str, seconds: float, causes: Sequence[str]) -> str:
    """The same, where somebody was asked to look already."""
    text = (
        f"The way back does not hold: the service is at {code(short_arn(deploy.ecs.new_revision))} again. I "
        f"set {code(short_arn(revision))} again and again, for {duration(seconds)} in all."
    )
    return "\n".join([text, *(f"• {cause}" for cause in causes)])


def still_retrying(what: str, attempts: int) -> str:
    return (
        f"*Needs a look*: {rollback_reasons.without_retry_promise(what)} (tried {plural(attempts, 'time')}; "
        "I keep trying.)"
    )


def zero_after_end(count: int) -> str:
    return (
        f"*Needs a look*: the service was found with desired count 0 after the end. I set it back to {count}."
    )


def zero_again_after_end() -> str:
    return (
        "*Needs a look*: the desired count is 0 again, after I had set it back. Somebody may want it so, "
        "and I leave it there."
    )


def new_revision_after_end(revision: str) -> str:
    back = code(short_arn(revision))
    return (
        f"*Needs a look*: a late call moved the service to the new revision again. I set it back to {back}."
    )


def restore_revision_deleted(deploy: Deploy, recorded: str, at: str) -> str:
    return f"*Needs a look*: {rollback_reasons.restore_revision_deleted(deploy, recorded, at)}"


def other_revision_after_end(revision: str, at: str) -> str:
    return (
        f"*Needs a look*: the service is at {code(short_arn(at))} again, after I had set "
        f"{code(short_arn(revision))} back, so it is no late call of mine that moves it. I leave it there. "
        "Look at the service's events."
    )


def copy_lacks_fields(revision: str, copy: str, fields: Sequence[str]) -> str:
    """The recorded revision was deregistered, and this boto3 cannot copy all of it."""
    old = code(short_arn(revision))
    return (
        f"*Needs a look*: {old} was deregistered meanwhile, so I bring it back as a copy, "
        f"{code(short_arn(copy))}. The copy lacks what this version of boto3 does not know: "
        f"{', '.join(code(field) for field in fields)}. Compare it with {old}, and upgrade boto3 where the "
        "workers run."
    )


def tag_not_removed(tag: str, what: str) -> str:
    return (
        f"The mark {code(tag)} could not be taken off the ECS service: "
        f"{rollback_reasons.without_retry_promise(what)}"
    )


def end_not_checked(what: str, *, keeps_trying: bool) -> str:
    """goes_on: the service was stopped for the deploy, so it is looked at until a look succeeds."""
    found = (
        f"*Needs a look*: I could not check that the end held. {rollback_reasons.without_retry_promise(what)}"
    )
    return f"{found} Look at the service's revision and count.{' I keep trying.' if keeps_trying else ''}"


UNREADABLE_LEAD = "*Needs a look*: ECS does not show me how this rollout goes"


def native_rollout_unreadable(deploy: Deploy, why: str) -> str:
    return (
        f"{UNREADABLE_LEAD}. So its stages, its traffic and its pauses are not told here, and no button "
        "answers a pause: answer it in ECS. The time at pauses counts towards the deadline of "
        f"{duration(deploy.service.deadline)}. {why}"
    )
