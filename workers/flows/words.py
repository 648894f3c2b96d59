"""What the flows tell people, in the thread. Slack mrkdwn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from deploys.deploy import ContainerChange, Deploy, Original, Plan, TaskAlive, Verb
from deploys.mrkdwn import code, escape, mention, mentions, plural
from workers.flows.evidence import Evidence

LOG_LINE = 300
"""Characters of a log line that are shown."""


def short(revision: str | None) -> str:
    """`web:42` out of a task definition ARN."""
    return (revision or "").rsplit("/", 1)[-1]


def duration(seconds: float) -> str:
    """`48 s`, `3 min 05 s`, `1 h 02 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def when(at: float) -> str:
    """A time as Slack shows it to each reader, with UTC where it cannot."""
    utc = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{utc}>"


def plan(deploy: Deploy, plan: Plan) -> str:
    """The plan, before anything is changed."""
    lines = [f"*Plan* for {code(deploy.service.name)}:"]
    lines += [f"• container {code(change.container)}: {_images(change)}" for change in plan.changes]
    if plan.digest:
        pushed = f", pushed {when(plan.pushed_at)}" if plan.pushed_at else ""
        lines.append(f"• image digest {code(plan.digest[:19])}{pushed}")
    else:
        lines.append("• the image is not in a private ECR repository, so I cannot check that it exists")
    lines.append(
        f"• {plural(plan.desired_count, 'task')} before and after; "
        f"revision {code(short(plan.old_revision))} runs now"
    )
    if plan.downtime:
        estimate = f", about {duration(plan.downtime_estimate)}" if plan.downtime_estimate else ""
        lines.append(
            f"• *downtime{estimate}*: every old task is stopped, and proven stopped, before a new one starts"
        )
    else:
        lines.append(
            f"• {'no downtime' if plan.minimum_healthy_percent else 'tasks may be 0 for a while'}: "
            f"ECS keeps {plan.minimum_healthy_percent or 0} to {plan.maximum_percent or 0} percent of the "
            "tasks while it replaces them"
        )
    return "\n".join(lines)


def _images(change: ContainerChange) -> str:
    if change.old_image == change.new_image:
        return f"{code(change.new_image)}, as now, in new tasks"
    return f"{code(change.old_image)} → {code(change.new_image)}"


def asks_for(deploy: Deploy) -> str:
    """What somebody asks to do: `deploy web 1.4.2`, with the names in code spans."""
    service = code(deploy.service.name)
    if deploy.verb is Verb.RESTART:
        return f"restart {service}"
    if deploy.verb is Verb.ROLLBACK:
        return f"roll {service} back to {code(deploy.tag)}"
    return f"deploy {service} {code(deploy.tag)}"


def question(deploy: Deploy, expires_in: float) -> str:
    """Asks for approval."""
    needed = plural(deploy.service.approvals, "approval")
    downtime = " This means downtime." if deploy.plan and deploy.plan.downtime else ""
    return (
        f"{mentions(deploy.service.approvers)}: {mention(deploy.requester)} asks to "
        f"{asks_for(deploy)}.{downtime} It needs {needed}, by the buttons on "
        f"the card above, within {duration(expires_in)}."
    )


def replanned(deploy: Deploy) -> str:
    """The plan that was approved no longer stands."""
    return (
        "The service changed after the plan was shown, so earlier answers do not count. The new plan:\n"
        f"{plan(deploy, deploy.plan) if deploy.plan else ''}"
    )


def approved(users: Sequence[str]) -> str:
    """Enough people said yes."""
    return f"Approved by {mentions(tuple(users))}."


def rejected(user: str) -> str:
    return f"Rejected by {mention(user)}. Nothing was changed."


def expired(after: float) -> str:
    return f"Nobody decided within {duration(after)}, so the question is closed. Nothing was changed."


def withdrawn(user: str) -> str:
    return f"Cancelled by {mention(user)} before anything was changed."


def updating(deploy: Deploy) -> str:
    return (
        f"{_made(deploy)}; ECS rolls {code(deploy.service.name)} to it "
        f"(deployment {code(deploy.deployment_id or '')})."
    )


def _made(deploy: Deploy) -> str:
    """Where the revision came from: a rollback mostly returns to one that is there."""
    known = deploy.plan is not None and deploy.new_revision == deploy.plan.source_revision
    return f"{'Returning to' if known else 'Registered'} {code(short(deploy.new_revision))}"


def stopping(deploy: Deploy, original: Original) -> str:
    return (
        f"{_made(deploy)}. Stopping: the desired count goes from "
        f"{original.desired_count} to 0. On any failure {code(short(original.revision))} and "
        f"{plural(original.desired_count, 'task')} are brought back."
    )


def all_stopped(tasks: int, took: float) -> str:
    proven = "The old task is" if tasks == 1 else f"All {tasks} old tasks are"
    return (
        f"{proven} proven STOPPED after {duration(took)}. No old task is alive; the new version starts now."
    )


def starting(deploy: Deploy, count: int) -> str:
    return (
        f"Starting {plural(count, 'task')} of {code(short(deploy.new_revision))} "
        f"(deployment {code(deploy.deployment_id or '')})."
    )


def succeeded(deploy: Deploy, took: float) -> str:
    tasks = deploy.rollout.new_running
    text = (
        f"*Succeeded.* {code(deploy.service.name)} runs {code(deploy.tag)}: "
        f"{plural(tasks, 'task')} running, after {duration(took)}."
    )
    if deploy.downtime is not None:
        lasted = duration(deploy.downtime)
        text += f" Downtime: {lasted}, from the request to stop until the full count ran again."
    if deploy.rollout.old_running:
        text += f" {plural(deploy.rollout.old_running, 'old task')} still draining."
    return text


def rolled_back(deploy: Deploy, revision: str, reason: str, why: Evidence) -> str:
    text = f"*Rolled back* to {code(short(revision))}: {reason}"
    if deploy.downtime is not None:
        text += f" Downtime: {duration(deploy.downtime)}."
    return "\n".join([text, *evidence(why)])


def evidence(why: Evidence) -> list[str]:
    """Why tasks failed, and what the last of them wrote."""
    lines = [f"• {cause}" for cause in why.causes]
    if why.log:
        written = "\n".join(line.replace("`", "\u2019")[:LOG_LINE] for line in why.log)
        lines.append(f"Last lines of {code(why.container)}:\n```{escape(written)}```")
    return lines


