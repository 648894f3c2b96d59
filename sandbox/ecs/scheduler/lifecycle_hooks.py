"""Lifecycle hooks: started when a stage begins, then answered, expired or cancelled."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from sandbox.ecs.records import LifecycleHook, LifecycleStage, ServiceDeployment
from sandbox.ecs.region import EcsRegion

DEFAULT_TIMEOUT_MINUTES = 1440
DEFAULT_TIMEOUT_ACTION = "ROLLBACK"
FAILING_FUNCTION_SUFFIX = "-fail"
"""No Lambda function is run here: each succeeds, except those whose name ends with this."""


def start_hooks(
    region: EcsRegion, service_deployment: ServiceDeployment, index: int, stage: LifecycleStage
) -> tuple[LifecycleHook, ...]:
    """Start the hooks of a service deployment for one stage."""
    started = []
    for configured in service_deployment.configuration.get("lifecycleHooks", []):
        if stage.hook_point not in configured["lifecycleStages"]:
            continue
        hook = _new_hook(region, configured, index)
        started.append(hook)
        region.event_queue.schedule(
            hook.expires_at, partial(_expire_hook, region, service_deployment.arn, hook.id)
        )
        if hook.target_type == "AWS_LAMBDA":
            failing = (hook.target_arn or "").endswith(FAILING_FUNCTION_SUFFIX)
            status = "FAILED" if failing else "SUCCEEDED"
            region.schedule_after(
                region.durations.lambda_hook,
                partial(settle_hook, region, service_deployment.arn, hook.id, status),
            )
    return tuple(started)


def _new_hook(region: EcsRegion, configured: dict[str, Any], index: int) -> LifecycleHook:
    timeout = configured.get("timeoutConfiguration", {})
    minutes = timeout.get("timeoutInMinutes", DEFAULT_TIMEOUT_MINUTES)
    target_type = configured.get("targetType", "AWS_LAMBDA")
    return LifecycleHook(
        id=region.ids.new_uuid(),
        stage_index=index,
        target_type=target_type,
        target_arn=configured.get("hookTargetArn"),
        status="AWAITING_ACTION" if target_type == "PAUSE" else "IN_PROGRESS",
        expires_at=region.now + region.time_scale.seconds(60.0 * minutes),
        timeout_action=timeout.get("action", DEFAULT_TIMEOUT_ACTION),
    )


def settle_hook(region: EcsRegion, service_deployment_arn: str, hook_id: str, status: str) -> None:
    """Set the result of a hook. It changes nothing if the hook no longer waits."""
    before = region.tables.service_deployments[service_deployment_arn]
    hooks = tuple(
        replace(hook, status=status) if hook.id == hook_id and hook.is_waiting else hook
        for hook in before.hooks
    )
    if hooks != before.hooks:
        region.update_service_deployment(service_deployment_arn, hooks=hooks)
        region.schedule_reconcile(before.service)


def _expire_hook(region: EcsRegion, service_deployment_arn: str, hook_id: str) -> None:
    settle_hook(region, service_deployment_arn, hook_id, "TIMED_OUT")


def cancel_waiting_hooks(hooks: tuple[LifecycleHook, ...]) -> tuple[LifecycleHook, ...]:
    """No answer is needed any more: the deployment ends or rolls back."""
    return tuple(replace(hook, status="FAILED") if hook.is_waiting else hook for hook in hooks)
