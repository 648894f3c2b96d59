"""`/deploy show ID`: one deploy, whole, or what became of a batch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot import attempts
from bot.app_context import AppContext
from bot.commands.history import describe_deploy
from bot.grammar import DEPLOY_ID, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply, bullet_list, section_block
from bot.request import Request
from deploys import deploy_text
from deploys.access_rules import Action
from deploys.errors import UnknownDeploy
from deploys.formatting import duration, percent, slack_time
from deploys.message_size import MAX_EDIT_BYTES, utf8_bytes
from deploys.mrkdwn import channel_link, code, escape, escape_line, mention, plain_text, plural
from deploys.quoted_texts import as_shown
from deploys.quoting import are_quotes_hidden, must_hide_quotes, quotes_hidden
from deploys.records.approval import Cancel, Decision
from deploys.records.batch import Batch, batch_name
from deploys.records.deploy import Deploy
from deploys.records.lock import ALL_SERVICES
from deploys.records.plan import Plan
from deploys.records.request import DeployRequest
from deploys.shared_channels import KnownSharedChannels
from deploys.short_names import short_arn
from deploys.stores import audit
from deploys.text_limits import clip_bytes, shorten

MAX_PART_BYTES = 1000
"""UTF-8 bytes of each part but the audit trail, which gets what is left of the message."""
MAX_CONTAINERS = 10
"""ECS allows no more in a task definition (count)."""
MAX_ENTRY_REASON = 160
"""Characters of the reason of an entry (count)."""
MIN_TRAIL_BYTES, MAX_TRAIL_ENTRIES = 400, 60


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Shows the deploy or batch with this id.

    Raises:
        UnknownDeploy
        Refused: its service may not be seen here.
    """
    if deploy := context.store.get(command.target):
        context.access.may(Action.SEE, request.asker, deploy.service.name)
        channels = KnownSharedChannels(context.directory, context.slack_clock.now)
        hide_quotes = not request.command_line and (
            request.asker.in_shared_channel or must_hide_quotes(channels, request.channel)
        )
        shown = as_shown(deploy, context.access, hide_quotes=hide_quotes)
        with quotes_hidden(hide_quotes):
            parts = _describe_deploy(shown, context)
    elif batch := context.store.batch(command.target):
        for each in context.store.batch_deploys(batch):
            context.access.may(Action.SEE, request.asker, each.service.name)
        parts = _describe_batch(batch, context)
    else:
        raise UnknownDeploy(id=escape(command.target[:64]).replace("`", "’"))
    return PrivateReply("\n\n".join(parts), tuple(map(section_block, parts)))


def _describe_batch(batch: Batch, context: AppContext) -> list[str]:
    order = "one after another" if batch.in_order else "all at once"
    stops = ", the first failure stops the rest" if batch.stop_on_first_failure else ""
    kind = "Group" if batch.is_group else "Batch"
    about = f"*{kind}* {batch_name(batch)} (batch {code(batch.id)}), {order}{stops}"
    deploys = [describe_deploy(each, context) for each in context.store.batch_deploys(batch)]
    request = _request_lines(batch.request, batch.id, context)
    return ["\n".join((about, *request)), bullet_list(deploys, 2800, total=len(batch.deploys))]


def _describe_deploy(deploy: Deploy, context: AppContext) -> list[str]:
    sections = (_outcome_lines(deploy, context), _about_lines(deploy, context), _plan_lines(deploy))
    parts = [clip_bytes("\n".join(lines), MAX_PART_BYTES) for lines in map(list, sections) if lines]
    if run := list(_run_lines(deploy)):
        parts.append(clip_bytes("\n".join(("*Run*", *run)), MAX_PART_BYTES))
    begun, ended = deploy.request.requested_at, deploy.ended_at or context.now()
    trail = audit.read_between(context.store.redis, (deploy.id,), begun, ended, MAX_TRAIL_ENTRIES)
    left = MAX_EDIT_BYTES - utf8_bytes("\n\n".join(parts)) - 200
    if trail and left > MIN_TRAIL_BYTES:
        parts.append(f"*Audit trail*\n{bullet_list([_entry_line(each, deploy) for each in trail], left)}")
    return parts


