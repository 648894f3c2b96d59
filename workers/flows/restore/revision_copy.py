"""The revision that a rollback sets: the recorded one, or a copy of it if that one cannot be set any more.

A copy is registered if the recorded revision was deregistered meanwhile, and if the tag that it names was
pushed again or deleted: ECS resolves a tag to a digest for each deployment, so the copy names the image by
the digest that ran.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploys.errors import AwsRefused, SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import task_definitions
from workers.ecs.images import ecr, image_indexes, pinned_tags
from workers.ecs.images.image_reference import ImageReference, parse_image
from workers.ecs.state import RevisionState, ServiceState
from workers.ecs.task_definitions import images_by_container
from workers.flows.best_effort import attempt, best_effort
from workers.flows.observe.image_comparison import sole_digests
from workers.flows.own_revisions import is_recorded_revision, rollback_revision
from workers.messages import alerts
from workers.messages import images as messages
from workers.step_context import StepContext

UNKNOWN_REVISION_CODE = "ClientException"
"""DescribeTaskDefinition's error for a revision that was deleted: `Unable to describe task definition.`"""


def ensure_active(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy | None:
    """The deploy with a copy of the recorded revision, if that was deregistered and the service has another
    one: ECS sets only ACTIVE revisions. None: it was deleted, so nothing brings it back.

    If it cannot be read, it is taken for ACTIVE: ECS refuses it if it is not. A copy that lacks fields is
    better than no rollback; the channel is told which.
    """
    if is_recorded_revision(deploy, ecs_service.revision):
        return deploy
    revision = rollback_revision(deploy)
    source = attempt(lambda: task_definitions.describe(context.region, revision))
    if isinstance(source, AwsRefused) and source.facts["code"] == UNKNOWN_REVISION_CODE:
        return None
    if isinstance(source, SlipwayError) or source.status == "ACTIVE":
        return deploy
    copy = best_effort(lambda: _find_copy(deploy, context, source), None)  # a second one does no harm
    if copy is None:
        mark = _copy_mark(deploy)
        copy = _register(
            context, task_definitions.copy_request(source, {}, mark, without_unknown_fields=True)
        )
    if source.unknown_fields:
        text = alerts.copy_lacks_fields(source.arn, copy, source.unknown_fields)
        deploy = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=True)
    return context.write_intent(deploy.evolve(rollback={"revision_copy": copy}))


def keep_images(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
    """The deploy with a copy of the recorded revision that names by digest what ran, if that is needed.

    If it cannot be made, the recorded revision is set as it is: to be back matters more. A service that still
    has that revision makes no new deployment, so ECS keeps the digests.
    """
    if is_recorded_revision(deploy, ecs_service.revision):
        return deploy
    return best_effort(lambda: _with_pinned_copy(deploy, context), deploy)


def _with_pinned_copy(deploy: Deploy, context: StepContext) -> Deploy:
    source = task_definitions.describe(context.region, rollback_revision(deploy))
    digests = _find_moved_images(deploy, context, source)
    if not digests:
        return deploy
    copy = _find_or_register_pinned(deploy, context, source, digests)
    text = messages.copy_pinned_by_digest(source.arn, copy, digests)
    return context.write_intent(
        deploy.with_message(context.now(), ThreadMessageKind.PROGRESS, text, rollback={"revision_copy": copy})
    )


def _find_moved_images(deploy: Deploy, context: StepContext, source: RevisionState) -> dict[str, str]:
    """By container, the digest that ran, if the tag in the revision points to another one now."""
    ran = sole_digests(deploy.rollout.images_before)
    return {
        name: ran[name]
        for name, image in images_by_container(source).items()
        if name in ran and _is_moved(context, parse_image(image), ran[name])
    }


def _is_moved(context: StepContext, image: ImageReference, ran: str) -> bool:
    """Whether the tag points to another image now, and the one that ran still exists."""
    if image.digest or not ecr.is_in_ecr(image):
        return False
    now = ecr.find_image(context.region, image)
    if now and image_indexes.is_same_image(context.region, image, now.digest, ran) is not False:
        return False
    return ecr.find_image(context.region, image.with_digest(ran)) is not None


def _find_or_register_pinned(
    deploy: Deploy, context: StepContext, source: RevisionState, digests: Mapping[str, str]
) -> str:
    """ARN of the copy that names these images by digest, registered once however often this is tried."""
    if (registered := _find_copy(deploy, context, source)) is not None:
        return registered
    named = {
        name: parse_image(image) for name, image in images_by_container(source).items() if name in digests
    }
    images = {name: str(image.with_digest(digests[name])) for name, image in named.items()}
    tags = [
        pinned_tags.pinned_tag_value(image.tag or "latest", digests[name]) for name, image in named.items()
    ]
    mark = _copy_mark(deploy)
    return _register(context, task_definitions.copy_request(source, images, mark, next(iter(tags), "")))


def _find_copy(deploy: Deploy, context: StepContext, source: RevisionState) -> str | None:
    """ARN of the copy that an earlier try registered."""
    return task_definitions.find_registered_for(
        context.region, source.family, newer_than=source.number, deploy_id=_copy_mark(deploy)
    )


def _register(context: StepContext, request: dict[str, Any]) -> str:
    context.guard()
    return task_definitions.register(context.region, request)


def _copy_mark(deploy: Deploy) -> str:
    """What the copy is tagged with, to tell it from the deploy's new revision."""
    return f"{deploy.id}:restore"
