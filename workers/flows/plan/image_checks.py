"""The images that a deploy would run: whether each exists, its digest, and whether it runs already.

The same tag with the same digest is the same image, whether the revision names it by tag or by digest.
Another tag of the same image is deployed, since people will read that tag afterwards. A rollback to a tag
that was pushed again is refused: what it points to now is not what ran well. A rollback is not refused if the
registry of an image cannot be read: it registers nothing, and ECS pulled the image before. An image that ECR
is to fetch by a pull-through cache rule cannot be checked before it is pulled.
"""

from __future__ import annotations

from deploys.errors import (
    AwsDenied,
    AwsRefused,
    DigestUnknown,
    ImageAlreadyRuns,
    ImageMissing,
    ImageUnreadable,
    RepositoryMissing,
    RollbackImageChanged,
    RollbackImageMissing,
)
from deploys.mrkdwn import code, escape
from deploys.records.deploy import Deploy
from deploys.records.plan import ContainerChange
from deploys.records.request import Verb
from deploys.short_names import short_arn, short_digest
from workers.ecs import tasks
from workers.ecs.images import ecr, image_reference
from workers.ecs.state import EcrImageState
from workers.flows.plan.likely_tags import did_you_mean, find_likely_tags
from workers.flows.plan.target_version import TargetVersion
from workers.messages import images as messages
from workers.step_context import StepContext

TAGS_SHOWN = 5
"""How many existing tags a refusal names if the wanted one is missing (count)."""
TAGS_COMPARED = 10_000
"""How many tags the likely ones are searched in (count): all that are read of a repository."""


def check_images(
    deploy: Deploy, context: StepContext, target: TargetVersion
) -> tuple[tuple[ContainerChange, ...], EcrImageState | None]:
    """The changes with their digests, pinned if the service asks for it, and the main image.

    Every image is looked up once. A rollback runs its revision as it is, so all of its images are checked.

    Raises:
        ImageMissing, RollbackImageMissing, RollbackImageChanged, DigestUnknown, RepositoryMissing
    """
    wanted = dict.fromkeys((*(change.new_image for change in target.changes), *target.other_images))
    found = {image: _find_image(deploy, context, target, image) for image in wanted}
    main = found[target.changes[0].new_image]
    _refuse_moved_tag(deploy, target, main)
    changes = tuple(_with_digest(change, found[change.new_image]) for change in target.changes)
    if deploy.verb is Verb.DEPLOY and deploy.service.pins_digest:
        changes = tuple(_pinned(change, deploy) for change in changes)
    return changes, main


def refuse_same_image(
    deploy: Deploy,
    context: StepContext,
    changes: tuple[ContainerChange, ...],
    old_tag: str,
    image: EcrImageState | None,
) -> None:
    """Refuses a deploy that would change nothing.

    A tag may have been pushed again, so it is the same image only if every task runs this very digest.
    """
    if (
        image is None
        or old_tag != deploy.tag
        or not all(_means_this_tag(change, deploy.tag) for change in changes)
    ):
        return
    service = deploy.service
    running = {
        container.digest
        for task in tasks.list_service_tasks(
            context.region, service.cluster, service.ecs_service, stopped=False
        )
        for container in task.containers
        if container.name == changes[0].container and container.digest
    }
    if running == {image.digest}:
        raise ImageAlreadyRuns(service=service.name, tag=deploy.tag)


def _means_this_tag(change: ContainerChange, tag: str) -> bool:
    """Whether both references mean what this tag points to: by the tag, or by its digest."""
    for reference in (
        image_reference.parse_image(change.old_image),
        image_reference.parse_image(change.new_image),
    ):
        by_digest = reference.digest is not None
        if (reference.digest != change.digest) if by_digest else (reference.tag != tag):
            return False
    return True


def _find_image(
    deploy: Deploy, context: StepContext, target: TargetVersion, image: str
) -> EcrImageState | None:
    """The image, or None if its registry cannot be asked."""
    try:
        reference = image_reference.parse_image(image)
    except ImageUnreadable:
        if image in target.other_images:
            return None  # it stays as it is, and ECS can read it
        raise
    if not ecr.is_in_ecr(reference):
        return None
    try:
        image_found = ecr.find_image(context.region, reference)
    except (AwsDenied, AwsRefused):
        if deploy.verb is Verb.ROLLBACK:
            return None  # a rollback is not refused because a registry does not answer
        raise
    except RepositoryMissing as error:
        if (hint := _pull_through_hint(context, reference)) is None:
            return None
        raise RepositoryMissing(**{**error.facts, "hint": hint}) from error
    if image_found is not None or (hint := _pull_through_hint(context, reference)) is None:
        return image_found
    tags = ecr.list_recent_tags(context.region, reference, count=TAGS_COMPARED)
    newest = ", ".join(f"`{escape(tag)}`" for tag in tags[:TAGS_SHOWN])
    recent = f"{f'The newest tags are {newest}.' if newest else ''}{hint}"
    if deploy.verb is Verb.ROLLBACK:
        raise RollbackImageMissing(
            service=deploy.service.name,
            revision=escape(short_arn(target.source.arn)),
            image=escape(image),
            recent=recent,
        )
    likely = find_likely_tags(deploy.tag, tags) if deploy.verb is Verb.DEPLOY else ()
    raise ImageMissing(
        image=escape(image), likely=likely, recent=" ".join(filter(None, (did_you_mean(likely), recent)))
    )


def _pull_through_hint(context: StepContext, reference: image_reference.ImageReference) -> str | None:
    """None if ECR fetches such an image when it is pulled: then it may exist although ECR does not have it
    yet. Otherwise what a refusal adds: nothing, or that this could not be checked.
    """
    try:
        return None if ecr.is_pulled_through(context.region, reference) else ""
    except (AwsDenied, AwsRefused):
        return messages.cache_rules_unknown()


def _refuse_moved_tag(deploy: Deploy, target: TargetVersion, main: EcrImageState | None) -> None:
    """A tag that was pushed again no longer names what ran well."""
    if main is None or not target.recorded_digest or main.digest == target.recorded_digest:
        return
    raise RollbackImageChanged(
        service=deploy.service.name,
        image=escape(target.changes[0].new_image),
        revision=escape(short_arn(target.source.arn)),
        then=code(short_digest(target.recorded_digest)),
        now=code(short_digest(main.digest)),
        tag=escape(target.tag),
    )


def _with_digest(change: ContainerChange, image: EcrImageState | None) -> ContainerChange:
    return change.evolve(digest=image.digest if image else None)


def _pinned(change: ContainerChange, deploy: Deploy) -> ContainerChange:
    if change.digest is None and deploy.service.pin is None:
        return change  # pinning is only the default, so the tag has to do; the plan says so
    if change.digest is None:
        raise DigestUnknown(service=deploy.service.name, image=escape(change.new_image))
    return change.evolve(
        new_image=str(image_reference.parse_image(change.new_image).with_digest(change.digest))
    )
