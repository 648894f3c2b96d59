"""A rollout that is not ours: what it is, how it went, and how it stood when it was no longer followed."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import code, mention, plural
from deploys.traffic import Pause, TrafficPlan
from workers.ecs.seen import DeploymentSeen, ServiceSeen
from workers.flows.evidence import Evidence
from workers.flows.words import pausing, running_images
from workers.flows.words.endings import evidence, how_gone
from workers.flows.words.measures import duration, short, when
from workers.flows.words.shifting import foreign, without_waits
from workers.flows.words.stages import at

_HOW = {"COMPLETED": "which completed", "FAILED": "which failed"}


def begun(deploy: Deploy, primary: DeploymentSeen, ours: str, traffic: TrafficPlan | None) -> str:
    """Which rollout it is, and how it moves its traffic where it does."""
    since = f", begun {when(primary.created_at)}" if primary.created_at else ""
    whose = f"It was begun by deploy {code(ours)}, which is over." if ours else "I did not begin it."
    said = f" ECS says: {code(primary.rollout_reason)}" if _says_more(primary) else ""
    service = code(deploy.service.name)
    shifts = f" {foreign(traffic)}" if traffic else ""
    return (
        f"Following deployment {code(primary.id)}{since}: it moves {service} to {version(deploy)}. {whose} "
        f"I look on and change nothing; deploys of {service} wait until it is over.{said}{shifts}"
    )


def _says_more(primary: DeploymentSeen) -> bool:
    return bool(primary.rollout_reason) and not primary.rollout_reason.endswith("in progress.")


def version(deploy: Deploy) -> str:
    revision = code(short(deploy.new_revision))
    return f"{code(deploy.tag)} (revision {revision})" if deploy.tag else f"revision {revision}"


def at_rest(seen: ServiceSeen, tag: str) -> dict[str, str]:
    """What runs where nothing is in progress, as NothingToFollow tells it."""
    primary = seen.primary
    revision = code(short(seen.revision))
    since = ""
    if primary is not None:
        how = _HOW.get(primary.rollout_state, "of which ECS tells no state")
        begun_at = f", begun {when(primary.created_at)}" if primary.created_at else ""
        since = f" by deployment {code(primary.id)}{begun_at}, {how}"
    return {
        "what": f"{code(tag)} (revision {revision})" if tag else f"revision {revision}",
        "since": since,
        "counts": f"{seen.running} of {plural(seen.desired, 'task')} running",
    }


def succeeded(deploy: Deploy, took: float) -> str:
    seen = deploy.rollout
    tasks = f"{seen.new_running} of {plural(seen.new_desired, 'new task')} running"
    unknown = running_images.unknown(deploy)
    service = code(deploy.service.name)
    what = f"ECS completed it, of {service} to" if unknown else f"{service} runs"
    text = (
        f"*Succeeded.* The rollout that I followed is over: {what} {version(deploy)}, {tasks}, after "
        f"{duration(took)}."
    )
    return f"{text} {unknown}" if unknown else text


def paused(deploy: Deploy, pause: Pause) -> str:
    """A pause of the rollout. It is not ours to answer."""
    return (
        f"*Paused* {at(pause.stage)}.{pausing.traffic(deploy)} The rollout is not mine: whoever began "
        f"it lets it continue or rolls it back in the ECS console, or with "
        f"{code('aws ecs continue-service-deployment')}{pausing.until(pause)}"
    )


def continued() -> str:
    return "Somebody let the rollout continue."


def rolled_back(deploy: Deploy, revision: str, why: Evidence) -> str:
    """revision: where ECS went; empty where nobody knows."""
    old = f" to {code(short(revision))}" if revision else ""
    return "\n".join([f"*Rolled back*{old}, by ECS and not by me: {deploy.reason}", *evidence(why)])


def superseded(deploy: Deploy, newer: DeploymentSeen | None) -> str:
    name = f" {code(newer.id)}" if newer else ""
    where = f" moves the service to {code(short(newer.revision))}" if newer else " has the service"
    return (
        f"*Superseded*: a newer deployment{name}{where}, so the rollout that I followed goes no further. "
        f"{code(f'/deploy follow {deploy.service.name}')} follows the newer one."
    )


def gone(status: str) -> str:
    return f"*Failed*: the ECS service {how_gone(status)}, and its rollout with it. I changed nothing."


def stopped(deploy: Deploy, user: str) -> str:
    if deploy.deployment_id is None:
        return f"{mention(user)} stopped this before a rollout was found. Nothing was changed."
    return (
        f"I no longer follow deployment {code(deploy.deployment_id)}, as {mention(user)} asked. Nothing was "
        f"changed: it goes on in ECS. {stood(deploy)}"
    )


def overdue(deploy: Deploy) -> str:
    again = code(f"/deploy follow {deploy.service.name}")
    return (
        f"*No longer followed*: deployment {code(deploy.deployment_id or '')} did not end within the "
        f"deadline of {duration(deploy.service.deadline)} since I began to follow it.{without_waits(deploy)} "
        f"It is not mine to roll back, so nothing was changed. {stood(deploy)} {again} follows it on."
    )


def stood(deploy: Deploy) -> str:
    """How far it was at the last look."""
    seen = deploy.rollout
    if not (seen.new_desired or seen.old_running):
        return "ECS told no counts of it."
    failed_tasks = f", {plural(seen.failed_tasks, 'new task')} failed" if seen.failed_tasks else ""
    return (
        f"When I last looked, {seen.new_running} of {plural(seen.new_desired, 'new task')} ran"
        f"{failed_tasks}, and {plural(seen.old_running, 'old task')}.{_traffic(deploy)}"
    )


def _traffic(deploy: Deploy) -> str:
    shift = deploy.shift
    if shift is None:
        return ""
    share = "" if shift.production is None else pausing.traffic(deploy)
    pause = shift.pause
    return f"{share} It was paused {at(pause.stage)}." if pause else share
