"""A rollout that Slipway did not start: what it is, how it went, and what to do if it failed."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.formatting import duration, slack_time
from deploys.mrkdwn import code, mention, plural, with_reason
from deploys.quoting import quote_code
from deploys.records.deploy import Deploy
from deploys.records.traffic import Pause, TrafficPlan
from deploys.short_names import short_arn
from workers.messages import images, pauses
from workers.messages.evidence import Evidence, evidence_lines
from workers.messages.outcomes import describe_service_status, version_text
from workers.messages.traffic import external_strategy, stage_moment, time_not_counted

_ROLLOUT_STATES = {"COMPLETED": "which completed", "FAILED": "which failed"}


def following_started(
    deploy: Deploy,
    deployment_id: str,
    *,
    started_at: float,
    ecs_reason: str,
    own_deploy_id: str,
    traffic: TrafficPlan | None,
) -> str:
    """Which rollout it is, and how it moves its traffic if it does.

    started_at: epoch seconds, 0 if ECS does not say. own_deploy_id: empty if I did not start it.
    """
    since = f", started {slack_time(started_at)}" if started_at else ""
    whose = (
        f"Deploy {code(own_deploy_id)}, which is over, started it."
        if own_deploy_id
        else "I did not start it."
    )
    informative = ecs_reason and not ecs_reason.endswith("in progress.")
    quoted = f" ECS says: {quote_code(ecs_reason)}" if informative else ""
    service = code(deploy.service.name)
    shifts = f" {external_strategy(traffic)}" if traffic else ""
    return (
        f"Following deployment {code(deployment_id)}{since}: it moves {service} to "
        f"{version_text(deploy.tag, deploy.ecs.new_revision)}. {whose} I only follow it and change nothing; "
        f"deploys of {service} wait until it ends.{quoted}{shifts}"
    )


def last_deployment(deployment_id: str, started_at: float, state: str) -> str:
    """Which deployment set what runs, as a clause. state: ECS's rolloutState, empty if unknown."""
    how = _ROLLOUT_STATES.get(state, "whose state ECS does not report")
    started = f", started {slack_time(started_at)}" if started_at else ""
    return f" by deployment {code(deployment_id)}{started}, {how}"


def succeeded(deploy: Deploy, took: float) -> str:
    counts = deploy.rollout.counts
    tasks = f"{counts.new_running} of {plural(counts.new_desired, 'new task')} running"
    unknown = images.images_unknown(deploy)
    service = code(deploy.service.name)
    what = f"ECS moved {service} to" if unknown else f"{service} runs"
    text = (
        f"*Succeeded.* The rollout I followed has ended: {what} "
        f"{version_text(deploy.tag, deploy.ecs.new_revision)}, {tasks}, after {duration(took)}."
    )
    return f"{text} {unknown}" if unknown else text


def paused(deploy: Deploy, pause: Pause) -> str:
    """A pause of the rollout. It is answered in ECS."""
    return (
        f"*Paused* {stage_moment(pause.stage)}.{pauses.traffic_share(deploy)} I did not start this rollout: "
        "continue it or roll it back in the ECS console, or with "
        f"{code('aws ecs continue-service-deployment')}{pauses.pause_expiry(pause)}"
    )


def continued() -> str:
    return "Somebody let the rollout continue."


def rolled_back(deploy: Deploy, revision: str, evidence: Evidence) -> str:
    """revision: what ECS rolled back to; empty if unknown."""
    old = f" to {code(short_arn(revision))}" if revision else ""
    return "\n".join(
        [f"*Rolled back*{old}, by ECS, not by me: {deploy.outcome_reason}", *evidence_lines(evidence)]
    )


def superseded(deploy: Deploy, newer_id: str, newer_revision: str) -> str:
    """The newer deployment by its id and the ARN of its revision; both empty if ECS shows none."""
    name = f" {code(newer_id)}" if newer_id else ""
    where = (
        f" moves the service to {code(short_arn(newer_revision))}" if newer_revision else " has the service"
    )
    return (
        f"*Superseded*: a newer deployment{name}{where}, so the rollout I followed goes no further. "
        f"{code(f'/deploy follow {deploy.service.name}')} follows the newer one."
    )


