"""Lifecycle hooks: started when a stage is entered, answered, expired or called off."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from sandbox.ecs.records import Hook, ServiceDeployment, Stage
from sandbox.ecs.region import Region

DEFAULT_TIMEOUT_MINUTES = 1440
DEFAULT_TIMEOUT_ACTION = "ROLLBACK"
FAILING_FUNCTION = "-fail"
"""No Lambda function is run here: each succeeds, but for those whose name ends so."""


def start(region: Region, story: ServiceDeployment, index: int, stage: Stage) -> tuple[Hook, ...]:
    """The hooks of `story` for one stage, under way from now."""
    started = []
    for configured in story.configuration.get("lifecycleHooks", []):
        if stage.hook_point not in configured["lifecycleStages"]:
            continue
        hook = _started(region, configured, index)
        started.append(hook)
        region.agenda.plan(hook.expires_at, partial(_expire, region, story.arn, hook.id))
        if hook.target_type == "AWS_LAMBDA":
            failing = (hook.target_arn or "").endswith(FAILING_FUNCTION)
            status = "FAILED" if failing else "SUCCEEDED"
            region.after(region.lifetimes.lambda_hook, partial(answer, region, story.arn, hook.id, status))
    return tuple(started)


def _started(region: Region, configured: dict[str, Any], index: int) -> Hook:
    timeout = configured.get("timeoutConfiguration", {})
    minutes = timeout.get("timeoutInMinutes", DEFAULT_TIMEOUT_MINUTES)
    target_type = configured.get("targetType", "AWS_LAMBDA")
    return Hook(
        id=region.names.uuid(),
        stage=index,
        target_type=target_type,
        target_arn=configured.get("hookTargetArn"),
        status="AWAITING_ACTION" if target_type == "PAUSE" else "IN_PROGRESS",
        expires_at=region.now + region.pace.seconds(60.0 * minutes),
        timeout_action=timeout.get("action", DEFAULT_TIMEOUT_ACTION),
    )


def answer(region: Region, story: str, hook_id: str, status: str) -> None:
    """Somebody or something has settled the hook; too late where it no longer waits."""
    before = region.tables.service_deployments[story]
    hooks = tuple(
        replace(hook, status=status) if hook.id == hook_id and hook.waits else hook for hook in before.hooks
    )
    if hooks != before.hooks:
        region.update_service_deployment(story, hooks=hooks)
        region.look_at(before.service)


def _expire(region: Region, story: str, hook_id: str) -> None:
    answer(region, story, hook_id, "TIMED_OUT")


def called_off(hooks: tuple[Hook, ...]) -> tuple[Hook, ...]:
    """Nobody needs to answer any more: the deployment ends or goes back."""
    return tuple(replace(hook, status="FAILED") if hook.waits else hook for hook in hooks)
