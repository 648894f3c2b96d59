"""The recorded revision, as the way back needs it: one that ECS takes, and that runs what ran.

ECS takes only ACTIVE revisions, so one that was deregistered meanwhile is registered again. And a revision
that names its image by a tag runs whatever the tag points to when it is set again: if the tag was pushed
again, or deleted, a copy that names the image that ran by its digest is brought back instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploys.deploy import Deploy, MilestoneKind
from deploys.errors import AwsError, Refused
from workers.ecs import pins, registry, task_definitions
from workers.ecs.image_indexes import same_image
from workers.ecs.images import ImageReference, parse
from workers.ecs.seen import RevisionSeen
from workers.ecs.task_definitions import images_of
from workers.flows.ending import old_revision
from workers.flows.running_images import only_digests
from workers.flows.words import running_images as words
from workers.turn import Turn


def restorable(deploy: Deploy, turn: Turn) -> Deploy:
    """With a copy of the recorded revision where that one was deregistered: ECS takes only ACTIVE ones."""
    source = task_definitions.describe(turn.region, old_revision(deploy))
    if source.status == "ACTIVE":
        return deploy
    return _with_copy(deploy, turn, source, {})


def with_images_kept(deploy: Deploy, turn: Turn) -> Deploy:
    """With a copy of the recorded revision that names by digest what ran, if its tag points elsewhere now.

    Whatever keeps it from that leaves the recorded revision: to be back matters more.
    """
    try:
        source = task_definitions.describe(turn.region, old_revision(deploy))
        digests = _moved(deploy, turn, source)
        copied = _with_copy(deploy, turn, source, digests) if digests else deploy
    except (AwsError, Refused):
        return deploy
    if copied is deploy:
        return deploy
    text = words.kept(source.arn, old_revision(copied), digests)
    return turn.write(copied.saying(turn.now(), MilestoneKind.PROGRESS, text))


def _moved(deploy: Deploy, turn: Turn, source: RevisionSeen) -> dict[str, str]:
    """By container, the digest that ran, where the tag that the revision names does not mean it any more."""
    ran = only_digests(deploy.images_before)
    return {
        name: ran[name]
        for name, image in images_of(source).items()
        if name in ran and _points_elsewhere(turn, parse(image), ran[name])
    }


def _points_elsewhere(turn: Turn, image: ImageReference, ran: str) -> bool:
    """Whether the tag means another image now, and the one that ran is still there."""
    if image.digest or not registry.checkable(image):
        return False
    now = registry.find(turn.region, image)
    if now is not None and same_image(turn.region, image, now.digest, ran) is not False:
        return False
    return registry.find(turn.region, image.with_digest(ran)) is not None


def _with_copy(deploy: Deploy, turn: Turn, source: RevisionSeen, digests: Mapping[str, str]) -> Deploy:
    """digests: of the containers whose image the copy names by digest."""
    mark = f"{deploy.id}:restore"
    copy = task_definitions.registered_for(
        turn.region, source.family, newer_than=source.number, deploy_id=mark
    )
    if copy is None:
        named = {name: image for name, image in images_of(source).items() if name in digests}
        images = {name: str(parse(image).with_digest(digests[name])) for name, image in named.items()}
        tags = [pins.mark(parse(image).tag or "latest", digests[name]) for name, image in named.items()]
        turn.guard()
        request = task_definitions.copied(source, images, mark, next(iter(tags), ""))
        copy = task_definitions.register(turn.region, request)
    return turn.write(deploy.evolve(restore_revision=copy))
