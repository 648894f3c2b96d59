"""Multi-architecture images: ECS and ECR may report different digests for one image."""

from __future__ import annotations

import pytest

from deploys.catalogue.service import Pin
from deploys.records.phases import Outcome
from deploys.records.rollout import ImageMatch
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.conftest import AlterResponse
from tests.workers.flows.ecr_pushes import (
    image_match,
    move_tag,
    push_before_call,
    push_index,
    push_manifest,
    report_digests,
    request_by_tag,
)


def push_two_platform_index(harness: EngineHarness, tag: str = "2.0.0") -> tuple[str, str, str]:
    """Pushes an index with images for two platforms; the digests of the index and of both."""
    amd, arm = push_manifest(harness, f"{tag}-amd", "amd"), push_manifest(harness, f"{tag}-arm", "arm")
    return push_index(harness, tag, amd, arm), amd, arm


@pytest.mark.parametrize("reported", ["index", "platform", "mixed"])
@pytest.mark.parametrize("pin", Pin)
def test_a_multi_architecture_image_is_the_one_approved_by_whichever_digest_ecs_calls_it(
    harness: EngineHarness, alter_response: AlterResponse, reported: str, pin: Pin
) -> None:
    index, amd, arm = push_two_platform_index(harness)
    calls = iter(range(10**6))
    digests = {"index": lambda: index, "platform": lambda: amd, "mixed": lambda: (amd, arm)[next(calls) % 2]}
    alter_response(
        "DescribeTasks", report_digests(lambda seen: digests[reported]() if seen == index else seen)
    )

    deploy = harness.until_over(harness.request_deploy("web", "2.0.0", pin=pin))

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert "*Succeeded.* `web` runs `2.0.0`" in harness.thread_text(deploy.id, ThreadMessageKind.END)


def test_an_index_pushed_again_with_the_same_images_is_the_same(harness: EngineHarness) -> None:
    """Only the BuildKit attestation differs."""
    _, amd, arm = push_two_platform_index(harness)
    push_index(harness, "2.0.1", amd, arm, note="another build")
    push_before_call(harness, lambda: move_tag(harness, "2.0.0", like="2.0.1"))

    deploy = harness.until_over(request_by_tag(harness, "web", "2.0.0"))

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_an_index_pushed_again_with_another_image_is_taken_back(harness: EngineHarness) -> None:
    _, amd, _ = push_two_platform_index(harness)
    push_index(harness, "2.0.1", amd, push_manifest(harness, "2.0.1-arm", "arm fixed"))
    push_before_call(harness, lambda: move_tag(harness, "2.0.0", like="2.0.1"))

    assert harness.until_over(request_by_tag(harness, "web", "2.0.0")).outcome is Outcome.ROLLED_BACK


def test_an_index_that_may_not_be_read_is_said_and_takes_nothing_back(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    index, amd, _ = push_two_platform_index(harness)
    harness.ecs.faults.add(kind="access-denied", operation="ecr:BatchGetImage", times=None)
    alter_response("DescribeTasks", report_digests(lambda seen: amd if seen == index else seen))

    deploy = harness.until_over(harness.request_deploy("web", "2.0.0"))

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    text = harness.thread_text(deploy.id, ThreadMessageKind.END)
    assert text.startswith(
        "*Succeeded.* ECS completed the rollout of `2.0.0` to `web`: 3 tasks running, after "
    )
    assert (
        "Whether its tasks run the image that the plan showed is not known: I cannot find out what "
        f"`{amd[:19]}` is. AWS does not allow ecr:BatchGetImage: " in text
    )
    assert text.endswith(f"ECS shows: `web` runs `{amd[:19]}`.")