def service_deleted(status: str) -> str:
    return (
        f"*Failed*: the ECS service {describe_service_status(status)}, and its rollout with it. I changed "
        "nothing."
    )


def stopped_following(deploy: Deploy, user: str, reason: str = "") -> str:
    """reason: as the person typed it."""
    if deploy.ecs.deployment_id is None:
        stopped = with_reason(f"{mention(user)} stopped this before a rollout was found", reason)
        return f"{stopped} Nothing was changed."
    asked = f"I no longer follow deployment {code(deploy.ecs.deployment_id)}, as {mention(user)} asked"
    return f"{with_reason(asked, reason)} Nothing was changed: it goes on in ECS. {last_counts(deploy)}"


def follow_overdue(deploy: Deploy) -> str:
    again = code(f"/deploy follow {deploy.service.name}")
    return (
        f"*No longer followed*: deployment {code(deploy.ecs.deployment_id or '')} did not end within the "
        f"deadline of {duration(deploy.service.deadline)} after I started to follow "
        f"it.{time_not_counted(deploy)} I did not start it, so I changed nothing. {last_counts(deploy)} "
        f"{again} follows it again."
    )


def last_counts(deploy: Deploy) -> str:
    """The task counts at the last read."""
    counts = deploy.rollout.counts
    if not (counts.new_desired or counts.old_running):
        return "ECS gave no task counts."
    failed_tasks = f", {plural(counts.failed_tasks, 'new task')} failed" if counts.failed_tasks else ""
    return (
        f"When I last looked, {counts.new_running} of {plural(counts.new_desired, 'new task')} ran"
        f"{failed_tasks}, and {plural(counts.old_running, 'old task')}.{_last_traffic(deploy)}"
    )


def _last_traffic(deploy: Deploy) -> str:
    shift = deploy.traffic
    if shift is None:
        return ""
    share = "" if shift.new_production_percent is None else pauses.traffic_share(deploy)
    pause = shift.open_pause
    return f"{share} It was paused {stage_moment(pause.stage)}." if pause else share


_FAILED_STATUSES = {"STOPPED": "was stopped.", "ROLLBACK_FAILED": "failed, and so did ECS's own rollback."}
"""By the status of the service deployment. Any other status, and none, means failed."""


def failed_without_rollback(deploy: Deploy, why: str, service_text: str, evidence: Evidence) -> str:
    """why, service_text: whole sentences, or empty."""
    sentences = [
        f"*Failed*: the rollout to {version_text(deploy.tag, deploy.ecs.new_revision)} "
        f"{_FAILED_STATUSES.get(deploy.rollout.counts.status, 'failed.')}",
        why,
    ]
    if deploy.rollout.counts.status != "ROLLBACK_FAILED":
        sentences.append("ECS does not bring back what ran before.")
    sentences += [service_text, "I only followed it and changed nothing.", _next_steps(deploy)]
    return "\n".join([" ".join(filter(None, sentences)), *evidence_lines(evidence)])


def stopped_by_user() -> str:
    return "A person or tool called StopServiceDeployment; CloudTrail shows who."


def ecs_says(reason: str) -> str:
    return f"ECS says: {quote_code(reason.rstrip('.'))}."


def current_state(desired: int, revision: str, running: Mapping[str, int]) -> str:
    """What the service is set to, and which tasks run (by revision): a stop leaves both versions running."""
    tasks = " and ".join(
        f"{plural(count, 'task')} of {code(short_arn(each))}" for each, count in running.items()
    )
    verb = "run" if sum(running.values()) > 1 else "runs"
    wanted = f"{plural(desired, 'task')} of {code(short_arn(revision))}"
    return f"The service is set to {wanted}, and {tasks or 'none'} {verb}."


def _next_steps(deploy: Deploy) -> str:
    name, before = deploy.service.name, deploy.plan.old_tag if deploy.plan else ""
    if before and before != deploy.tag:
        return (
            f"{code(f'/deploy {name} {before}')} brings back what ran before; {code(f'/deploy {name} TAG')} "
            "rolls out another version."
        )
    return (
        f"{code(f'/deploy {name} TAG')} rolls out another version, {code(f'/deploy restart {name}')} new "
        "tasks of this one."
    )
