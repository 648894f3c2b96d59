"""A rollout that is not ours has ended, and ECS brought nothing back: why, what runs now, what to do."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import code, plural
from workers.ecs.seen import ServiceSeen
from workers.flows.evidence import Evidence
from workers.flows.words.endings import evidence
from workers.flows.words.looking_on import version
from workers.flows.words.measures import short

_HOW = {"STOPPED": "was stopped.", "ROLLBACK_FAILED": "failed, and so did ECS's own way back."}
"""By the status of the service deployment; any other, and none, has failed."""


def failed(deploy: Deploy, why: str, seen: ServiceSeen | None, found: Evidence) -> str:
    """why: whole sentences, or empty."""
    said = [f"*Failed*: the rollout to {version(deploy)} {_HOW.get(deploy.rollout.status, 'failed.')}", why]
    if deploy.rollout.status != "ROLLBACK_FAILED":
        said.append("ECS does not bring back what ran before.")
    said += [_stands(seen), "I only followed it and changed nothing.", _what_to_do(deploy)]
    return "\n".join([" ".join(filter(None, said)), *evidence(found)])


def stopped_by_a_user() -> str:
    return "Somebody, or some tool, called StopServiceDeployment; CloudTrail knows who."


def ecs_says(reason: str) -> str:
    return f"ECS says: {code(reason.rstrip('.'))}."


def _stands(seen: ServiceSeen | None) -> str:
    """What the service is set to, and which tasks run: a stop leaves both versions as they were then."""
    if seen is None:
        return ""
    counts: dict[str, int] = {}
    for each in seen.deployments:
        if each.running:
            counts[each.revision] = counts.get(each.revision, 0) + each.running
    tasks = " and ".join(f"{plural(count, 'task')} of {code(short(each))}" for each, count in counts.items())
    runs = "runs" if sum(counts.values()) == 1 else "run"
    wanted = f"{plural(seen.desired, 'task')} of {code(short(seen.revision))}"
    return f"The service is set to {wanted}, and {tasks or 'none'} {runs if tasks else 'runs'}."


def _what_to_do(deploy: Deploy) -> str:
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
