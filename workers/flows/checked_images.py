"""The images that a deploy would run: whether each exists, its digest, and whether it runs already.

The same tag with the same digest is the same image, whether the revision names it by tag or by digest.
Another tag of the same image is deployed, as that is what people will read afterwards. A rollback to a tag
that was pushed anew is refused: what it points to now is not what ran well. An image whose registry does not
let itself be asked does not refuse a rollback: that registers nothing, and ECS pulled it before. One that
ECR is to fetch by a pull-through cache rule cannot be checked before it is pulled.
"""

from __future__ import annotations

from deploys.deploy import ContainerChange, Deploy, Verb
from deploys.errors import (
    AwsDenied,
    AwsRefused,
    ImageMissing,
    ImageUnreadable,
    PinUnknown,
    RepositoryMissing,
    RollbackImageChanged,
    RollbackImageMissing,
    SameImage,
)
from deploys.mrkdwn import code, escape
from workers.ecs import images, registry, tasks
from workers.ecs.pins import SHORT
from workers.ecs.seen import ImageSeen
from workers.flows.goals import Goal
from workers.flows.likely_tags import likely_tags, question
from workers.flows.words import images as words
from workers.flows.words.measures import short
from workers.turn import Turn

TAGS_SHOWN = 5
"""Tags that are named where one is missing (count)."""
TAGS_COMPARED = 10_000
"""Tags among which the one that was meant is looked for (count): all that are read of a repository."""


def check_images(
    deploy: Deploy, turn: Turn, goal: Goal
) -> tuple[tuple[ContainerChange, ...], ImageSeen | None]:
    """The changes with their digests, pinned where the service asks for it, and the main image.

    Every image is looked up, each once. A rollback runs its revision as it is, so all of its images are.

    Raises:
        ImageMissing, RollbackImageMissing, RollbackImageChanged, PinUnknown, RepositoryMissing
    """
    wanted = dict.fromkeys((*(change.new_image for change in goal.changes), *goal.other_images))
    found = {image: _find(deploy, turn, goal, image) for image in wanted}
    main = found[goal.changes[0].new_image]
    _refuse_overwritten(deploy, goal, main)
    changes = tuple(_with_digest(change, found[change.new_image]) for change in goal.changes)
    if deploy.verb is Verb.DEPLOY and deploy.service.pins:
        changes = tuple(_pinned(change, deploy) for change in changes)
    return changes, main


def refuse_same_image(
    deploy: Deploy, turn: Turn, changes: tuple[ContainerChange, ...], old_tag: str, image: ImageSeen | None
) -> None:
    """Refuses a deploy that would change nothing.

    A tag may have been pushed anew: only when every task runs this very digest is it the same image.
    """
    if (
        image is None
        or old_tag != deploy.tag
        or not all(_same_image(change, deploy.tag) for change in changes)
    ):
        return
    service = deploy.service
    running = {
        container.digest
        for task in tasks.of_service(turn.region, service.cluster, service.ecs_service, stopped=False)
        for container in task.containers
        if container.name == changes[0].container and container.digest
    }
    if running == {image.digest}:
        raise SameImage(service=service.name, tag=deploy.tag)


def _same_image(change: ContainerChange, tag: str) -> bool:
    """Whether both references mean what this tag points to: by the tag, or by its digest."""
    for reference in (images.parse(change.old_image), images.parse(change.new_image)):
        by_digest = reference.digest is not None
        if (reference.digest != change.digest) if by_digest else (reference.tag != tag):
            return False
    return True


def _find(deploy: Deploy, turn: Turn, goal: Goal, image: str) -> ImageSeen | None:
    """The image, or None where its registry cannot be asked."""
    try:
        reference = images.parse(image)
    except ImageUnreadable:
        if image in goal.other_images:
            return None  # it stays as it was, and ECS reads it
        raise
    if not registry.checkable(reference):
        return None
    try:
        found = registry.find(turn.region, reference)
    except (AwsDenied, AwsRefused):
        if deploy.verb is Verb.ROLLBACK:
            return None  # a registry that does not answer is no reason to refuse a way back
        raise
    except RepositoryMissing as error:
        if (hint := _why_not_cached(turn, reference)) is None:
            return None
        raise RepositoryMissing(**{**error.facts, "hint": hint}) from error
    if found is not None or (hint := _why_not_cached(turn, reference)) is None:
        return found
    tags = registry.recent_tags(turn.region, reference, count=TAGS_COMPARED)
    newest = ", ".join(f"`{escape(tag)}`" for tag in tags[:TAGS_SHOWN])
    recent = f"{f'The newest tags are {newest}.' if newest else ''}{hint}"
    if deploy.verb is Verb.ROLLBACK:
        raise RollbackImageMissing(
            service=deploy.service.name,
            revision=escape(short(goal.source.arn)),
            image=escape(image),
            recent=recent,
        )
    likely = likely_tags(deploy.tag, tags) if deploy.verb is Verb.DEPLOY else ()
    raise ImageMissing(
        image=escape(image), likely=likely, recent=" ".join(filter(None, (question(likely), recent)))
    )


def _why_not_cached(turn: Turn, reference: images.ImageReference) -> str | None:
    """None if ECR fetches such an image when it is pulled, so that it may be there though ECR does not have
    it yet. Otherwise what to add where it is called missing: empty, or that nobody can tell."""
    try:
        return None if registry.is_pulled_through(turn.region, reference) else ""
    except (AwsDenied, AwsRefused):
        return words.cache_rules_unknown()


def _refuse_overwritten(deploy: Deploy, goal: Goal, main: ImageSeen | None) -> None:
    """A tag that was pushed anew no longer names what ran well."""
    if main is None or not goal.digest_then or main.digest == goal.digest_then:
        return
    raise RollbackImageChanged(
        service=deploy.service.name,
        image=escape(goal.changes[0].new_image),
        revision=escape(short(goal.source.arn)),
        then=code(goal.digest_then[:SHORT]),
        now=code(main.digest[:SHORT]),
        tag=escape(goal.tag),
    )


def _with_digest(change: ContainerChange, image: ImageSeen | None) -> ContainerChange:
    return change.evolve(digest=image.digest if image else None)


def _pinned(change: ContainerChange, deploy: Deploy) -> ContainerChange:
    if change.digest is None and deploy.service.pin is None:
        return change  # nobody asked for it in so many words, so the tag has to do; the plan says so
    if change.digest is None:
        raise PinUnknown(service=deploy.service.name, image=escape(change.new_image))
    return change.evolve(new_image=str(images.parse(change.new_image).with_digest(change.digest)))
