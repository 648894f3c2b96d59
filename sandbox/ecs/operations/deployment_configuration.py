"""deploymentConfiguration, with ECS's defaults and checks."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.ecs_errors import InvalidParameterException
from sandbox.ecs.scheduler.shift_stages import DEFAULT_CANARY, DEFAULT_LINEAR, TRAFFIC_SHIFT_STRATEGIES

Json = dict[str, Any]

DEFAULT: Json = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}
DAEMON_DEFAULT: Json = {**DEFAULT, "maximumPercent": 100, "minimumHealthyPercent": 0}
"""For services with one task per instance (ECS API reference, DeploymentConfiguration)."""
STRATEGIES = ("ROLLING", *TRAFFIC_SHIFT_STRATEGIES)
HOOK_STAGES = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)
MAX_BAKE_MINUTES = 1440
MAX_HOOK_MINUTES = 20_160
_STRATEGY_OF_MEMBER = {"canaryConfiguration": "CANARY", "linearConfiguration": "LINEAR"}


def configuration_for_new_service(params: Json, settings: Json) -> Json:
    daemon = settings["schedulingStrategy"] == "DAEMON"
    return changed_configuration(DAEMON_DEFAULT if daemon else DEFAULT, params, settings)


def changed_configuration(current: Json, params: Json, settings: Json) -> Json:
    """The configuration with the given members changed. Raises InvalidParameterException if ECS would."""
    given: Json = params.get("deploymentConfiguration") or {}
    wanted = {**current, **given}
    strategy = wanted["strategy"]
    if strategy not in STRATEGIES:
        raise InvalidParameterException(f"Unknown strategy {strategy}. Use: {', '.join(STRATEGIES)}.")
    _check_percentages(wanted, settings["schedulingStrategy"])
    _check_early_success(wanted)
    alarms = wanted.get("alarms", {})
    if alarms.get("enable") and not alarms["alarmNames"]:
        raise InvalidParameterException("alarmNames cannot be empty if alarms are enabled.")
    if strategy != current["strategy"]:
        # the settings of the previous strategy no longer apply
        for member in {*_STRATEGY_OF_MEMBER, "lifecycleHooks"} - set(given):
            wanted.pop(member, None)
    for member, owner in _STRATEGY_OF_MEMBER.items():
        if member in wanted and strategy != owner:
            raise InvalidParameterException(f"{member} is only valid with the {owner} strategy.")
    if strategy == "ROLLING":
        if wanted.get("lifecycleHooks"):
            raise InvalidParameterException("lifecycleHooks are not supported with the ROLLING strategy.")
    elif given or current is DEFAULT:
        _check_traffic_shift(wanted, settings)
    return _with_defaults(wanted)


def _check_percentages(wanted: Json, scheduling: str) -> None:
    minimum, maximum = wanted["minimumHealthyPercent"], wanted["maximumPercent"]
    if scheduling == "DAEMON" and maximum > 100:
        raise InvalidParameterException(
            "The daemon scheduling strategy does not support values above 100 for maximumPercent on a "
            "deployment configuration. Change the maximumPercent value to 100, and try again"
        )
    if not 0 <= minimum <= 100:
        raise InvalidParameterException("minimumHealthyPercent must be between 0 and 100.")
    if maximum < 100:
        raise InvalidParameterException("maximumPercent must be at least 100.")
    if minimum == maximum == 100:
        raise InvalidParameterException(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
        )


def _check_early_success(wanted: Json) -> None:
    criteria = wanted.get("earlySuccessCriteria", {})
    if not criteria.get("enable"):
        return
    if wanted["strategy"] != "ROLLING":
        raise InvalidParameterException("earlySuccessCriteria is only valid with the ROLLING strategy.")
    if "healthyPercent" not in criteria or "sourceServiceRevisionCleanup" not in criteria:
        raise InvalidParameterException(
            "earlySuccessCriteria needs healthyPercent and sourceServiceRevisionCleanup when it is enabled."
        )
    if not wanted["minimumHealthyPercent"] <= criteria["healthyPercent"] <= 100:
        raise InvalidParameterException("healthyPercent must be between minimumHealthyPercent and 100.")


def _with_defaults(wanted: Json) -> Json:
    defaults = {
        "CANARY": ("canaryConfiguration", DEFAULT_CANARY),
        "LINEAR": ("linearConfiguration", DEFAULT_LINEAR),
    }
    if wanted["strategy"] not in defaults:
        return wanted
    member, values = defaults[wanted["strategy"]]
    return {**wanted, member: {**values, **wanted.get(member, {})}}


def _check_traffic_shift(wanted: Json, settings: Json) -> None:
    strategy = wanted["strategy"]
    if any("advancedConfiguration" not in balancer for balancer in settings.get("loadBalancers", [])):
        raise InvalidParameterException(
            f"loadBalancers need an advancedConfiguration with the {strategy} deployment strategy."
        )
    canary, linear = wanted.get("canaryConfiguration", {}), wanted.get("linearConfiguration", {})
    _check_percent("canaryPercent", canary.get("canaryPercent", 5.0), 0.1)
    _check_percent("stepPercent", linear.get("stepPercent", 10.0), 3.0)
    for name, minutes in (
        ("bakeTimeInMinutes", wanted["bakeTimeInMinutes"]),
        ("canaryBakeTimeInMinutes", canary.get("canaryBakeTimeInMinutes", 0)),
        ("stepBakeTimeInMinutes", linear.get("stepBakeTimeInMinutes", 0)),
    ):
        if not 0 <= minutes <= MAX_BAKE_MINUTES:
            raise InvalidParameterException(f"{name} must be between 0 and {MAX_BAKE_MINUTES}.")
    for hook in wanted.get("lifecycleHooks", []):
        _check_hook(hook)


def _check_percent(name: str, percent: float, minimum: float) -> None:
    if not minimum <= percent <= 100 or round(percent * 10, 6) % 1:
        raise InvalidParameterException(f"{name} must be a multiple of 0.1 from {minimum} to 100.0.")


def _check_hook(hook: Json) -> None:
    target_type = hook.get("targetType", "AWS_LAMBDA")
    if target_type not in ("AWS_LAMBDA", "PAUSE"):
        raise InvalidParameterException(f"Unknown targetType {target_type}. Use AWS_LAMBDA or PAUSE.")
    if target_type == "AWS_LAMBDA" and not hook.get("hookTargetArn"):
        raise InvalidParameterException("hookTargetArn must be given for an AWS_LAMBDA lifecycle hook.")
    if target_type == "PAUSE" and hook.get("hookTargetArn"):
        raise InvalidParameterException("hookTargetArn is not applicable for a PAUSE lifecycle hook.")
    stages = hook.get("lifecycleStages") or []
    unknown = sorted(set(stages) - set(HOOK_STAGES))
    if unknown or not stages:
        problem = f"Unknown stage {', '.join(unknown)}. " if unknown else "lifecycleStages cannot be empty. "
        raise InvalidParameterException(f"{problem}Use: {', '.join(HOOK_STAGES)}.")
    timeout = hook.get("timeoutConfiguration", {})
    if not 1 <= timeout.get("timeoutInMinutes", 1) <= MAX_HOOK_MINUTES:
        raise InvalidParameterException(f"timeoutInMinutes must be between 1 and {MAX_HOOK_MINUTES}.")
    if timeout.get("action", "ROLLBACK") not in ("CONTINUE", "ROLLBACK"):
        raise InvalidParameterException("The action at a timeout is CONTINUE or ROLLBACK.")
