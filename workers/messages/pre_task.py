"""The one-off task before a rollout, and that of a command."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.formatting import duration
from deploys.mrkdwn import code, escape, escape_line, mention, reason_sentence, with_reason
from deploys.pre_task import configured_pre_task, one_off_task, pre_task_command
from deploys.quoting import quote_code, quote_log
from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import Plan
from deploys.records.pre_task_and_post_check import PreTaskRun
from deploys.short_names import short_arn
from workers.messages.evidence import log_tail

COMMAND_CHARACTERS = 200
"""Characters of a command that are shown."""
_LOG_LINE_CHARACTERS = 180
"""Characters of a log line that are shown."""
COMMAND_LOG_CHARACTERS = 2600
"""Characters of a command's log that are shown, escaped: its end is one message of at most 4000."""

_PLACEMENT_FAILURES = {
    "RESOURCE:CPU": "no container instance has enough CPU free",
    "RESOURCE:MEMORY": "no container instance has enough memory free",
    "RESOURCE:ENI": "no container instance has a network interface free",
    "RESOURCE:PORTS": "no container instance has the host ports free",
    "RESOURCE:GPU": "no container instance has enough GPUs free",
    "AGENT": "the ECS agent of the container instances is not connected",
    "ATTRIBUTE": "no container instance has an attribute that the task definition asks for",
    "LOCATION": "no container instance is in a zone of the service's subnets",
    "MEMBEROF PLACEMENT CONSTRAINT": "no container instance satisfies the placement constraints",
    "NO ACTIVE INSTANCES": "the capacity provider has no active container instance",
    "EMPTY CAPACITY PROVIDER": "the capacity provider has no container instance yet",
    "CAPACITY IS UNAVAILABLE": "ECS found no room for it",
    "YOU'VE REACHED THE LIMIT": "a quota of the AWS account is used up",
}
"""API failure reasons of RunTask (ECS developer guide, "API failure reasons")."""
_CAPACITY_FAILURES = (
    "RESOURCE:",
    "CAPACITY IS UNAVAILABLE",
    "NO ACTIVE INSTANCES",
    "EMPTY CAPACITY PROVIDER",
)
"""Those that more capacity would solve."""


def plan_lines(deploy: Deploy, plan: Plan) -> list[str]:
    """One line of the plan; empty if nothing runs before the rollout."""
    task = configured_pre_task(deploy)
    if task is None:
        return []
    return [
        f"before the rollout {command_text(deploy)} runs once with the new revision, in container "
        f"{code(task.container or plan.changes[0].container)}, for at most {duration(task.deadline)}; unless "
        "it exits with 0, the service is not touched"
    ]


def command_plan(deploy: Deploy, plan: Plan) -> str:
    """The plan of a command, before its task is started."""
    lines = [
        f"in a task of its own, container {code(plan.changes[0].container)} of revision "
        f"{code(short_arn(plan.old_revision))} ({code(plan.tag)})",
        "with the network, the roles and the environment of the service; no shell reads it",
        f"for at most {duration(deploy.service.run_deadline)}; then it is stopped",
        f"{code(deploy.service.name)} itself is not touched, and its deploys do not wait",
    ]
    return "\n".join([f"*Plan*: {command_text(deploy)} runs once", *(f"• {line}" for line in lines)])


def command_card_line(deploy: Deploy, plan: Plan) -> str:
    """Where the command runs, on the card."""
    return (
        f"In container {code(plan.changes[0].container)} of {code(short_arn(plan.old_revision))} "
        f"({code(plan.tag)}), in a task of its own."
    )


def command_text(deploy: Deploy) -> str:
    """The command in a code span, shortened."""
    text = pre_task_command(deploy)
    return code(text if len(text) <= COMMAND_CHARACTERS else f"{text[: COMMAND_CHARACTERS - 1]}…")


def started(deploy: Deploy, run: PreTaskRun, deadline: float) -> str:
    then = "" if deploy.command else "; unless it exits with 0, the service is not touched"
    return (
        f"Running {command_text(deploy)}{_before(deploy)} in container {code(run.container)} of "
        f"{code(short_arn(deploy.ecs.new_revision))} (task {code(_task_id(run))}). It has "
        f"{duration(deadline)}{then}."
    )


def waiting_for_capacity(deploy: Deploy, reason: str, deadline: float) -> str:
    advice = (
        " Add capacity, or ask for less CPU and memory."
        if reason.upper().startswith(_CAPACITY_FAILURES)
        else ""
    )
    what = "The task of the command" if deploy.command else "The task before the rollout"
    meanwhile = "" if deploy.command else "; the service is not touched meanwhile"
    return (
        f"{what} cannot start yet: {why_not_placed(reason)} I retry until its deadline of "
        f"{duration(deadline)}{meanwhile}.{advice}"
    )


def why_not_placed(reason: str) -> str:
    """Why ECS did not place a task, with ECS's own words."""
    known = next((words for key, words in _PLACEMENT_FAILURES.items() if reason.upper().startswith(key)), "")
    meaning = known or "ECS did not place it"
    return f"{meaning} (ECS says: {quote_code(reason)})."


def succeeded(deploy: Deploy, took: float, log: Sequence[str]) -> str:
    then = "" if deploy.command else " The rollout begins."
    done = "*Done.* " if deploy.command else ""
    text = f"{done}{command_text(deploy)} exited with 0 after {duration(took)}.{then}"
    return "\n".join([text, *_log_lines(deploy, log)])


