"""What is told of a deploy whose record was lost, or is older than what it did, and was found in ECS."""

from __future__ import annotations

from deploys.mrkdwn import code, plural
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.short_names import short_arn


def record_lost_reason() -> str:
    return "my record of this deploy was lost, as Redis lost its data."


PHASE_FOUND = {
    Phase.RUNNING_PRE_TASK: "the task before the rollout was started",
    Phase.UPDATING: "the service is set to the new revision",
    Phase.FOLLOWING: "the rollout had begun",
    Phase.DRAINING: "the old version was stopped",
    Phase.STARTING: "the new version was started",
    Phase.RESTORING: "the new version was stopped again",
}


def resumed_from_ecs(phase: Phase) -> str:
    """phase: the one whose step goes on."""
    return (
        "My record of this deploy was older than what was done, as Redis lost its last writes. ECS shows how "
        f"far it was: {PHASE_FOUND[phase]}. I go on from there."
    )


def found_stopped(deploy: Deploy) -> str:
    original = deploy.stop.restore_point
    assert original is not None
    return (
        f"*Needs a look*: I found {code(deploy.service.name)} stopped by this deploy, and no record of it: "
        f"Redis lost its data. I bring back {code(short_arn(original.revision))} with "
        f"{plural(original.desired_count, 'task')}, as the marks on the ECS service say."
    )


def found_running(deploy: Deploy, desired: int, revision: str) -> str:
    scaled = " Application Auto Scaling is put back as it was." if deploy.stop.scaling else ""
    return (
        f"*Failed*: Redis lost its data, and with it how far this deploy was. {code(deploy.service.name)} "
        f"wants {plural(desired, 'task')} of {code(short_arn(revision))}; I leave it so.{scaled} Look "
        "whether that is the version you want."
    )
