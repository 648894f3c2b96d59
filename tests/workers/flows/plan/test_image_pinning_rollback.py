"""Rollbacks to pinned images, and to tags that were pushed again."""

from __future__ import annotations

from deploys.catalogue.service import Pin
from deploys.records.phases import Outcome
from deploys.records.request import Verb
from tests.builders import REGISTRY
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.ecr_pushes import digest_of_tag, move_tag
from tests.workers.flows.plan.pinned_deploys import images_and_tags, run_deploy


def test_a_failing_pinned_version_is_rolled_back_to_a_pinned_one(harness: EngineHarness) -> None:
    good = run_deploy(harness, "1.4.1")

    bad = run_deploy(harness, "1.5.0-crash")

    assert bad.outcome is Outcome.ROLLED_BACK
    assert harness.describe_service("web")["taskDefinition"] == good.ecs.new_revision


def test_a_rollback_to_a_pinned_revision_outlives_a_tag_that_moved(harness: EngineHarness) -> None:
    first = run_deploy(harness, "1.4.1")
    digest = digest_of_tag(harness, "1.4.1")
    run_deploy(harness, "1.4.2")
    ecr = harness.ecs.client("ecr")
    image = ecr.batch_get_image(repositoryName="web", imageIds=[{"imageTag": "1.4.1"}])["images"][0]
    ecr.put_image(repositoryName="web", imageManifest=image["imageManifest"], imageTag="keep")
    ecr.batch_delete_image(repositoryName="web", imageIds=[{"imageTag": "1.4.1"}])

    back = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert (back.outcome, back.ecs.new_revision, back.tag) == (
        Outcome.SUCCEEDED,
        first.ecs.new_revision,
        "1.4.1",
    )
    assert images_and_tags(harness, back.ecs.new_revision)[0] == [f"{REGISTRY}/web@{digest}"]


def test_a_rollback_to_a_digest_that_is_gone_is_refused(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.1")
    digest = digest_of_tag(harness, "1.4.1")
    run_deploy(harness, "1.4.2")
    harness.ecs.client("ecr").batch_delete_image(repositoryName="web", imageIds=[{"imageDigest": digest}])

    back = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert back.outcome is Outcome.REFUSED
    assert back.outcome_reason.startswith(
        f"Revision `web:18` of `web` cannot run any more: its image `{REGISTRY}/web@{digest}` is gone"
    )
    assert harness.running_tags("web") == {digest_of_tag(harness, "1.4.2").removeprefix("sha256:")}


def test_a_rollback_to_a_tag_that_was_pushed_anew_is_refused(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.1", pin=Pin.TAG)
    then = digest_of_tag(harness, "1.4.1")[:19]
    run_deploy(harness, "1.4.2", pin=Pin.TAG)
    move_tag(harness, "1.4.1", like="1.5.0")
    now = digest_of_tag(harness, "1.4.1")[:19]

    back = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert back.outcome is Outcome.REFUSED
    assert back.outcome_reason == (
        f"`{REGISTRY}/web:1.4.1` is not what ran well as `web:18`: its tag was pushed again since. Then it "
        f"was digest `{then}`, now it is `{now}`. `/deploy web 1.4.1` runs the new "
        "image; `pin: digest` in `services.yml` keeps this from happening again."
    )