def failed(deploy: Deploy, why: str, ran: bool, log: Sequence[str] = ()) -> str:
    """It failed.

    why: a sentence of mrkdwn on how.

    ran: whether the command did, or may have done, anything.
    """
    effect = "What it did until then is not undone." if ran else "The command never ran."
    text = f"*Failed*{_before(deploy, end=True)}: {why}{service_untouched(deploy)} {effect}"
    return "\n".join([text, *_log_lines(deploy, log)])


def cancelled(deploy: Deploy, cancel: Cancel, how: str, ran: bool, log: Sequence[str] = ()) -> str:
    effect = "What it did until then is not undone." if ran else "The command never ran."
    who = mention(cancel.user)
    why = f" Why: {reason_sentence(cancel.reason)}" if cancel.reason else ""
    text = f"*Cancelled* by {who}{_before(deploy, end=True)}: {how}{service_untouched(deploy)} {effect}{why}"
    return "\n".join([text, *_log_lines(deploy, log)])


def service_untouched(deploy: Deploy) -> str:
    """A sentence with a space before it; empty for a command, which nobody expects to touch the service."""
    if deploy.command is not None:
        return ""
    revision = deploy.plan.old_revision if deploy.plan else ""
    return f" The service was not touched: it runs {code(short_arn(revision))}."


def _before(deploy: Deploy, *, end: bool = False) -> str:
    if deploy.command is not None:
        return ""
    return " before the rollout" if end else " before the rollout,"


def exited_badly(deploy: Deploy, cause: str) -> str:
    stop = "" if cause.endswith((".", "!", "?")) else "."
    return f"{command_text(deploy)} failed: {cause}{stop}"


def exited_before_stop(deploy: Deploy, exit_code: int) -> str:
    return f"{command_text(deploy)} had exited with {exit_code} by then."


def stopped_midway(deploy: Deploy, took: float, ran: bool) -> str:
    if not ran:
        return "Its task was stopped before it started."
    return f"{command_text(deploy)} was stopped midway, after {duration(took)}."


def overdue(deploy: Deploy, deadline: float, ran: bool) -> str:
    if not ran:
        return (
            f"{command_text(deploy)} had not started by its deadline of {duration(deadline)}; its task was "
            "stopped."
        )
    return (
        f"{command_text(deploy)} still ran at its deadline of {duration(deadline)}, so it was stopped midway."
    )


def capacity_overdue(reason: str, deadline: float) -> str:
    return f"ECS did not start the task within its deadline of {duration(deadline)}: {why_not_placed(reason)}"


def task_unknown_to_ecs(deploy: Deploy, run: PreTaskRun) -> str:
    return (
        f"ECS no longer knows the task {code(_task_id(run))}, so I cannot tell how "
        f"{command_text(deploy)} ended. Look at its log, and at what it changed, before you try again."
    )


def may_have_run(deploy: Deploy) -> str:
    return (
        f"ECS gave no answer when I asked it to run {command_text(deploy)}, and lists no such task. It is "
        "too late to ask again, since that could run it twice, so I cannot tell whether it ran. Look at its "
        "log before you try again."
    )


def task_does_not_stop(run: PreTaskRun, seconds: float) -> str:
    return (
        f"*Needs attention*: the task {code(_task_id(run))} was asked to stop {duration(seconds)} ago "
        f"and is {escape_line(run.status)}. I keep waiting, so that it does not run beside the next one."
    )


def side_effects_remain(deploy: Deploy, outcome: Outcome) -> str:
    """Added to every end but a success, unless the end says it: what a migration did stays done."""
    if deploy.phase is not Phase.RUNNING_PRE_TASK:
        return f" {command_text(deploy)} had run before the rollout; what it did is not undone."
    if outcome is not Outcome.SUPERSEDED:
        return ""
    return (
        f" ECS gave no answer when I asked it to run {command_text(deploy)} before, so it may have run; look "
        "at its log."
    )


def withdrawn(user: str, reason: str = "") -> str:
    """reason: as the person typed it."""
    return with_reason(f"Cancelled by {mention(user)} before the service was touched", reason)


def refused(reason: str) -> str:
    return f"*Refused*, the service was not touched: {reason}"


def card_line(deploy: Deploy, run: PreTaskRun, now: float) -> str:
    """The card's line while it runs."""
    task = one_off_task(deploy)
    limit = f", at most {duration(task.deadline)}" if task else ""
    so_far = f"{duration(now - deploy.phase_since)} so far{limit}"
    if run.task_arn is None and run.no_capacity:
        what = "The task of the command" if deploy.command else "The task before the rollout"
        return f"{what} waits for capacity, {so_far}: {why_not_placed(run.no_capacity)}"
    if run.stop_requested_at is not None:
        stopping = f"Stopping {command_text(deploy)}, {so_far}."
        return stopping if deploy.command else f"{stopping} The service is not touched."
    if deploy.command:
        return f"Running {command_text(deploy)}, {so_far}."
    return f"Running {command_text(deploy)} before the rollout, {so_far}. The service is not touched yet."


def _task_id(run: PreTaskRun) -> str:
    return short_arn(run.task_arn)


def _log_lines(deploy: Deploy, log: Sequence[str]) -> list[str]:
    if not log or deploy.pre_task is None:
        return []
    if deploy.command is not None:
        return [
            f"Last lines of {code(deploy.pre_task.container)}:\n```{log_tail(log, COMMAND_LOG_CHARACTERS)}```"
        ]
    written = "\n".join(line.replace("`", "\u2019")[:_LOG_LINE_CHARACTERS] for line in log)
    return [f"Last lines of {code(deploy.pre_task.container)}:\n```{quote_log(escape(written))}```"]
