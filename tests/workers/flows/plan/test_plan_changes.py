"""Each thing that voids an approval is said in words."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.plan_drift import RULES, PlanRule, compare_plans
from deploys.records.plan import ContainerChange, Plan, RevisionConfig
from deploys.records.restore_point import ScalingPlan
from deploys.records.traffic import PlannedPause, TrafficPlan
from tests.builders import ARN, a_plan
from workers.messages.plan_changes import plan_changes

B_DIGEST = "sha256:" + "b" * 64
CANARY = TrafficPlan(strategy="CANARY", step_percent=10, step_wait_seconds=300, bake_seconds=600)
PAUSE = PlannedPause(stages=("BAKE_TIME",), timeout_seconds=60, timeout_action=None)


def change(**changes: Any) -> ContainerChange:
    fields = {"container": "web", "old_image": "web:1.4.0", "new_image": "web:1.4.2"}
    return ContainerChange(**{**fields, **changes})


def arn(name: str) -> str:
    return f"{ARN}:task-definition/{name}"


@pytest.mark.parametrize(
    ("then", "now", "sentence"),
    [
        (
            {"old_revision": arn("web:1"), "source_revision": arn("web:1")},
            {"old_revision": arn("web:2"), "source_revision": arn("web:2")},
            "The service runs `web:2` now, not `web:1`.",
        ),
        (
            {"source_revision": arn("web:7")},
            {"source_revision": arn("web:8")},
            "The new revision would be made of `web:8`, not of `web:7`.",
        ),
        (
            {"changes": (change(),)},
            {"changes": (change(), change(container="job"))},
            "Container `job` would get a new image too.",
        ),
        (
            {"changes": (change(), change(container="job"))},
            {"changes": (change(),)},
            "Container `job` would not get a new image any more.",
        ),
        (
            {"changes": (change(),)},
            {"changes": (change(new_image="web:1.4.3"),)},
            "Container `web` would run `web:1.4.3`, not `web:1.4.2`.",
        ),
        (
            {"changes": (change(),)},
            {"changes": (change(old_image="web:1.3.9"),)},
            "Container `web` runs `web:1.3.9` now, not `web:1.4.0`.",
        ),
        (
            {"changes": (change(),)},
            {"changes": (change(),), "digest": B_DIGEST},
            "`web:1.4.2` is the digest `sha256:bbbbbbbbbbbb` now, not `sha256:aaaaaaaaaaaa`.",
        ),
        (
            {"changes": (change(),)},
            {"changes": (change(),), "digest": None},
            "The registry does not say any more which digest `web:1.4.2` is.",
        ),
        (
            {"desired_count": 3},
            {"desired_count": 4},
            "The count went from 3 to 4 tasks, and nothing scales this service automatically.",
        ),
        (
            {"desired_count": 3},
            {"desired_count": 4, "scaling": ScalingPlan(minimum=2, maximum=6)},
            "The count went from 3 to 4 tasks.",
        ),
        ({}, {"downtime": True}, "It would mean downtime now."),
        ({"downtime": True}, {}, "It would not mean downtime any more."),
        (
            {"traffic": CANARY},
            {"traffic": CANARY.evolve(strategy="BLUE_GREEN", step_percent=100)},
            "How ECS moves the traffic has changed: BLUE/GREEN, 10 min after the last; before, CANARY, "
            "10 % at a time, 5 min between shifts, 10 min after the last.",
        ),
        (
            {"traffic": CANARY},
            {"traffic": CANARY.evolve(pauses=(PAUSE,))},
            "How ECS moves the traffic has changed, its pauses or alarms.",
        ),
        (
            {},
            {"minimum_healthy_percent": 0, "maximum_percent": 150},
            "ECS would keep 0 to 150 percent of the tasks while it replaces them, not 100 to 200 percent.",
        ),
        (
            {"traffic": CANARY},
            {"traffic": None, "minimum_healthy_percent": 0},
            "How ECS moves the traffic has changed: ECS replaces the tasks a few at a time; before, CANARY, "
            "10 % at a time, 5 min between shifts, 10 min after the last.",
        ),
        (
            {"grace_seconds": 30},
            {"grace_seconds": 600},
            "A new task's failed load balancer checks would count for nothing for 10 min, not for 30 s.",
        ),
        ({}, {"express": True}, "ECS Express Mode manages this service now."),
        ({"express": True}, {}, "ECS Express Mode let go of this service."),
    ],
)
def test_what_changed_is_said(then: dict[str, Any], now: dict[str, Any], sentence: str) -> None:
    assert plan_changes(a_plan(**then), a_plan(**now)) == sentence


OTHER_VALUES: dict[str, Any] = {
    "old_revision": arn("web:9"),
    "source_revision": arn("web:9"),
    "changes": (change(container="other"),),
    "digest": B_DIGEST,
    "desired_count": 9,
    "downtime": True,
    "traffic": CANARY,
    "minimum_healthy_percent": 50,
    "maximum_percent": 150,
    "grace_seconds": 600,
    "express": True,
    "tag": "9.9.9",
    "old_tag": "9.9.8",
    "pinned": True,
    "pushed_at": 9.0,
    "image_bytes": 9,
    "stop_timeout": 9,
    "downtime_seconds": 9,
    "log_group": "/ecs/other",
    "log_region": "us-east-1",
    "scaling": ScalingPlan(minimum=2, maximum=6),
    "config": RevisionConfig(origin=arn("web:9")),
}
VOIDING = {PlanRule.BOUND, PlanRule.BOUND_IF_ROLLING}


@pytest.mark.parametrize("field", Plan.model_fields)
def test_what_is_bound_voids_an_approval_with_a_word_and_nothing_else_does(field: str) -> None:
    fresh = a_plan(**{field: OTHER_VALUES[field]})
    assert fresh != a_plan()

    is_void = not compare_plans(a_plan(), fresh).keeps_approval

    assert is_void is (RULES[field] in VOIDING or field == "desired_count")
    assert bool(plan_changes(a_plan(), fresh)) is is_void
