"""What is known of the images of running tasks: a table, without AWS."""

from __future__ import annotations

import pytest

from deploys.running_images import ImageMatch, RunningImage
from workers.ecs.seen import ContainerSeen, TaskSeen
from workers.flows.running_images import Answers, compared, images_of, only_digests, running

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
SAME, DIFFERENT, UNKNOWN = ImageMatch.SAME, ImageMatch.DIFFERENT, ImageMatch.UNKNOWN
WEB_A = {"web": A}


def image(digest: str, tasks: int, container: str = "web") -> RunningImage:
    return RunningImage(container=container, digest=digest, tasks=tasks)


@pytest.mark.parametrize(
    ("wanted", "tasks", "images", "answers", "match"),
    [
        (WEB_A, 3, (image(A, 3),), {}, SAME),
        ({}, 3, (image(A, 3),), {}, ImageMatch.NOT_COMPARED),
        (WEB_A, 3, (image(B, 3),), {("web", B): False}, DIFFERENT),
        (WEB_A, 3, (image(A, 2), image(B, 1)), {("web", B): False}, DIFFERENT),
        (WEB_A, 3, (image(A, 1), image(B, 2)), {("web", B): True}, SAME),
        (WEB_A, 3, (image(B, 3),), {("web", B): "ECR does not tell."}, UNKNOWN),
        (WEB_A, 3, (image(B, 1), image(C, 2)), {("web", B): "no.", ("web", C): False}, DIFFERENT),
        (WEB_A, 3, (image(A, 2),), {}, UNKNOWN),
        (WEB_A, 0, (), {}, UNKNOWN),
        ({"web": A, "jobs": C}, 2, (image(A, 2), image(B, 2, "jobs")), {("jobs", B): False}, DIFFERENT),
        ({"web": A, "jobs": C}, 2, (image(A, 2),), {}, UNKNOWN),
        (WEB_A, 2, (image(A, 2), image(B, 2, "jobs")), {}, SAME),
    ],
)
def test_what_running_tasks_say_of_a_plan(
    wanted: dict[str, str],
    tasks: int,
    images: tuple[RunningImage, ...],
    answers: Answers,
    match: ImageMatch,
) -> None:
    seen = compared(wanted, tasks, images, answers)

    assert seen.match is match
    assert bool(seen.different) is (match is DIFFERENT)
    assert bool(seen.unknown) is (match is UNKNOWN)
    assert seen.images == images


def test_the_different_ones_alone_are_named() -> None:
    seen = compared(WEB_A, 3, (image(A, 1), image(B, 2)), {("web", B): False})

    assert seen.different == (image(B, 2),)


def task(last: str, desired: str, by: str, revision: str, digest: str = A) -> TaskSeen:
    containers = (ContainerSeen("web", last, digest=digest), ContainerSeen("envoy", last, digest=C))
    return TaskSeen(f"task/{by}", last, desired, revision, started_by=by, containers=containers)


def test_only_tasks_that_run_and_go_on_count() -> None:
    ours = task("RUNNING", "RUNNING", "ecs-svc/2", "web:2")
    tasks = [
        ours,
        task("RUNNING", "RUNNING", "ecs-svc/1", "web:1"),
        task("RUNNING", "STOPPED", "ecs-svc/2", "web:2"),
        task("PENDING", "RUNNING", "ecs-svc/2", "web:2"),
        task("DEPROVISIONING", "STOPPED", "ecs-svc/2", "web:2"),
    ]

    assert running(tasks, started_by="ecs-svc/2") == [ours]
    assert running(tasks, revision="web:2") == [ours]


def test_images_are_counted_for_the_containers_asked_for() -> None:
    tasks = [task("RUNNING", "RUNNING", "d", "web:2", digest) for digest in (A, B, B, "")]

    assert images_of(tasks, {"web"}) == (image(A, 1), image(B, 2))
    assert only_digests(images_of(tasks, {"web", "envoy"})) == {"envoy": C}