def cancelled_back(deploy: Deploy, revision: str, user: str) -> str:
    text = f"*Cancelled* by {mention(user)}: rolled back to {code(short(revision))}."
    if deploy.downtime is not None:
        text += f" Downtime: {duration(deploy.downtime)}."
    return text


def superseded(revision: str, deployment: str) -> str:
    return (
        f"*Superseded*: somebody else's newer deployment {code(deployment)} moves the service to "
        f"{code(short(revision))}. I do not fight it."
    )


def gone(status: str) -> str:
    return (
        f"*Failed*: the ECS service is {status or 'gone'}. There is nothing left to deploy or to bring back."
    )


def failed(reason: str, why: Evidence) -> str:
    return "\n".join([f"*Failed*: {reason}", *evidence(why)])


def refused(reason: str) -> str:
    return f"*Refused*, nothing was changed: {reason}"


def task_trouble(why: Sequence[str]) -> str:
    return "\n".join(["New tasks are in trouble; ECS goes on trying:", *(f"• {line}" for line in why)])


def going_back(reason: str, revision: str) -> str:
    return f"Rolling back to {code(short(revision))}: {reason}"


def ecs_goes_back(reason: str) -> str:
    said = f" ({escape(reason)})" if reason else ""
    return f"ECS gave up on the new revision and rolls back by itself{said}."


def cancelled_too_late(user: str) -> str:
    return f"(The cancel of {mention(user)} came too late to change that.)"


def cancel_reason(user: str) -> str:
    return f"cancelled by {mention(user)}."


def restoring_waits(alive: Sequence[TaskAlive]) -> str:
    tasks = ", ".join(f"{code(task.task_id)} is {task.last_status}" for task in alive)
    return (
        f"*Needs a look*: tasks do not stop, so the old version cannot start without running beside them: "
        f"{tasks}. I keep waiting; stop them by hand if you know that they do no work."
    )


def overlap(seconds: float) -> str:
    when = "while an old one was alive"
    if seconds != float("inf"):
        when = f"{duration(seconds)} before the last old one stopped"
    return f"*Strict order was broken*: a new task started {when}."


def overlap_back() -> str:
    return (
        "*Strict order was broken*: ECS's circuit breaker started the old version again before the new one "
        "had stopped. Switch its rollback off for this service; then I bring the old version back in order."
    )


def aws_silent(what: str, seconds: float) -> str:
    return f"AWS could not be asked for {duration(seconds)}. {what}"


def internal(reference: str) -> str:
    return f"An error inside Slipway (reference {code(reference)} in the workers' log)."


def overdue(seconds: float) -> str:
    return f"the rollout did not finish within its deadline of {duration(seconds)}."


def not_draining(seconds: float, alive: Sequence[TaskAlive]) -> str:
    tasks = ", ".join(f"{code(task.task_id)} is {task.last_status}" for task in alive)
    return f"old tasks did not stop within {duration(seconds)}: {tasks}."


def rollout_failed(reason: str) -> str:
    return f"ECS says that the rollout failed{': ' + escape(reason) if reason else '.'}"


def count_changed(count: int) -> str:
    return f"somebody, or something, set the desired count to {count} while the service was being stopped."


def still_trying(what: str, attempts: int) -> str:
    return f"*Needs a look*: {what} (tried {plural(attempts, 'time')}; I keep trying.)"


def back_overdue(revision: str, seconds: float) -> str:
    return (
        f"the way back to {code(short(revision))} did not finish within {duration(seconds)}. The service is "
        "set to it, with its count; ECS keeps trying to start its tasks. Look at the service's events now."
    )


def found_at_zero(count: int) -> str:
    return (
        f"*Needs a look*: the service was found with desired count 0 after the end. I set it back to {count}."
    )


def left_at_zero() -> str:
    return (
        "*Needs a look*: the desired count is 0 again, after I had set it back. Somebody may want it so, "
        "and I leave it there."
    )


def tag_left(tag: str, what: str) -> str:
    return f"The mark {code(tag)} could not be taken off the ECS service: {what}"


def access_unknown(what: str, seconds: float) -> str:
    return f"{what} That is so for {duration(seconds)} now."


def found_new(revision: str) -> str:
    back = code(short(revision))
    return (
        f"*Needs a look*: a late call moved the service to the new revision again. I set it back to {back}."
    )


def not_settled(what: str) -> str:
    look = "Look at the service's revision and count."
    return f"*Needs a look*: I could not check that the end held. {what} {look}"


def access_lost(user: str) -> str:
    return f"The answer of {mention(user)} does not count: they may no longer decide about this service."
