"""What is told of a deploy whose record was lost, or is older than what it did, and was found in ECS."""

from __future__ import annotations

from deploys.deploy import Deploy, Phase
from deploys.mrkdwn import code, plural
from workers.ecs.seen import ServiceSeen
from workers.flows.words.measures import short


def reason() -> str:
    return "my record of this deploy was lost, as Redis lost its data."


CAME_TO = {
    Phase.PREPARING: "the task before the rollout was started",
    Phase.UPDATING: "the service is set to the new revision",
    Phase.FOLLOWING: "the rollout had begun",
    Phase.DRAINING: "the old version was stopped",
    Phase.STARTING: "the new version was started",
    Phase.RESTORING: "the new version was stopped again",
}


def adopted(phase: Phase) -> str:
    """phase: the one whose step goes on."""
    return (
        "My record of this deploy was older than what was done, as Redis lost its last writes. ECS shows how "
        f"far it was: {CAME_TO[phase]}. I go on from there."
    )


def at_zero(deploy: Deploy) -> str:
    original = deploy.original
    assert original is not None
    return (
        f"*Needs a look*: I found {code(deploy.service.name)} stopped by this deploy, and no record of it: "
        f"Redis lost its data. I bring back {code(short(original.revision))} with "
        f"{plural(original.desired_count, 'task')}, as the marks on the ECS service say."
    )


def running(deploy: Deploy, seen: ServiceSeen) -> str:
    scaled = " Application Auto Scaling is put back as it was." if deploy.scaling else ""
    return (
        f"*Failed*: Redis lost its data, and with it how far this deploy was. {code(deploy.service.name)} "
        f"wants {plural(seen.desired, 'task')} of {code(short(seen.revision))}; I leave it so.{scaled} Look "
        "whether that is the version you want."
    )
