"""Desired counts and percentages with which ECS can neither stop nor start a task are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploys.catalogue.service import Strategy
from deploys.errors import DaemonTasksBlocked, TasksBlocked
from deploys.healthy_percent import (
    TaskLimits,
    limits_blocked_at_minimum,
)
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.restore_point import ALL_SUSPENDED, ScalingPlan, SuspendedState
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_plan, a_service
from tests.workers.engine_harness import EngineHarness
from workers.ecs.state import ServiceState
from workers.flows.strategies.registry import STRATEGIES


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "works"),
    [
        # desired count, both percentages, what would work (minimum, maximum); None: not blocked
        (1, 50, 100, (0, 200)),
        (1, 1, 199, (0, 200)),
        (2, 66, 100, (50, 150)),
        (2, 51, 149, (50, 150)),
        (3, 67, 133, (66, 134)),
        (4, 76, 124, (75, 125)),
        (10, 91, 109, (90, 110)),
        (100, 100, 100, (99, 101)),
        (1, 0, 100, None),
        (1, 50, 200, None),
        (1, 100, 200, None),
        (2, 50, 100, None),
        (2, 100, 150, None),
        (3, 66, 100, None),
        (3, 100, 134, None),
        (4, 75, 100, None),
        (0, 100, 100, None),
    ],
)
def test_the_rounding_decides_and_what_would_do_is_as_near_as_can_be(
    desired: int, minimum: int, maximum: int, works: tuple[int, int] | None
) -> None:
    limits = TaskLimits(desired, minimum, maximum)

    assert limits.blocked is (works is not None)
    if works is not None:
        assert (limits.minimum_that_works, limits.maximum_that_works) == works


def can_replace_all(limits: TaskLimits) -> bool:
    """Whether a rolling update replaces all old tasks, simulated step by step."""
    old, new = limits.desired, 0
    while old:
        room = min(limits.max_tasks - old - new, limits.desired - new)
        spare = min(old + new - limits.min_healthy, old)
        if room > 0:
            new += 1
        elif spare > 0:
            old -= 1
        else:
            return False
    return True


@given(st.integers(1, 60), st.integers(0, 100), st.integers(100, 300))
def test_a_rollout_is_blocked_exactly_where_stepping_through_it_stands_still(
    desired: int, minimum: int, maximum: int
) -> None:
    limits = TaskLimits(desired, minimum, maximum)

    assert limits.blocked is not can_replace_all(limits)


@given(st.integers(1, 60), st.integers(0, 100), st.integers(100, 300))
def test_each_value_that_is_advised_lets_it_move_and_the_next_one_would_not(
    desired: int, minimum: int, maximum: int
) -> None:
    limits = TaskLimits(desired, minimum, maximum)
    if not limits.blocked:
        return
    lower, higher = limits.minimum_that_works, limits.maximum_that_works

    assert can_replace_all(TaskLimits(desired, lower, maximum))
    assert can_replace_all(TaskLimits(desired, minimum, higher))
    assert not can_replace_all(TaskLimits(desired, lower + 1, maximum))
    assert not can_replace_all(TaskLimits(desired, minimum, higher - 1))


PERCENTAGES = {"minimum_healthy_percent": 50, "maximum_percent": 100}


@pytest.mark.parametrize(
    ("strategy", "changes", "refused"),
    [
        (Strategy.ROLLING, {}, TasksBlocked),
        (Strategy.ROLLING, {"scheduling": "DAEMON"}, DaemonTasksBlocked),
        (Strategy.ROLLING, {"scheduling": "DAEMON", "minimum_healthy_percent": 0}, None),
        (Strategy.ROLLING, {"running": 0, "pending": 1}, None),
        (Strategy.ROLLING, {"minimum_healthy_percent": None}, None),
        (Strategy.ROLLING, {"maximum_percent": None}, None),
        (Strategy.STOP_START, {}, None),
        (Strategy.NATIVE, {"strategy": "BLUE_GREEN"}, None),
        (Strategy.NATIVE, {"strategy": "LINEAR"}, None),
        (Strategy.NATIVE, {"strategy": "CANARY"}, None),
    ],
)
def test_every_scheduling_and_strategy(
    strategy: Strategy, changes: dict[str, Any], refused: type[Exception] | None
) -> None:
    counts: dict[str, Any] = {"revision": "web:1", "desired": 1, "pending": 0, "running": 1}
    ecs_service = ServiceState("arn", "web", "ACTIVE", **{**counts, **PERCENTAGES, **changes})
    service = a_service(strategy=strategy)

    if refused is None:
        STRATEGIES[strategy].check_count(service, ecs_service)
    else:
        with pytest.raises(refused):
            STRATEGIES[strategy].check_count(service, ecs_service)


@pytest.mark.parametrize(
    ("scaling", "changes", "at"),
    [
        (ScalingPlan(minimum=1, maximum=6), {}, 1),
        (ScalingPlan(minimum=0, maximum=6), {}, 1),
        (ScalingPlan(minimum=2, maximum=6), {}, None),
        (ScalingPlan(minimum=1, maximum=6, suspended_before=SuspendedState(scheduled=True)), {}, 1),
        (ScalingPlan(minimum=1, maximum=6, suspended_before=ALL_SUSPENDED), {}, None),
        (ScalingPlan(minimum=1, maximum=6, unknown_reason="AWS does not say."), {}, None),
        (ScalingPlan(minimum=1, maximum=6), {"downtime": True}, None),
        (ScalingPlan(minimum=1, maximum=6), {"maximum_percent": 200}, None),
        (None, {}, None),
    ],
)
def test_a_count_that_scaling_may_set_is_looked_at_too(
    scaling: ScalingPlan | None, changes: dict[str, Any], at: int | None
) -> None:
    percentages = {"minimum_healthy_percent": 50, "maximum_percent": 150}
    plan = a_plan(**{"desired_count": 3, "scaling": scaling, **percentages, **changes})

    limits = limits_blocked_at_minimum(plan)

    assert (limits.desired if limits else None) == at


def set_percentages(harness: EngineHarness, minimum: int, maximum: int, count: int | None = None) -> None:
    """Sets web's percentages and desired count, and waits until it is steady."""
    percentages = {"minimumHealthyPercent": minimum, "maximumPercent": maximum}
    harness.ecs_client.update_service(
        cluster="production", service="web", deploymentConfiguration=percentages
    )
    if count is not None:
        harness.ecs_client.update_service(cluster="production", service="web", desiredCount=count)
    harness.until(lambda: len(harness.describe_service("web")["deployments"]) == 1 and is_steady(harness))


