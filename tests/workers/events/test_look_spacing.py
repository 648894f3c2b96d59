"""How often events have ECS read: counted, not timed."""

from __future__ import annotations

import random

import pytest

from workers.events.ecs_event import EventKind
from workers.events.look_spacing import LEAST_SECONDS, LookSpacing

TURN, STOPPED, PROGRESS = EventKind.TURN, EventKind.TASK_STOPPED, EventKind.PROGRESS


def looks_after(arrivals: list[tuple[float, EventKind]]) -> list[float]:
    """When the deploy is read, if each read happens as soon as the deploy is due."""
    spacing, looks, due = LookSpacing(), list[float](), float("inf")
    for at, kind in arrivals:
        if due <= at:
            looks.append(due)
            due = float("inf")
        due = min(due, spacing.next_look("web22222", [kind], at))
    return [*looks, due]


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        ([(10.0, PROGRESS)], [11.0]),
        ([(10.0, PROGRESS), (10.4, PROGRESS), (10.9, PROGRESS)], [11.0]),
        ([(10.0, PROGRESS), (11.0, PROGRESS), (14.9, PROGRESS)], [11.0, 16.0]),
        ([(10.0, PROGRESS), (15.5, PROGRESS)], [11.0, 16.5]),
        ([(10.0, STOPPED), (10.1, STOPPED), (10.9, STOPPED)], [10.0, 11.0]),
        ([(10.0, PROGRESS), (12.0, TURN)], [11.0, 12.0]),
        ([(10.0, PROGRESS), (10.1, TURN)], [10.1]),
        ([(10.0, PROGRESS), (11.0, PROGRESS), (12.0, STOPPED)], [11.0, 12.0]),
        ([(10.0, TURN), (10.0, TURN), (10.1, PROGRESS)], [10.0, 10.25]),
    ],
)
def test_an_event_is_followed_by_a_read_at_once_but_not_too_often(
    arrivals: list[tuple[float, EventKind]], expected: list[float]
) -> None:
    assert looks_after(arrivals) == pytest.approx(expected)


def test_a_service_with_500_tasks_is_read_as_often_as_one_with_few() -> None:
    """500 tasks start and 500 stop within a minute, each with four events."""
    rng = random.Random(1)
    kinds = [PROGRESS] * 3500 + [STOPPED] * 500
    arrivals = sorted((rng.uniform(0, 60), kind) for kind in kinds)

    looks = looks_after([(at, kind) for at, kind in arrivals])

    assert len(looks) <= 62, "one a second"
    assert looks[-1] >= arrivals[-1][0], "what the last event tells is read, too"


def test_every_event_is_followed_by_a_read_soon() -> None:
    rng = random.Random(2)
    arrivals = sorted(
        ((rng.uniform(0, 300), rng.choice(list(EventKind))) for _ in range(400)), key=lambda each: each[0]
    )

    looks = looks_after(arrivals)

    for at, kind in arrivals:
        following = min(look for look in looks if look >= at)
        assert following - at <= LEAST_SECONDS[kind] + 1e-9


def test_deploys_that_wait_no_more_are_forgotten() -> None:
    spacing = LookSpacing()
    spacing.next_look("web22222", [PROGRESS], 10.0)

    spacing.keep_only({"web22222"})
    assert spacing.next_look("web22222", [PROGRESS], 12.0) == 16.0
    spacing.keep_only(set())
    assert spacing.next_look("web22222", [PROGRESS], 12.0) == 13.0