def _outcome_lines(deploy: Deploy, context: AppContext) -> Iterator[str]:
    took = duration((deploy.ended_at or context.now()) - deploy.request.requested_at)
    how = f" after {took}, {slack_time(deploy.ended_at)}" if deploy.ended_at else f", {took} so far"
    state = f"{deploy_text.deploy_name(deploy)} {deploy_text.status_text(deploy)}{how}"
    yield f"*Deploy* {code(deploy.id)}: {state}"
    if deploy.outcome_reason:
        yield f"Reason: {deploy.outcome_reason}"
    if deploy.cancel:
        yield f"Cancelled by {mention(deploy.cancel.user)}, {_when_and_why(deploy.cancel)}"
    if deploy.in_progress and deploy.retries.last_error:
        yield f"Tried {plural(deploy.retries.attempts, 'time')}: {deploy.retries.last_error}"


def _about_lines(deploy: Deploy, context: AppContext) -> Iterator[str]:
    yield from _request_lines(deploy.request, deploy.thread_id, context)
    if deploy.batch_id:
        yield f"Part of batch {code(deploy.batch_id)}"
    service = deploy.service
    where = f"{code(service.cluster)} ({escape_line(service.region)})"
    yield f"ECS service {code(service.ecs_service)} on {where}, {service.strategy}"
    for each in deploy.approval.decisions:
        yield f"{each.verdict.capitalize()} by {mention(each.user)}, {_when_and_why(each)}"
    yield from _hold_lines(deploy)


def _when_and_why(answer: Decision | Cancel) -> str:
    why = f": {escape_line(shorten(answer.reason, 300))}" if answer.reason else ""
    return f"{slack_time(answer.at)}{why}"


def _hold_lines(deploy: Deploy) -> Iterator[str]:
    """What holds it, and what it passed, by whose word."""
    if deploy.hold:
        yield f"Held: {deploy.hold.sentence}"
    if lock := deploy.passed_lock:
        target = "all services" if lock.target == ALL_SERVICES else code(lock.target)
        yield f"Passed the lock of {target} by {mention(lock.owner)} ({slack_time(lock.since)})"
    if override := deploy.override:
        why = escape_line(shorten(override.reason, 300))
        at = slack_time(override.at)
        yield f"{mention(override.user)} overrode the {override.kind.value} ({at}): {why}"


def _request_lines(request: DeployRequest, thread_id: str, context: AppContext) -> Iterator[str]:
    when, thread = slack_time(request.requested_at), context.threads.link(thread_id)
    by = f"{mention(request.requester)}{deploy_text.command_line_note(request)}"
    yield f"Requested by {by} in {channel_link(request.channel)}, {when}: {thread}"
    if request.reason:
        yield f"Why: {escape_line(shorten(request.reason, 300))}"


def _plan_lines(deploy: Deploy) -> Iterator[str]:
    if plan := deploy.plan:
        yield from _version_lines(deploy, plan) if deploy.verb.sets_version else _other_lines(deploy, plan)


def _other_lines(deploy: Deploy, plan: Plan) -> Iterator[str]:
    """Of another count, or of a command."""
    revision = code(short_arn(plan.old_revision))
    if change := deploy.count_change:
        before, wanted = deploy_text.planned_count(plan), plural(change.wanted, "task")
        yield f"*Plan*: from {before} to {wanted}, revision {revision}"
    else:
        container = f" in container {code(plan.changes[0].container)}" if plan.changes else ""
        yield f"*Plan*: {code(deploy_text.command_text(deploy))}{container}, revision {revision}"


