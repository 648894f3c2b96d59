"""Which images must be readable, which need not be, and which run already."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploys.errors import AwsDenied, ImageAlreadyRuns, ImageUnreadable
from deploys.records.plan import ContainerChange
from deploys.records.request import Verb
from tests.builders import ARN, REGISTRY, a_deploy
from workers.ecs import tasks
from workers.ecs.images import ecr
from workers.ecs.images.image_reference import ImageReference
from workers.ecs.state import ContainerState, EcrImageState, RevisionState, TaskState
from workers.flows.plan.image_checks import check_images, refuse_same_image
from workers.flows.plan.target_version import TargetVersion
from workers.step_context import StepContext

MAIN, SIDECAR = f"{REGISTRY}/web:1.4.1", f"{REGISTRY}/mesh:7"
ROLLBACK = a_deploy(verb=Verb.ROLLBACK)
CONTEXT = cast("StepContext", SimpleNamespace(region=None))


def a_target(main: str, *others: str) -> TargetVersion:
    """A rollback to web:7."""
    source = RevisionState(f"{ARN}:task-definition/web:7", "web", 7, "ACTIVE", {})
    change = ContainerChange(container="web", old_image=f"{REGISTRY}/web:1.4.2", new_image=main)
    return TargetVersion(source, (change,), "1.4.1", other_images=others)


def deny_lookup(monkeypatch: pytest.MonkeyPatch, image: str) -> None:
    """Lets ECR know every image, but deny the lookup of this one."""

    def find(region: Any, reference: ImageReference) -> EcrImageState:
        if str(reference) == image:
            raise AwsDenied(action="ecr:DescribeImages", detail="no.")
        return EcrImageState("sha256:" + "a" * 64)

    monkeypatch.setattr(ecr, "find_image", find)


def test_a_sidecar_that_may_not_be_looked_up_is_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    deny_lookup(monkeypatch, SIDECAR)

    changes, main = check_images(ROLLBACK, CONTEXT, a_target(MAIN, SIDECAR))

    assert main is not None
    assert [change.digest for change in changes] == [main.digest]


def test_the_main_image_of_a_deploy_has_to_be_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    deny_lookup(monkeypatch, MAIN)

    with pytest.raises(AwsDenied):
        check_images(a_deploy(), CONTEXT, a_target(MAIN))


def test_a_rollback_goes_on_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    deny_lookup(monkeypatch, MAIN)

    changes, main = check_images(ROLLBACK, CONTEXT, a_target(MAIN, SIDECAR))

    assert main is None
    assert [change.digest for change in changes] == [None]


def test_a_sidecar_that_only_ecs_can_read_is_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    deny_lookup(monkeypatch, "none")

    _, main = check_images(ROLLBACK, CONTEXT, a_target(MAIN, "Not//an image"))

    assert main is not None


def test_a_main_image_that_nobody_can_read_is_refused() -> None:
    with pytest.raises(ImageUnreadable):
        check_images(ROLLBACK, CONTEXT, a_target("Not//an image"))


@pytest.mark.parametrize(("digests", "same"), [("aa", True), ("ab", False), ("bb", False), ("", False)])
def test_it_is_the_same_image_only_where_every_task_runs_it(
    monkeypatch: pytest.MonkeyPatch, digests: str, same: bool
) -> None:
    running = [
        TaskState(f"task/{n}", "RUNNING", "RUNNING", "web:7", containers=(running_image(digest),))
        for n, digest in enumerate(digests)
    ]
    monkeypatch.setattr(tasks, "list_service_tasks", lambda *_, **__: running)
    image = f"{REGISTRY}/web:1.4.2"
    change = ContainerChange(container="web", old_image=image, new_image=image, digest=fake_digest("a"))

    with pytest.raises(ImageAlreadyRuns) if same else nullcontext():
        refuse_same_image(a_deploy(tag="1.4.2"), CONTEXT, (change,), "1.4.2", EcrImageState(fake_digest("a")))


def running_image(digest: str) -> ContainerState:
    return ContainerState("web", "RUNNING", digest=fake_digest(digest))


def fake_digest(letter: str) -> str:
    return f"sha256:{letter * 64}"
