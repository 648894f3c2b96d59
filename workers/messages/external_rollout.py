"""A rollout that is not ours: what it is, how it went, and how it stood when it was no longer followed.

A rollout that is not ours has ended, and ECS brought nothing back: why, what runs now, what to do.
"""

from __future__ import annotations

from deploys.formatting import duration, revision_name, slack_time
from deploys.mrkdwn import code, mention, plural
from deploys.records.deploy import Deploy
from deploys.records.traffic import Pause, TrafficPlan
from workers.ecs.state import DeploymentState, ServiceState
from workers.flows.observe.failure_evidence import Evidence
from workers.messages import images, pauses
from workers.messages.outcomes import describe_service_status, evidence_lines
from workers.messages.traffic import external_strategy, stage_moment, time_not_counted

_ROLLOUT_STATES = {"COMPLETED": "which completed", "FAILED": "which failed"}


def following_started(
    deploy: Deploy, deployment: DeploymentState, own_deploy_id: str, traffic: TrafficPlan | None
) -> str:
    """Which rollout it is, and how it moves its traffic where it does."""
    since = f", begun {slack_time(deployment.created_at)}" if deployment.created_at else ""
    whose = (
        f"It was begun by deploy {code(own_deploy_id)}, which is over."
        if own_deploy_id
        else "I did not begin it."
    )
    said = f" ECS says: {code(deployment.rollout_reason)}" if _says_more(deployment) else ""
    service = code(deploy.service.name)
    shifts = f" {external_strategy(traffic)}" if traffic else ""
    return (
        f"Following deployment {code(deployment.id)}{since}: it moves {service} to {tag_and_revision(deploy)}. {whose} "
        f"I look on and change nothing; deploys of {service} wait until it is over.{said}{shifts}"
    )


def _says_more(primary: DeploymentState) -> bool:
    return bool(primary.rollout_reason) and not primary.rollout_reason.endswith("in progress.")


def tag_and_revision(deploy: Deploy) -> str:
    revision = code(revision_name(deploy.ecs.new_revision))
    return f"{code(deploy.tag)} (revision {revision})" if deploy.tag else f"revision {revision}"


def nothing_in_progress(ecs_service: ServiceState, tag: str) -> dict[str, str]:
    """What runs where nothing is in progress, as NothingToFollow tells it."""
    primary = ecs_service.primary
    revision = code(revision_name(ecs_service.revision))
    since = ""
    if primary is not None:
        how = _ROLLOUT_STATES.get(primary.rollout_state, "of which ECS tells no state")
        begun_at = f", begun {slack_time(primary.created_at)}" if primary.created_at else ""
        since = f" by deployment {code(primary.id)}{begun_at}, {how}"
    return {
        "what": f"{code(tag)} (revision {revision})" if tag else f"revision {revision}",
        "since": since,
        "counts": f"{ecs_service.running} of {plural(ecs_service.desired, 'task')} running",
    }


def succeeded(deploy: Deploy, took: float) -> str:
    seen = deploy.rollout.counts
    tasks = f"{seen.new_running} of {plural(seen.new_desired, 'new task')} running"
    unknown = images.images_unknown(deploy)
    service = code(deploy.service.name)
    what = f"ECS completed it, of {service} to" if unknown else f"{service} runs"
    text = (
        f"*Succeeded.* The rollout that I followed is over: {what} {tag_and_revision(deploy)}, {tasks}, after "
        f"{duration(took)}."
    )
    return f"{text} {unknown}" if unknown else text


def paused(deploy: Deploy, pause: Pause) -> str:
    """A pause of the rollout. It is not ours to answer."""
    return (
        f"*Paused* {stage_moment(pause.stage)}.{pauses.traffic_share(deploy)} The rollout is not mine: whoever began "
        f"it lets it continue or rolls it back in the ECS console, or with "
        f"{code('aws ecs continue-service-deployment')}{pauses.pause_expiry(pause)}"
    )


def continued() -> str:
    return "Somebody let the rollout continue."


def rolled_back(deploy: Deploy, revision: str, evidence: Evidence) -> str:
    """revision: where ECS went; empty where nobody knows."""
    old = f" to {code(revision_name(revision))}" if revision else ""
    return "\n".join(
        [f"*Rolled back*{old}, by ECS and not by me: {deploy.outcome_reason}", *evidence_lines(evidence)]
    )


