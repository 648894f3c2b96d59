"""The way back runs what ran before, also if the tag that the recorded revision names points elsewhere now.

ECS resolves a tag to a digest for each deployment. So if the tag was pushed again, or deleted, a copy of the
revision that names the image by the digest that ran is brought back instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import task_definitions
from workers.ecs.images import ecr, image_indexes, pinned_tags
from workers.ecs.images.image_reference import ImageReference, parse_image
from workers.ecs.state import RevisionState, ServiceState
from workers.ecs.task_definitions import images_by_container
from workers.flows.best_effort import best_effort
from workers.flows.ending import is_recorded_revision, rollback_revision
from workers.flows.observe.image_comparison import sole_digests
from workers.messages import images as words
from workers.step_context import StepContext


def keep_images(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
    """With a copy of the recorded revision that names by digest what ran, if that is needed.

    Whatever keeps it from that leaves the recorded revision: to be back matters more. A service that is still
    set to it makes no new deployment, so ECS keeps the digests.
    """
    if is_recorded_revision(deploy, ecs_service.revision):
        return deploy
    return best_effort(lambda: _with_pinned_copy(deploy, context), deploy)


def _with_pinned_copy(deploy: Deploy, context: StepContext) -> Deploy:
    source = task_definitions.describe(context.region, rollback_revision(deploy))
    digests = _find_moved_images(deploy, context, source)
    if not digests:
        return deploy
    copy = _register_copy(deploy, context, source, digests)
    text = words.copy_pinned_by_digest(source.arn, copy, digests)
    return context.write_intent(
        deploy.with_message(context.now(), ThreadMessageKind.PROGRESS, text, rollback={"revision_copy": copy})
    )


def _find_moved_images(deploy: Deploy, context: StepContext, source: RevisionState) -> dict[str, str]:
    """By container, the digest that ran, where the tag that the revision names does not mean it any more."""
    ran = sole_digests(deploy.rollout.images_before)
    return {
        name: ran[name]
        for name, image in images_by_container(source).items()
        if name in ran and _is_moved(context, parse_image(image), ran[name])
    }


def _is_moved(context: StepContext, image: ImageReference, ran: str) -> bool:
    """Whether the tag means another image now, and the one that ran is still there."""
    if image.digest or not ecr.is_in_ecr(image):
        return False
    now = ecr.find_image(context.region, image)
    if now and image_indexes.is_same_image(context.region, image, now.digest, ran) is not False:
        return False
    return ecr.find_image(context.region, image.with_digest(ran)) is not None


def _register_copy(
    deploy: Deploy, context: StepContext, source: RevisionState, digests: Mapping[str, str]
) -> str:
    """ARN of the copy, registered once however often this is tried."""
    mark = f"{deploy.id}:restore"
    registered = task_definitions.find_registered_for(
        context.region, source.family, newer_than=source.number, deploy_id=mark
    )
    if registered is not None:
        return registered
    named = {
        name: parse_image(image) for name, image in images_by_container(source).items() if name in digests
    }
    images = {name: str(image.with_digest(digests[name])) for name, image in named.items()}
    tags = [
        pinned_tags.pinned_tag_value(image.tag or "latest", digests[name]) for name, image in named.items()
    ]
    request = task_definitions.copy_request(source, images, mark, next(iter(tags), ""))
    context.guard()
    return task_definitions.register(context.region, request)
