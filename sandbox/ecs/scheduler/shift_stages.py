"""The stages of a deployment for each strategy that shifts traffic. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.ecs.durations import Durations
from sandbox.ecs.records import LifecycleStage

TRAFFIC_SHIFT_STRATEGIES = ("BLUE_GREEN", "LINEAR", "CANARY")
DEFAULT_CANARY = {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
DEFAULT_LINEAR = {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}
"""Amazon's defaults, from the ECS model."""
CLEAN_UP = "CLEAN_UP"


def forward_stages(
    configuration: dict[str, Any], durations: Durations, sources: int
) -> tuple[LifecycleStage, ...]:
    """The stages of a deployment that replaces `sources` revisions; none for a rolling update.

    RECONCILE_SERVICE only comes if more than one revision is active, as Amazon's model says. If there is
    nothing to replace, no traffic is shifted.
    """
    if configuration["strategy"] not in TRAFFIC_SHIFT_STRATEGIES:
        return ()
    if not sources:
        return LifecycleStage("SCALE_UP", None, 100.0, 100.0), LifecycleStage(CLEAN_UP, None, 100.0, 100.0)
    short, shifting = durations.min_stage, durations.traffic_shift_delay
    stages = [
        _stage_with_hooks("PRE_SCALE_UP", 0.0, 0.0, short),
        LifecycleStage("SCALE_UP", None, 0.0, 0.0, short),
        _stage_with_hooks("POST_SCALE_UP", 0.0, 0.0, short),
        _stage_with_hooks("TEST_TRAFFIC_SHIFT", 0.0, 100.0, shifting),
        _stage_with_hooks("POST_TEST_TRAFFIC_SHIFT", 0.0, 100.0, short),
    ]
    if sources > 1:
        stages.insert(0, _stage_with_hooks("RECONCILE_SERVICE", 0.0, 0.0, short))
    before = 0.0
    for share, bake in _traffic_steps(configuration):
        # in the model hooks can name the stage before a shift, but it is not a value of lifecycleStage
        stages.append(
            LifecycleStage("PRODUCTION_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT", before, 100.0)
        )
        stages.append(_stage_with_hooks("PRODUCTION_TRAFFIC_SHIFT", share, 100.0, shifting + bake))
        before = share
    baking = configuration["bakeTimeInMinutes"] * 60.0
    return (
        *stages,
        _stage_with_hooks("POST_PRODUCTION_TRAFFIC_SHIFT", 100.0, 100.0, short),
        LifecycleStage("BAKE_TIME", None, 100.0, 100.0, baking),
        LifecycleStage(CLEAN_UP, None, 100.0, 100.0),
    )


def rollback_stages(production: float, durations: Durations) -> tuple[LifecycleStage, ...]:
    """The stages of a rollback: production traffic, if any was shifted, goes back before the tasks are
    stopped."""
    clean_up = LifecycleStage(CLEAN_UP, None, 0.0, 0.0)
    if production == 0:
        return (clean_up,)
    return LifecycleStage("PRODUCTION_TRAFFIC_SHIFT", None, 0.0, 0.0, durations.traffic_shift_delay), clean_up


def _stage_with_hooks(name: str, production: float, test: float, seconds: float) -> LifecycleStage:
    return LifecycleStage(name, name, production, test, seconds)


def _traffic_steps(configuration: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Percentages of production traffic, each with the seconds to wait before the next one."""
    if configuration["strategy"] == "CANARY":
        canary = {**DEFAULT_CANARY, **configuration.get("canaryConfiguration", {})}
        if canary["canaryPercent"] < 100:
            yield float(canary["canaryPercent"]), canary["canaryBakeTimeInMinutes"] * 60.0
    elif configuration["strategy"] == "LINEAR":
        linear = {**DEFAULT_LINEAR, **configuration.get("linearConfiguration", {})}
        step = 1
        while (share := round(step * linear["stepPercent"], 1)) < 100:
            yield share, linear["stepBakeTimeInMinutes"] * 60.0
            step += 1
    yield 100.0, 0.0