def is_steady(harness: EngineHarness) -> bool:
    service = harness.describe_service("web")
    return bool(service["runningCount"] == service["desiredCount"] and service["pendingCount"] == 0)


BLOCKED = (
    "*Refused*, nothing was changed: ECS could neither stop nor start a task of `web`, so the rollout would "
    "never move. Of {}. Set the maximum percent to {} or more, so that a new task starts first, or the "
    "minimum healthy percent to {} or less, so that an old one stops first{}."
)


@pytest.mark.parametrize(
    ("count", "minimum", "maximum", "message"),
    [
        (
            1,
            50,
            100,
            BLOCKED.format(
                "1 task, its minimum healthy percent of 50 keeps 1 (rounded up) and its maximum percent of "
                "100 allows 1 (rounded down)",
                200,
                0,
                "; no task runs for a while then",
            ),
        ),
        (
            2,
            66,
            100,
            BLOCKED.format(
                "2 tasks, its minimum healthy percent of 66 keeps 2 (rounded up) and its maximum percent of "
                "100 allows 2 (rounded down)",
                150,
                50,
                "",
            ),
        ),
    ],
)
@pytest.mark.parametrize("verb", [Verb.DEPLOY, Verb.RESTART])
def test_it_is_refused_in_the_plan_with_both_values_and_what_would_do(
    harness: EngineHarness, verb: Verb, count: int, minimum: int, maximum: int, message: str
) -> None:
    set_percentages(harness, minimum, maximum, count)
    before = harness.describe_service("web")["deployments"]

    deploy_id = (
        harness.request_deploy("web", "1.4.2") if verb is Verb.DEPLOY else harness.request_verb(verb, "web")
    )
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == message
    assert harness.describe_service("web")["deployments"] == before


def scale_down(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", desiredCount=1)


def change_the_percentages(harness: EngineHarness) -> None:
    percentages = {"minimumHealthyPercent": 70, "maximumPercent": 101}
    harness.ecs_client.update_service(
        cluster="production", service="web", deploymentConfiguration=percentages
    )


@pytest.mark.parametrize("change", [scale_down, change_the_percentages])
def test_what_changes_while_it_waits_for_approval_is_checked_when_it_runs(
    harness: EngineHarness, change: Callable[[EngineHarness], None]
) -> None:
    set_percentages(harness, 50, 150, 3)
    deploy_id = harness.request_deploy("web", "1.4.2", approvals=1, approvers=("U02BOB0000",))
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    change(harness)
    harness.until(lambda: is_steady(harness))

    harness.approve(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert "ECS could neither stop nor start a task of `web`" in deploy.outcome_reason
    assert len(harness.describe_service("web")["deployments"]) == 1


def test_a_count_that_changes_after_the_revision_was_registered_is_checked_before_the_update(
    harness: EngineHarness,
) -> None:
    set_percentages(harness, 50, 150, 3)
    before = {"command": ("./migrate",)}
    deploy_id = harness.request_deploy("web", "1.4.2", before=before)
    harness.until_phase(deploy_id, Phase.RUNNING_PRE_TASK)
    scale_down(harness)
    harness.until(lambda: is_steady(harness))

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert "ECS could neither stop nor start a task of `web`" in deploy.outcome_reason
    assert len(harness.describe_service("web")["deployments"]) == 1


def test_the_plan_names_a_count_to_which_scaling_may_bring_it(harness: EngineHarness) -> None:
    set_percentages(harness, 50, 150, 3)
    harness.ecs.autoscale("web", minimum=1, maximum=6)
    deploy_id = harness.request_deploy("web", "1.4.2")

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert (
        "• at 1 task, which Application Auto Scaling may set meanwhile, ECS could neither stop nor start one "
        "(50 to 150 percent), and the rollout would not move; a maximum percent of 200 or more avoids this"
        "" in harness.thread_text(deploy_id, ThreadMessageKind.PLAN).split("\n")
    )
