"""What is said of what services run now: of one in sentences, of several in a table."""

from __future__ import annotations

from deploys import deploy_text
from deploys.formatting import slack_time, time_ago
from deploys.mrkdwn import code, escape_line, mention, plural
from deploys.native_blocks import Cell, code_cell, number_cell, text_cell, time_cell, users_cell
from deploys.quoting import quote_code, quoted
from deploys.records.request import Verb
from deploys.short_names import short_arn, short_digest
from workers.queries.running_now import Health, HealthCheck, OriginKind, RunningNow

TABLE_HEADER = ("Service", "Version", "Health", "Tasks", "Since", "By", "Revision")
EVENT_CHARACTERS = 300
OUTSIDE = "outside Slipway"

_DONE: dict[Verb, str] = {
    Verb.DEPLOY: "deployed",
    Verb.RESTART: "restarted",
    Verb.ROLLBACK: "rolled back to it",
    Verb.FOLLOW: "deployed outside Slipway, followed for",
}
_HEALTH: dict[Health, str] = {
    Health.HEALTHY: "Healthy: ECS runs all its tasks",
    Health.ROLLING_OUT: "A rollout is in progress in ECS",
    Health.ROLLOUT_FAILED: "ECS gave its last rollout up",
    Health.UNHEALTHY: "Unhealthy: container health checks fail",
    Health.TASKS_MISSING: "Tasks are missing: ECS runs fewer than it should",
    Health.SCALED_TO_ZERO: "Its desired count is 0, so nothing serves",
    Health.DELETED: "The ECS service was deleted",
}


def describe_one(now: RunningNow, at: float) -> str:
    """Version, digest and revision, since when and by whom, counts and health. at: now (epoch seconds)."""
    service = now.service
    where = f"{code(service.cluster)} ({escape_line(service.region)})"
    lines = [*_version_lines(now), _origin_line(now, at), _tasks_line(now), *_health_lines(now, at)]
    head = f"*Running now*: {code(service.name)} on {where}"
    return "\n".join([head, *(f"• {line}" for line in lines)])


def _version_lines(now: RunningNow) -> list[str]:
    if not now.versions:
        set_to = (
            f"It is set to {_version(now.set_to, '', now.ecs.revision)}, and " if now.ecs.revision else ""
        )
        return [f"{set_to}no task runs" if set_to else "No task runs"]
    total = sum(each.tasks for each in now.versions)
    return [
        _version(each.tag, each.digest, each.revision)
        + (f": {each.tasks} of {plural(total, 'task')}" if len(now.versions) > 1 else "")
        for each in now.versions
    ]


def _version(tag: str, digest: str, revision: str) -> str:
    name = code(tag) if tag else "an image that is not known"
    image = f" {code(short_digest(digest))}" if digest and short_digest(digest) != tag else ""
    return f"{name}{image} (revision {code(short_arn(revision))})"


def _origin_line(now: RunningNow, at: float) -> str:
    since = "Since an unknown time"
    if now.origin.since is not None:
        since = f"Since {slack_time(now.origin.since)} ({time_ago(at - now.origin.since)})"
    return f"{since}, {_origin(now)}"


def _origin(now: RunningNow) -> str:
    deploy = now.origin.deploy
    registered = f"; {code(now.registered_by)} registered the revision" if now.registered_by else ""
    if deploy is None:
        return f"not by Slipway: deployed outside{registered}"
    who, which = mention(deploy.request.requester), f"(deploy {code(deploy.id)})"
    match now.origin.kind:
        case OriginKind.ROLLED_BACK:
            name = deploy_text.name_in_sentence(deploy)
            return f"when {name} by {who} was rolled back {which}"
        case OriginKind.OUR_REVISION:
            return f"by a deployment outside Slipway, of the revision of a deploy by {who} {which}"
        case _ if deploy.in_progress:
            return f"by a deploy of {who} that is under way {which}"
        case _:
            by = "" if deploy.verb is Verb.FOLLOW else " by"
            return f"{_DONE[deploy.verb]}{by} {who} {which}"


def _tasks_line(now: RunningNow) -> str:
    ecs = now.ecs
    failed = ecs.primary.failed if ecs.primary else 0
    return ", ".join(
        [
            f"Tasks: {ecs.running} running, {ecs.desired} desired",
            *([f"{ecs.pending} pending"] if ecs.pending else []),
            *([f"{failed} failed since the last deployment began"] if failed else []),
        ]
    )


def _health_lines(now: RunningNow, at: float) -> list[str]:
    lines = [f"{_HEALTH[now.health]}{_checks(now)}"]
    if now.health is Health.HEALTHY:
        return lines
    primary = now.ecs.primary
    if primary is not None and now.health is Health.ROLLOUT_FAILED and primary.rollout_reason:
        lines.append(f"ECS says: {quoted(primary.rollout_reason, limit=EVENT_CHARACTERS)}")
    if now.ecs.events:
        last = max(now.ecs.events, key=lambda event: event.at)
        said = quote_code(last.message, limit=EVENT_CHARACTERS)
        lines.append(f"Last event in ECS, {time_ago(at - last.at)}: {said}")
    return lines


def _checks(now: RunningNow) -> str:
    checks = now.checks
    if not checks:
        return ""
    passed, failed, total = checks[HealthCheck.PASSED], checks[HealthCheck.FAILED], checks.total()
    if failed:
        return f", in {failed} of {plural(total, 'task')}"
    if passed:
        return f"; container health checks pass in {passed} of {plural(total, 'task')}"
    return "; no container reports a health check"


def describe_briefly(now: RunningNow, at: float) -> str:
    """One service in one line, for a list."""
    origin = now.origin
    since = f", since {slack_time(origin.since)}" if origin.since is not None else ""
    by = f"by {mention(origin.by)}" if origin.by else OUTSIDE
    return (
        f"{code(now.service.name)} {_version(now.set_to, '', now.ecs.revision)}: {now.health}, "
        f"{now.ecs.running} of {plural(now.ecs.desired, 'task')} running{since}, {by}"
    )


def table_row(now: RunningNow) -> list[Cell]:
    """The same as a row of a data table."""
    origin = now.origin
    tasks = f"{now.ecs.running} of {now.ecs.desired}"
    return [
        text_cell(now.service.name),
        code_cell(now.set_to),
        text_cell(now.health),
        number_cell(now.ecs.running, tasks),
        time_cell(origin.since),
        users_cell(origin.by) if origin.by else text_cell(OUTSIDE),
        code_cell(short_arn(now.ecs.revision)),
    ]


def unread_row(service: str, reason: str) -> list[Cell]:
    """A row for a service that could not be read."""
    return [text_cell(service), text_cell(""), text_cell(reason), *[text_cell("")] * 4]