def _version_lines(deploy: Deploy, plan: Plan) -> Iterator[str]:
    tags = f"{code(plan.old_tag)} → {code(plan.tag or deploy.tag)}"
    yield f"*Plan*: {tags}, {deploy_text.planned_count(plan)}"
    new = f" → {code(short_arn(deploy.ecs.new_revision))}" if deploy.ecs.new_revision else ""
    yield f"Revision: {code(short_arn(plan.old_revision))}{new}"
    if plan.digest:
        yield f"Digest: {code(plan.digest)}"
    for each in plan.changes[:MAX_CONTAINERS]:
        old, new = (code(shorten(short_arn(image), 120)) for image in (each.old_image, each.new_image))
        images = f"{old} → {new}" if old != new else f"{new}, as before"
        yield f"Container {code(shorten(each.container, 80))}: {images}"
    if len(plan.changes) > MAX_CONTAINERS:
        yield f"and {plural(len(plan.changes) - MAX_CONTAINERS, 'more container')}"


def _run_lines(deploy: Deploy) -> Iterator[str]:
    counts, rollback = deploy.rollout.counts, deploy.rollback.progress
    if task := deploy.pre_task:
        ended = "not known" if task.exit_code is None else str(task.exit_code)
        which = f", task {code(short_arn(task.task_arn))}" if task.task_arn else ""
        name = "Task of the command" if deploy.command else "Task before the rollout"
        yield f"{name}: exit code {ended}{which}"
    if deploy.ecs.deployment_id:
        yield f"ECS deployment: {code(deploy.ecs.deployment_id)}"
    if counts.new_desired or counts.new_running or counts.old_running:
        failed = f", {counts.failed_tasks} failed" if counts.failed_tasks else ""
        running = f"{counts.new_running} of {counts.new_desired} running{failed}"
        of_versions = f"new {running}; old {counts.old_running} running"
        yield f"Tasks: {running if deploy.count_change else of_versions}"
    if deploy.traffic and deploy.traffic.new_production_percent is not None:
        yield f"Production traffic: new {percent(deploy.traffic.new_production_percent)}"
    if deploy.downtime_seconds is not None:
        yield f"Downtime: {duration(deploy.downtime_seconds)}"
    if check := deploy.post_check:
        yield f"Check after the rollout: {check.successes} of {plural(check.requests, 'request')} succeeded"
    if rollback:
        given_up = ", given up" if rollback.gave_up else ""
        yield f"Rollback: begun {slack_time(rollback.started_at)}{given_up}"


def _entry_line(entry: dict[str, str], deploy: Deploy) -> str:
    """One entry, with its reason if that is not the one of the request or of the end, which stand above."""
    by = entry.get("who", "")
    person = f", by {mention(by)}" if by[:1] in ("U", "W") else ""
    tried = f" {escape(entry['verb'])}" if entry["what"] == attempts.REFUSED and entry.get("verb") else ""
    reason = entry.get("why")
    if reason in (deploy.request.reason, deploy.outcome_reason) or (
        entry.get("version") and are_quotes_hidden()  # as the record had it: it may quote AWS
    ):
        reason = ""
    why = f": {_with_mentions(escape_line(shorten(plain_text(reason), MAX_ENTRY_REASON)))}" if reason else ""
    return f"{slack_time(float(entry['at']))} {escape(entry['what'])}{tried}{person}{why}"


_PERSON_OR_GROUP = re.compile(r"\b(?=[A-Z]*[0-9])[UWS][A-Z0-9]{8,}\b")


def _with_mentions(text: str) -> str:
    """Ids of people and user groups as Slack shows their names. In an answer that only one person sees, this
    calls nobody."""
    return _PERSON_OR_GROUP.sub(lambda found: mention(found[0]), text)


SUBCOMMAND = Subcommand(
    name="show",
    arguments=(DEPLOY_ID,),
    help="shows all of one deploy or batch, with its audit trail",
    allowed=Allowed.ANYBODY,
    run=run,
    is_query=True,
)