def superseded(deploy: Deploy, newer: DeploymentState | None) -> str:
    name = f" {code(newer.id)}" if newer else ""
    where = f" moves the service to {code(revision_name(newer.revision))}" if newer else " has the service"
    return (
        f"*Superseded*: a newer deployment{name}{where}, so the rollout that I followed goes no further. "
        f"{code(f'/deploy follow {deploy.service.name}')} follows the newer one."
    )


def service_deleted(status: str) -> str:
    return f"*Failed*: the ECS service {describe_service_status(status)}, and its rollout with it. I changed nothing."


def stopped_following(deploy: Deploy, user: str) -> str:
    if deploy.ecs.deployment_id is None:
        return f"{mention(user)} stopped this before a rollout was found. Nothing was changed."
    return (
        f"I no longer follow deployment {code(deploy.ecs.deployment_id)}, as {mention(user)} asked. Nothing was "
        f"changed: it goes on in ECS. {last_counts(deploy)}"
    )


def follow_overdue(deploy: Deploy) -> str:
    again = code(f"/deploy follow {deploy.service.name}")
    return (
        f"*No longer followed*: deployment {code(deploy.ecs.deployment_id or '')} did not end within the "
        f"deadline of {duration(deploy.service.deadline)} since I began to follow it.{time_not_counted(deploy)} "
        f"It is not mine to roll back, so nothing was changed. {last_counts(deploy)} {again} follows it on."
    )


def last_counts(deploy: Deploy) -> str:
    """How far it was at the last look."""
    seen = deploy.rollout.counts
    if not (seen.new_desired or seen.old_running):
        return "ECS told no counts of it."
    failed_tasks = f", {plural(seen.failed_tasks, 'new task')} failed" if seen.failed_tasks else ""
    return (
        f"When I last looked, {seen.new_running} of {plural(seen.new_desired, 'new task')} ran"
        f"{failed_tasks}, and {plural(seen.old_running, 'old task')}.{_last_traffic(deploy)}"
    )


def _last_traffic(deploy: Deploy) -> str:
    shift = deploy.traffic
    if shift is None:
        return ""
    share = "" if shift.new_production_percent is None else pauses.traffic_share(deploy)
    pause = shift.open_pause
    return f"{share} It was paused {stage_moment(pause.stage)}." if pause else share


_FAILED_STATUSES = {"STOPPED": "was stopped.", "ROLLBACK_FAILED": "failed, and so did ECS's own way back."}
"""By the status of the service deployment; any other, and none, has failed."""


def failed_without_rollback(
    deploy: Deploy, why: str, ecs_service: ServiceState | None, evidence: Evidence
) -> str:
    """why: whole sentences, or empty."""
    said = [
        f"*Failed*: the rollout to {tag_and_revision(deploy)} {_FAILED_STATUSES.get(deploy.rollout.counts.status, 'failed.')}",
        why,
    ]
    if deploy.rollout.counts.status != "ROLLBACK_FAILED":
        said.append("ECS does not bring back what ran before.")
    said += [_current_state(ecs_service), "I only followed it and changed nothing.", _next_steps(deploy)]
    return "\n".join([" ".join(filter(None, said)), *evidence_lines(evidence)])


def stopped_by_user() -> str:
    return "Somebody, or some tool, called StopServiceDeployment; CloudTrail knows who."


def ecs_says(reason: str) -> str:
    return f"ECS says: {code(reason.rstrip('.'))}."


def _current_state(ecs_service: ServiceState | None) -> str:
    """What the service is set to, and which tasks run: a stop leaves both versions as they were then."""
    if ecs_service is None:
        return ""
    counts: dict[str, int] = {}
    for each in ecs_service.deployments:
        if each.running:
            counts[each.revision] = counts.get(each.revision, 0) + each.running
    tasks = " and ".join(
        f"{plural(count, 'task')} of {code(revision_name(each))}" for each, count in counts.items()
    )
    runs = "runs" if sum(counts.values()) == 1 else "run"
    wanted = f"{plural(ecs_service.desired, 'task')} of {code(revision_name(ecs_service.revision))}"
    return f"The service is set to {wanted}, and {tasks or 'none'} {runs if tasks else 'runs'}."


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
