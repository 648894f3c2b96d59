"""How the images of running tasks compare with the plan, as a table, without AWS."""

from __future__ import annotations

import pytest

from deploys.records.rollout import ImageMatch, RunningImage
from workers.ecs.state import ContainerState, TaskState
from workers.flows.observe.image_comparison import (
    DigestAnswers,
    compare_digests,
    count_images,
    running_tasks,
    sole_digests,
)

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
SAME, DIFFERENT, UNKNOWN = ImageMatch.SAME, ImageMatch.DIFFERENT, ImageMatch.UNKNOWN
WEB_A = {"web": A}


def a_running_image(digest: str, tasks: int, container: str = "web") -> RunningImage:
    return RunningImage(container=container, digest=digest, tasks=tasks)


@pytest.mark.parametrize(
    ("wanted", "tasks", "images", "answers", "match"),
    [
        (WEB_A, 3, (a_running_image(A, 3),), {}, SAME),
        ({}, 3, (a_running_image(A, 3),), {}, ImageMatch.NOT_COMPARED),
        (WEB_A, 3, (a_running_image(B, 3),), {("web", B): False}, DIFFERENT),
        (WEB_A, 3, (a_running_image(A, 2), a_running_image(B, 1)), {("web", B): False}, DIFFERENT),
        (WEB_A, 3, (a_running_image(A, 1), a_running_image(B, 2)), {("web", B): True}, SAME),
        (WEB_A, 3, (a_running_image(B, 3),), {("web", B): "ECR does not tell."}, UNKNOWN),
        (
            WEB_A,
            3,
            (a_running_image(B, 1), a_running_image(C, 2)),
            {("web", B): "no.", ("web", C): False},
            DIFFERENT,
        ),
        (WEB_A, 3, (a_running_image(A, 2),), {}, UNKNOWN),
        (WEB_A, 0, (), {}, UNKNOWN),
        (
            {"web": A, "jobs": C},
            2,
            (a_running_image(A, 2), a_running_image(B, 2, "jobs")),
            {("jobs", B): False},
            DIFFERENT,
        ),
        ({"web": A, "jobs": C}, 2, (a_running_image(A, 2),), {}, UNKNOWN),
        (WEB_A, 2, (a_running_image(A, 2), a_running_image(B, 2, "jobs")), {}, SAME),
    ],
)
def test_what_running_tasks_say_of_a_plan(
    wanted: dict[str, str],
    tasks: int,
    images: tuple[RunningImage, ...],
    answers: DigestAnswers,
    match: ImageMatch,
) -> None:
    comparison = compare_digests(wanted, tasks, images, answers)

    assert comparison.match is match
    assert bool(comparison.different) is (match is DIFFERENT)
    assert bool(comparison.unknown_reason) is (match is UNKNOWN)
    assert comparison.images == images


def test_the_different_ones_alone_are_named() -> None:
    comparison = compare_digests(
        WEB_A, 3, (a_running_image(A, 1), a_running_image(B, 2)), {("web", B): False}
    )

    assert comparison.different == (a_running_image(B, 2),)


def a_task(last: str, desired: str, by: str, revision: str, digest: str = A) -> TaskState:
    containers = (ContainerState("web", last, digest=digest), ContainerState("envoy", last, digest=C))
    return TaskState(f"task/{by}", last, desired, revision, started_by=by, containers=containers)


def test_only_tasks_that_run_and_go_on_count() -> None:
    ours = a_task("RUNNING", "RUNNING", "ecs-svc/2", "web:2")
    tasks = [
        ours,
        a_task("RUNNING", "RUNNING", "ecs-svc/1", "web:1"),
        a_task("RUNNING", "STOPPED", "ecs-svc/2", "web:2"),
        a_task("PENDING", "RUNNING", "ecs-svc/2", "web:2"),
        a_task("DEPROVISIONING", "STOPPED", "ecs-svc/2", "web:2"),
    ]

    assert running_tasks(tasks, started_by="ecs-svc/2") == [ours]
    assert running_tasks(tasks, revision="web:2") == [ours]


def test_images_are_counted_for_the_containers_asked_for() -> None:
    tasks = [a_task("RUNNING", "RUNNING", "d", "web:2", digest) for digest in (A, B, B, "")]

    assert count_images(tasks, {"web"}) == (a_running_image(A, 1), a_running_image(B, 2))
    assert sole_digests(count_images(tasks, {"web", "envoy"})) == {"envoy": C}
