"""Which images have to be readable, which are somebody else's, and which run already."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploys.deploy import ContainerChange, Verb
from deploys.errors import AwsDenied, ImageUnreadable, SameImage
from tests.builders import ARN, REGISTRY, a_deploy
from workers.ecs import registry, tasks
from workers.ecs.images import ImageReference
from workers.ecs.seen import ContainerSeen, ImageSeen, RevisionSeen, TaskSeen
from workers.flows.checked_images import check_images, refuse_same_image
from workers.flows.goals import Goal
from workers.turn import Turn

MAIN, SIDECAR = f"{REGISTRY}/web:1.4.1", f"{REGISTRY}/mesh:7"
ROLLBACK = a_deploy(verb=Verb.ROLLBACK)
SOMEWHERE = cast("Turn", SimpleNamespace(region=None))


def a_goal(main: str, *others: str) -> Goal:
    """Back to web:7."""
    source = RevisionSeen(f"{ARN}:task-definition/web:7", "web", 7, "ACTIVE", {})
    change = ContainerChange(container="web", old_image=f"{REGISTRY}/web:1.4.2", new_image=main)
    return Goal(source, (change,), "1.4.1", other_images=others)


def denied(monkeypatch: pytest.MonkeyPatch, image: str) -> None:
    """ECR knows every image but does not let the workers ask for this one."""

    def find(region: Any, reference: ImageReference) -> ImageSeen:
        if str(reference) == image:
            raise AwsDenied(action="ecr:DescribeImages", detail="no.")
        return ImageSeen("sha256:" + "a" * 64)

    monkeypatch.setattr(registry, "find", find)


def test_a_sidecar_that_may_not_be_looked_up_is_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    denied(monkeypatch, SIDECAR)

    changes, main = check_images(ROLLBACK, SOMEWHERE, a_goal(MAIN, SIDECAR))

    assert main is not None
    assert [change.digest for change in changes] == [main.digest]


def test_the_main_image_of_a_deploy_has_to_be_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    denied(monkeypatch, MAIN)

    with pytest.raises(AwsDenied):
        check_images(a_deploy(), SOMEWHERE, a_goal(MAIN))


def test_a_rollback_goes_on_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    denied(monkeypatch, MAIN)

    changes, main = check_images(ROLLBACK, SOMEWHERE, a_goal(MAIN, SIDECAR))

    assert main is None
    assert [change.digest for change in changes] == [None]


def test_a_sidecar_that_only_ecs_can_read_is_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    denied(monkeypatch, "none")

    _, main = check_images(ROLLBACK, SOMEWHERE, a_goal(MAIN, "Not//an image"))

    assert main is not None


def test_a_main_image_that_nobody_can_read_is_refused() -> None:
    with pytest.raises(ImageUnreadable):
        check_images(ROLLBACK, SOMEWHERE, a_goal("Not//an image"))


@pytest.mark.parametrize(("digests", "same"), [("aa", True), ("ab", False), ("bb", False), ("", False)])
def test_it_is_the_same_image_only_where_every_task_runs_it(
    monkeypatch: pytest.MonkeyPatch, digests: str, same: bool
) -> None:
    running = [
        TaskSeen(f"task/{n}", "RUNNING", "RUNNING", "web:7", containers=(running_image(digest),))
        for n, digest in enumerate(digests)
    ]
    monkeypatch.setattr(tasks, "of_service", lambda *_, **__: running)
    image = f"{REGISTRY}/web:1.4.2"
    change = ContainerChange(container="web", old_image=image, new_image=image, digest=digest_of("a"))

    with pytest.raises(SameImage) if same else nullcontext():
        refuse_same_image(a_deploy(tag="1.4.2"), SOMEWHERE, (change,), "1.4.2", ImageSeen(digest_of("a")))


def running_image(digest: str) -> ContainerSeen:
    return ContainerSeen("web", "RUNNING", digest=digest_of(digest))


def digest_of(letter: str) -> str:
    return f"sha256:{letter * 64}"
