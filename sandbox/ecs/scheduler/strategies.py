"""The way a deployment goes, stage by stage, for each strategy that shifts traffic. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.ecs.pace import Lifetimes
from sandbox.ecs.records import Stage

NATIVE = ("BLUE_GREEN", "LINEAR", "CANARY")
DEFAULT_CANARY = {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
DEFAULT_LINEAR = {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}
"""Amazon's defaults, from the ECS model."""
CLEAN_UP = "CLEAN_UP"


def way_forward(configuration: dict[str, Any], lifetimes: Lifetimes, sources: int) -> tuple[Stage, ...]:
    """The stages of a deployment that replaces `sources` revisions; none for a rolling update.

    RECONCILE_SERVICE comes only where more than one revision is active, as Amazon's model says. With
    nothing to replace there is no traffic to be shifted.
    """
    if configuration["strategy"] not in NATIVE:
        return ()
    if not sources:
        return Stage("SCALE_UP", None, 100.0, 100.0), Stage(CLEAN_UP, None, 100.0, 100.0)
    short, shifting = lifetimes.stage, lifetimes.traffic_shift
    stages = [
        _hooked("PRE_SCALE_UP", 0.0, 0.0, short),
        Stage("SCALE_UP", None, 0.0, 0.0, short),
        _hooked("POST_SCALE_UP", 0.0, 0.0, short),
        _hooked("TEST_TRAFFIC_SHIFT", 0.0, 100.0, shifting),
        _hooked("POST_TEST_TRAFFIC_SHIFT", 0.0, 100.0, short),
    ]
    if sources > 1:
        stages.insert(0, _hooked("RECONCILE_SERVICE", 0.0, 0.0, short))
    before = 0.0
    for share, bake in _shifts(configuration):
        # the model gives the stage before a shift to hooks, but not as a lifecycleStage
        stages.append(Stage("PRODUCTION_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT", before, 100.0))
        stages.append(_hooked("PRODUCTION_TRAFFIC_SHIFT", share, 100.0, shifting + bake))
        before = share
    baking = configuration["bakeTimeInMinutes"] * 60.0
    return (
        *stages,
        _hooked("POST_PRODUCTION_TRAFFIC_SHIFT", 100.0, 100.0, short),
        Stage("BAKE_TIME", None, 100.0, 100.0, baking),
        Stage(CLEAN_UP, None, 100.0, 100.0),
    )


def way_back(production: float, lifetimes: Lifetimes) -> tuple[Stage, ...]:
    """Production traffic, where the target revision has any, goes back before its tasks are stopped."""
    clean_up = Stage(CLEAN_UP, None, 0.0, 0.0)
    if production == 0:
        return (clean_up,)
    return Stage("PRODUCTION_TRAFFIC_SHIFT", None, 0.0, 0.0, lifetimes.traffic_shift), clean_up


def _hooked(name: str, production: float, test: float, seconds: float) -> Stage:
    return Stage(name, name, production, test, seconds)


def _shifts(configuration: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Percentages of production traffic, each with the seconds to wait before the next."""
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
