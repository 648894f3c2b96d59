"""Multi-architecture images: ECS and ECR may call one image by different digests."""

from __future__ import annotations

import pytest

from deploys.catalogue.service import Pin
from deploys.deploy import MilestoneKind, Outcome
from deploys.running_images import ImageMatch
from tests.workers.flows.conftest import Twist
from tests.workers.flows.pushes import (
    asked,
    before_the_update,
    match,
    push_again,
    push_index,
    push_manifest,
    shows,
)
from tests.workers.yard import Yard


def an_index(yard: Yard, tag: str = "2.0.0") -> tuple[str, str, str]:
    """Digests of the index, and of its images for two platforms."""
    amd, arm = push_manifest(yard, f"{tag}-amd", "amd"), push_manifest(yard, f"{tag}-arm", "arm")
    return push_index(yard, tag, amd, arm), amd, arm


@pytest.mark.parametrize("reported", ["index", "platform", "mixed"])
@pytest.mark.parametrize("pin", Pin)
def test_a_multi_architecture_image_is_the_one_approved_by_whichever_digest_ecs_calls_it(
    yard: Yard, twist: Twist, reported: str, pin: Pin
) -> None:
    index, amd, arm = an_index(yard)
    calls = iter(range(10**6))
    digests = {"index": lambda: index, "platform": lambda: amd, "mixed": lambda: (amd, arm)[next(calls) % 2]}
    twist("DescribeTasks", shows(lambda seen: digests[reported]() if seen == index else seen))

    deploy = yard.until_over(yard.ask("web", "2.0.0", pin=pin))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert "*Succeeded.* `web` runs `2.0.0`" in yard.said(deploy.id, MilestoneKind.END)


def test_an_index_pushed_again_with_the_same_images_is_the_same(yard: Yard) -> None:
    """Only what BuildKit says of the build differs."""
    _, amd, arm = an_index(yard)
    push_index(yard, "2.0.1", amd, arm, note="another build")
    before_the_update(yard, lambda: push_again(yard, "2.0.0", like="2.0.1"))

    deploy = yard.until_over(asked(yard, "web", "2.0.0"))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_an_index_pushed_again_with_another_image_is_taken_back(yard: Yard) -> None:
    _, amd, _ = an_index(yard)
    push_index(yard, "2.0.1", amd, push_manifest(yard, "2.0.1-arm", "arm fixed"))
    before_the_update(yard, lambda: push_again(yard, "2.0.0", like="2.0.1"))

    assert yard.until_over(asked(yard, "web", "2.0.0")).outcome is Outcome.ROLLED_BACK


def test_an_index_that_may_not_be_read_is_said_and_takes_nothing_back(yard: Yard, twist: Twist) -> None:
    index, amd, _ = an_index(yard)
    yard.ecs.faults.add(kind="access-denied", operation="ecr:BatchGetImage", times=None)
    twist("DescribeTasks", shows(lambda seen: amd if seen == index else seen))

    deploy = yard.until_over(yard.ask("web", "2.0.0"))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    said = yard.said(deploy.id, MilestoneKind.END)
    assert said.startswith(
        "*Succeeded.* ECS completed the rollout of `2.0.0` to `web`: 3 tasks running, after "
    )
    assert (
        "Whether its tasks run the image that the plan showed is not known: I cannot find out what "
        f"`{amd[:19]}` is. AWS does not allow ecr:BatchGetImage: " in said
    )
    assert said.endswith(f"ECS shows: `web` runs `{amd[:19]}`.")
