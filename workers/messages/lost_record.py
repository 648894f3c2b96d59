"""A deploy that was found in ECS because its record was lost or out of date."""

from __future__ import annotations

from deploys.mrkdwn import code, plural
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.short_names import short_arn


def record_lost_reason() -> str:
    return "Redis lost the record of this deploy."


PHASE_FOUND = {
    Phase.RUNNING_PRE_TASK: "the task before the rollout was started",
    Phase.UPDATING: "the service is set to the new revision",
    Phase.FOLLOWING: "the rollout had begun",
    Phase.DRAINING: "the old version was stopped",
    Phase.STARTING: "the new version was started",
    Phase.RESTORING: "the new version was stopped again",
}


def resumed_from_ecs(phase: Phase) -> str:
    """phase: the one that continues."""
    return (
        "Redis lost its last writes, so my record of this deploy was out of date. ECS shows how far it got: "
        f"{PHASE_FOUND[phase]}. I continue from there."
    )


def found_stopped(deploy: Deploy) -> str:
    original = deploy.stop.restore_point
    assert original is not None
    return (
        f"*Needs attention*: I found {code(deploy.service.name)} stopped by this deploy, and no record of "
        f"it: Redis lost its data. I bring back {code(short_arn(original.revision))} with "
        f"{plural(original.desired_count, 'task')}, as the tags on the ECS service say."
    )


def found_running(deploy: Deploy, desired: int, revision: str) -> str:
    scaled = " Application Auto Scaling is put back as it was." if deploy.stop.scaling else ""
    return (
        f"*Failed*: Redis lost its data, and with it how far this deploy got. {code(deploy.service.name)} "
        f"is set to {plural(desired, 'task')} of {code(short_arn(revision))}; I leave it.{scaled} Check that "
        "this is the version you want."
    )
