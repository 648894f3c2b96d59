"""`pin: digest`: the revision names the image by its digest, and people still see the tag."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import Pin
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import ContainerChange
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import REGISTRY, a_deploy, a_plan, a_service
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.ecr_pushes import digest_of_tag, move_tag
from tests.workers.flows.plan.pinned_deploys import images_and_tags, old_tag, run_deploy
from workers.flows.plan.planning import describe_plan
from workers.queries.tags_query import describe_tags


def test_the_revision_names_the_digest_that_the_tag_points_to(harness: EngineHarness) -> None:
    deploy = run_deploy(harness, "1.4.2")

    assert deploy.outcome is Outcome.SUCCEEDED
    digest = digest_of_tag(harness, "1.4.2")
    images, marks = images_and_tags(harness, deploy.ecs.new_revision)
    assert images == [f"{REGISTRY}/web@{digest}"]
    assert marks["slipway:tag"] == f"1.4.2@{digest}"
    assert marks["slipway:deploy"] == deploy.id


def test_the_plan_tells_tag_and_digest_and_that_it_is_pinned(harness: EngineHarness) -> None:
    deploy = run_deploy(harness, "1.4.2")
    short = digest_of_tag(harness, "1.4.2")[:19]

    lines = harness.thread_text(deploy.id, ThreadMessageKind.PLAN).splitlines()
    assert lines[1] == f"• container `web`: `{REGISTRY}/web:1.4.0` → `{REGISTRY}/web@{short}` (`1.4.2`)"
    assert lines[2].startswith(f"• image digest `{short}`, 60.9 MB, pushed <!date^")
    assert lines[3] == (
        "• pinned: the revision names the image by its digest, which `1.4.2` points to now; if the tag is "
        "pushed again, this revision still runs the same image"
    )


def test_containers_of_the_same_repository_are_pinned_and_others_left(harness: EngineHarness) -> None:
    ecs = harness.ecs.client("ecs")
    running = harness.describe_service("web")["taskDefinition"]
    content = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    containers = [
        *content["containerDefinitions"],
        {"name": "migrate", "image": f"{REGISTRY}/web:1.4.0", "essential": False, "memory": 64},
        {"name": "envoy", "image": "public.ecr.aws/envoy/envoy:v1.30", "essential": False, "memory": 64},
    ]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    request = {key: content[key] for key in kept if key in content}
    arn = ecs.register_task_definition(**request, containerDefinitions=containers)["taskDefinition"]
    ecs.update_service(
        cluster="production", service="web", taskDefinition=arn["taskDefinitionArn"], desiredCount=3
    )
    harness.ecs.advance(300)

    deploy = run_deploy(harness, "1.4.2")

    pinned = f"{REGISTRY}/web@{digest_of_tag(harness, '1.4.2')}"
    assert images_and_tags(harness, deploy.ecs.new_revision)[0] == [
        pinned,
        pinned,
        "public.ecr.aws/envoy/envoy:v1.30",
    ]


def test_what_runs_is_called_by_its_tag(harness: EngineHarness) -> None:
    first = run_deploy(harness, "1.4.1")
    second = run_deploy(harness, "1.4.2")

    assert old_tag(second) == "1.4.1"
    line = harness.thread_text(second.id, ThreadMessageKind.PLAN).splitlines()[1]
    assert "`1.4.1`) → `" in line
    assert line.endswith("(`1.4.2`)")
    aws = harness.engine._aws
    head = describe_tags(a_service("web"), aws).text.splitlines()[0]
    assert "`web` is set to `1.4.2` (revision `web:19`, pinned by digest), 3 of 3 tasks running." in head

    back = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web", "1.4.1"))
    assert (back.outcome, back.tag, back.ecs.new_revision) == (
        Outcome.SUCCEEDED,
        "1.4.1",
        first.ecs.new_revision,
    )
    assert old_tag(back) == "1.4.2"


def test_a_pinned_revision_made_elsewhere_is_called_by_its_digest(harness: EngineHarness) -> None:
    """Somebody copied Slipway's revision with its tags, and changed the digest."""
    ours = run_deploy(harness, "1.4.1")
    other = digest_of_tag(harness, "1.4.0")
    _, marks = images_and_tags(harness, ours.ecs.new_revision)
    ecs = harness.ecs.client("ecs")
    content = ecs.describe_task_definition(taskDefinition=ours.ecs.new_revision)["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    request = {key: content[key] for key in kept if key in content}
    [web] = content["containerDefinitions"]
    arn = ecs.register_task_definition(
        **request,
        containerDefinitions=[{**web, "image": f"{REGISTRY}/web@{other}"}],
        tags=[{"key": key, "value": value} for key, value in marks.items()],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="production", service="web", taskDefinition=arn)
    harness.ecs.advance(300)

    deploy = run_deploy(harness, "1.4.2")

    assert old_tag(deploy) == other[:19]


def test_a_restart_keeps_the_digest_and_its_tag(harness: EngineHarness) -> None:
    before = run_deploy(harness, "1.4.2")

    restart = harness.until_over(harness.request_verb(Verb.RESTART, "web"))

    assert (restart.outcome, restart.tag) == (Outcome.SUCCEEDED, "1.4.2")
    assert restart.ecs.new_revision != before.ecs.new_revision
    images, marks = images_and_tags(harness, restart.ecs.new_revision)
    assert images == images_and_tags(harness, before.ecs.new_revision)[0]
    assert marks["slipway:tag"].startswith("1.4.2@sha256:")


def test_a_deploy_by_tag_does_not_keep_the_mark_of_the_pinned_one_before(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.1")

    deploy = run_deploy(harness, "1.4.2", pin=Pin.TAG)

    images, marks = images_and_tags(harness, deploy.ecs.new_revision)
    assert images == [f"{REGISTRY}/web:1.4.2"]
    assert "slipway:tag" not in marks
    assert old_tag(deploy) == "1.4.1"


@pytest.mark.parametrize("before", [Pin.TAG, Pin.DIGEST])
@pytest.mark.parametrize("then", [Pin.TAG, Pin.DIGEST])
def test_the_same_image_is_refused_however_it_is_named(
    harness: EngineHarness, before: Pin, then: Pin
) -> None:
    run_deploy(harness, "1.4.2", pin=before)

    deploy = run_deploy(harness, "1.4.2", pin=then)

    assert deploy.outcome is Outcome.REFUSED
    assert deploy.outcome_reason == (
        "`web` already runs `1.4.2` (digest unchanged). `/deploy restart web` starts it in new tasks."
    )


def test_a_tag_that_was_pushed_anew_is_another_image(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.2")
    move_tag(harness, "1.4.2", like="1.4.1")

    deploy = run_deploy(harness, "1.4.2")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert images_and_tags(harness, deploy.ecs.new_revision)[0] == [
        f"{REGISTRY}/web@{digest_of_tag(harness, '1.4.1')}"
    ]


def test_an_approval_is_for_the_digest_that_was_shown(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", pin=Pin.DIGEST, approvals=1, approvers=("U02BOB0000",))
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    move_tag(harness, "1.4.2", like="1.4.1")
    harness.approve(deploy_id)
    harness.tick()

    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    assert harness.get(deploy_id).approval.question == 2
    assert "The new plan" in harness.thread_text(deploy_id)
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)
    assert images_and_tags(harness, deploy.ecs.new_revision)[0] == [
        f"{REGISTRY}/web@{digest_of_tag(harness, '1.4.1')}"
    ]


def test_a_registry_that_cannot_be_asked_is_refused_before_anything_is_registered(
    harness: EngineHarness,
) -> None:
    ecs = harness.ecs.client("ecs")
    before = ecs.list_task_definitions(familyPrefix="api")["taskDefinitionArns"]

    deploy = harness.until_over(harness.request_deploy("api", "v1.31", pin=Pin.DIGEST, containers=("envoy",)))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: `api` has `pin: digest`, and I cannot ask the registry of "
        "`public.ecr.aws/envoy/envoy:v1.31` which digest that is: I can only ask private ECR repositories. "
        "Nothing was registered. Push the image to ECR, or write `pin: tag` for `api` in `services.yml`."
    )
    assert ecs.list_task_definitions(familyPrefix="api")["taskDefinitionArns"] == before


@pytest.mark.parametrize(("approvals", "by"), [(0, "tag"), (1, "digest")])
def test_without_the_key_what_has_to_be_approved_is_pinned(
    harness: EngineHarness, approvals: int, by: str
) -> None:
    deploy_id = harness.request_deploy(
        "web", "1.4.2", pin=None, approvals=approvals, approvers=("U02BOB0000",)
    )
    if approvals:
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    digest = digest_of_tag(harness, "1.4.2")
    named = {"tag": f"{REGISTRY}/web:1.4.2", "digest": f"{REGISTRY}/web@{digest}"}
    assert deploy.outcome is Outcome.SUCCEEDED
    assert images_and_tags(harness, deploy.ecs.new_revision)[0] == [named[by]]
    assert ("• pinned: " in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)) is (by == "digest")


def test_without_the_key_a_registry_that_cannot_be_asked_refuses_nothing_and_the_plan_says_so(
    harness: EngineHarness,
) -> None:
    service: dict[str, Any] = {"pin": None, "approvals": 1, "approvers": ("U02BOB0000",)}
    deploy_id = harness.request_deploy("api", "v1.31", containers=("envoy",), **service)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    line = "• not pinned: no digest is known, so `v1.31` must not be pushed again"
    assert line in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    harness.approve(deploy_id)
    deploy = harness.until_over(deploy_id)
    assert deploy.outcome is Outcome.SUCCEEDED
    assert "public.ecr.aws/envoy/envoy:v1.31" in images_and_tags(harness, deploy.ecs.new_revision)[0]


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_a_restart_or_rollback_of_what_has_to_be_approved_says_nothing_of_pins(verb: Verb) -> None:
    """A restart or rollback does not name an image."""
    deploy = a_deploy(a_service(pin=None, approvals=1), verb=verb)

    assert "pinned" not in describe_plan(deploy, a_plan())


def test_an_image_of_unknown_size_has_none_in_the_plan() -> None:
    plan = a_plan(image_bytes=None, pushed_at=None)

    assert describe_plan(a_deploy(request={"requester": ALICE}), plan).splitlines()[2] == (
        "• image digest `sha256:aaaaaaaaaaaa`"
    )


def test_a_pinned_image_without_a_known_tag_is_called_by_its_digest() -> None:
    digest = "sha256:" + "a" * 64
    image = f"{REGISTRY}/web@{digest}"
    change = ContainerChange(container="web", old_image=image, new_image=image)
    plan = a_plan(tag=digest[:19], old_tag=digest[:19], digest=digest, pinned=True, changes=(change,))

    lines = describe_plan(a_deploy(verb=Verb.RESTART), plan).splitlines()

    assert lines[1] == f"• container `web`: `{REGISTRY}/web@{digest[:19]}`, as now, in new tasks"
    assert lines[3] == "• pinned: the revision names the image by its digest"
