"""How ECS shifts traffic: a service's configuration, and the weights and hooks of a service deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploys.records.traffic import HookAction, PlannedPause, TrafficPlan
from workers.ecs.state import HookState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ecs.type_defs import (
        DeploymentConfigurationOutputTypeDef,
        DeploymentLifecycleHookDetailTypeDef,
        DeploymentLifecycleHookOutputTypeDef,
        ServiceRevisionSummaryTypeDef,
    )

TRAFFIC_SHIFTING_STRATEGIES = ("BLUE_GREEN", "LINEAR", "CANARY")
"""The strategies that shift traffic, of the enum DeploymentStrategy."""
_MINUTE = 60
_CANARY_PERCENT, _CANARY_MINUTES = 5.0, 10
_LINEAR_PERCENT, _LINEAR_MINUTES = 10.0, 6
_TIMEOUT_MINUTES, _TIMEOUT_ACTION = 1440, "ROLLBACK"
"""ECS's defaults if the configuration does not say (ECS API reference)."""


def read_traffic_plan(configuration: DeploymentConfigurationOutputTypeDef) -> TrafficPlan | None:
    """How the service shifts traffic to each new revision; None if it shifts none."""
    strategy = configuration.get("strategy", "ROLLING")
    if strategy not in TRAFFIC_SHIFTING_STRATEGIES:
        return None
    percent, minutes = 100.0, 0
    if strategy == "CANARY":
        canary = configuration.get("canaryConfiguration", {})
        percent = canary.get("canaryPercent", _CANARY_PERCENT)
        minutes = canary.get("canaryBakeTimeInMinutes", _CANARY_MINUTES)
    elif strategy == "LINEAR":
        linear = configuration.get("linearConfiguration", {})
        percent = linear.get("stepPercent", _LINEAR_PERCENT)
        minutes = linear.get("stepBakeTimeInMinutes", _LINEAR_MINUTES)
    alarms = configuration.get("alarms")
    alarms_enabled = alarms is not None and alarms["enable"]
    return TrafficPlan(
        strategy=strategy,
        bake_seconds=configuration.get("bakeTimeInMinutes", 0) * _MINUTE,
        step_percent=percent,
        step_wait_seconds=minutes * _MINUTE,
        pauses=tuple(
            _planned_pause(hook)
            for hook in configuration.get("lifecycleHooks", ())
            if hook.get("targetType") == "PAUSE"
        ),
        alarms=tuple(alarms["alarmNames"]) if alarms is not None and alarms_enabled else (),
        alarms_roll_back=alarms_enabled and alarms is not None and alarms["rollback"],
    )


def read_hooks(details: Sequence[DeploymentLifecycleHookDetailTypeDef]) -> tuple[HookState, ...]:
    """The lifecycle hooks that a service deployment has started."""
    return tuple(_hook_state(detail) for detail in details)


def sum_weights(revisions: Sequence[ServiceRevisionSummaryTypeDef], kind: str) -> float | None:
    """Percent of `production` or `test` traffic for these revisions together; None if ECS does not say."""
    key = f"requested{kind.capitalize()}TrafficWeight"
    weights = [float(str(revision[key])) for revision in revisions if key in revision]  # type: ignore[literal-required]
    return sum(weights) if weights else None


def _planned_pause(hook: DeploymentLifecycleHookOutputTypeDef) -> PlannedPause:
    timeout = hook.get("timeoutConfiguration", {})
    return PlannedPause(
        stages=tuple(hook.get("lifecycleStages", ())),
        timeout_seconds=timeout.get("timeoutInMinutes", _TIMEOUT_MINUTES) * _MINUTE,
        timeout_action=HookAction.parse(timeout.get("action", _TIMEOUT_ACTION)),
    )


def _hook_state(detail: DeploymentLifecycleHookDetailTypeDef) -> HookState:
    expires = detail.get("expiresAt")
    return HookState(
        id=detail.get("hookId", ""),
        status=detail.get("status", ""),
        target=detail.get("targetType", ""),
        expires_at=expires.timestamp() if expires else None,
        timeout_action=detail.get("timeoutAction", _TIMEOUT_ACTION),
        lambda_arn=detail.get("targetArn", ""),
    )
