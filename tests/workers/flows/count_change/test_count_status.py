"""Where a service is on its way to a count, and what becomes of that count: tables."""

from __future__ import annotations

import pytest

from deploys.records.count_change import CountChange
from deploys.records.request import Verb
from deploys.records.restore_point import ALL_SUSPENDED, ScalingPlan, SuspendedState
from tests.builders import NOW, a_deploy, a_plan
from workers.ecs.state import ServiceEventState, ServiceState
from workers.flows.count_change.count_status import CountStatus, is_steady, judge_count
from workers.messages import count_change
from workers.messages.scaling import effect_on_count

STEADY = "(service web) has reached a steady state."


def service(desired: int, running: int, pending: int = 0, **changes: object) -> ServiceState:
    fields = {"arn": "arn", "name": "web", "status": "ACTIVE", "revision": "web:17", **changes}
    return ServiceState(desired=desired, running=running, pending=pending, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("desired", "running", "pending", "status"),
    [
        (5, 5, 0, CountStatus.REACHED),
        (5, 3, 2, CountStatus.UNDER_WAY),
        (5, 5, 1, CountStatus.UNDER_WAY),
        (5, 6, 0, CountStatus.UNDER_WAY),
        (5, 4, 0, CountStatus.UNDER_WAY),
        (4, 5, 0, CountStatus.MOVED),
        (0, 5, 0, CountStatus.MOVED),
    ],
)
def test_on_its_way_to_five(desired: int, running: int, pending: int, status: CountStatus) -> None:
    assert judge_count(service(desired, running, pending), 5) is status


@pytest.mark.parametrize(
    ("at", "message", "steady"),
    [
        (NOW, STEADY, True),
        (NOW - 1, STEADY, False),
        (NOW + 1, "(service web) has started 2 tasks: (task 1) (task 2).", False),
    ],
)
def test_steady_since(at: float, message: str, steady: bool) -> None:
    events = (ServiceEventState(id="1", at=at, message=message),)

    assert is_steady(service(5, 5, events=events), NOW) is steady


SCALES = "Application Auto Scaling (2 to 6 tasks)"


@pytest.mark.parametrize(
    ("plan", "count", "effect"),
    [
        (None, 3, "nothing scales this service automatically, so the count stays until somebody changes it"),
        (
            ScalingPlan(unknown_reason="AWS denies it."),
            3,
            "I cannot tell whether Application Auto Scaling scales this service: AWS denies it",
        ),
        (ScalingPlan(minimum=2, maximum=6), 2, f"{SCALES} may change the count again at any time"),
        (ScalingPlan(minimum=2, maximum=6), 6, f"{SCALES} may change the count again at any time"),
        (
            ScalingPlan(minimum=2, maximum=6),
            1,
            f"{SCALES} will not keep this: the next time it scales out, it sets at least 2",
        ),
        (
            ScalingPlan(minimum=2, maximum=6, suspended_before=SuspendedState(scale_in=True)),
            7,
            f"{SCALES} will not keep this: the next time it scales in, it sets at most 6 (now scaling in "
            "suspended)",
        ),
        (
            ScalingPlan(minimum=2, maximum=6, suspended_before=ALL_SUSPENDED),
            7,
            f"{SCALES} is suspended, so the count stays until somebody changes it or resumes that",
        ),
    ],
)
def test_what_application_auto_scaling_does(plan: ScalingPlan | None, count: int, effect: str) -> None:
    assert effect_on_count(plan, count) == effect


@pytest.mark.parametrize(
    ("scaling", "who"),
    [
        (None, "somebody"),
        (ScalingPlan(minimum=2, maximum=6), "Application Auto Scaling (2 to 6) or somebody"),
    ],
)
def test_who_may_have_set_another_count(scaling: ScalingPlan | None, who: str) -> None:
    deploy = a_deploy(
        verb=Verb.SCALE, tag="", count_change=CountChange(wanted=5, before=3), plan=a_plan(scaling=scaling)
    )

    assert count_change.moved(deploy, 4) == (
        f"*Superseded*: {who} set the desired count to 4 meanwhile. I leave it."
    )


def test_tasks_that_stop_slowly_keep_the_new_count() -> None:
    deploy = a_deploy(
        verb=Verb.SCALE,
        tag="",
        count_change=CountChange(wanted=1, before=3),
        rollout={"counts": {"new_running": 2}},
    )

    assert count_change.stops_slowly(deploy, count_change.overdue(deploy)) == (
        "*Failed*: 2 tasks still ran at the deadline of 20 min. The desired count stays 1, and ECS goes "
        "on by itself."
    )
