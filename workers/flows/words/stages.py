"""The stages of a deployment that shifts traffic, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.mrkdwn import code

DOING: Mapping[str, str] = {
    "RECONCILE_SERVICE": "clearing away an unfinished deployment",
    "PRE_SCALE_UP": "about to start the new tasks",
    "SCALE_UP": "starting the new tasks, without traffic",
    "POST_SCALE_UP": "new tasks started, without traffic",
    "TEST_TRAFFIC_SHIFT": "moving the test traffic",
    "POST_TEST_TRAFFIC_SHIFT": "test traffic moved",
    "PRODUCTION_TRAFFIC_SHIFT": "moving the production traffic",
    "POST_PRODUCTION_TRAFFIC_SHIFT": "production traffic moved",
    "BAKE_TIME": "baking, both versions run",
    "CLEAN_UP": "stopping the old tasks",
}
"""Every value of the enum ServiceDeploymentLifecycleStage: what a rollout does in it."""

AT: Mapping[str, str] = {
    "RECONCILE_SERVICE": "before anything is started",
    "PRE_SCALE_UP": "before the new tasks start",
    "SCALE_UP": "while the new tasks start",
    "POST_SCALE_UP": "once the new tasks have started",
    "TEST_TRAFFIC_SHIFT": "while the test traffic moves",
    "POST_TEST_TRAFFIC_SHIFT": "once the test traffic has moved",
    "PRE_PRODUCTION_TRAFFIC_SHIFT": "before production traffic moves",
    "PRODUCTION_TRAFFIC_SHIFT": "at a shift of production traffic",
    "POST_PRODUCTION_TRAFFIC_SHIFT": "once the production traffic has moved",
    "BAKE_TIME": "while it bakes",
    "CLEAN_UP": "while the old tasks are stopped",
}
"""The same for a moment, with the stage that only hooks name (enum DeploymentLifecycleHookStage)."""


def doing(stage: str) -> str:
    """What a rollout does in this stage; a stage that is newer than we are is named as ECS names it."""
    return DOING.get(stage) or f"in stage {code(stage)}"


def at(stage: str) -> str:
    """When that is: `once the test traffic has moved`."""
    return AT.get(stage) or f"at stage {code(stage)}"


def percent(share: float) -> str:
    """`10 %`, `12.5 %`."""
    return f"{share:g} %"
