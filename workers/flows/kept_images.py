"""The way back runs what ran before, also if the tag that the recorded revision names points elsewhere now.

ECS resolves a tag to a digest for each deployment. So if the tag was pushed again, or deleted, a copy of the
revision that names the image by the digest that ran is brought back instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploys.deploy import Deploy, MilestoneKind
from workers.ecs import image_indexes, pins, registry, task_definitions
from workers.ecs.images import ImageReference, parse
from workers.ecs.seen import RevisionSeen, ServiceSeen
from workers.ecs.task_definitions import images_of
from workers.flows.best_effort import best_effort
from workers.flows.ending import is_recorded, old_revision
from workers.flows.running_images import only_digests
from workers.flows.words import running_images as words
from workers.turn import Turn


def with_images_kept(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Deploy:
    """With a copy of the recorded revision that names by digest what ran, if that is needed.

    Whatever keeps it from that leaves the recorded revision: to be back matters more. A service that is still
    set to it makes no new deployment, so ECS keeps the digests.
    """
    if is_recorded(deploy, seen.revision):
        return deploy
    return best_effort(lambda: _with_copy(deploy, turn), deploy)


def _with_copy(deploy: Deploy, turn: Turn) -> Deploy:
    source = task_definitions.describe(turn.region, old_revision(deploy))
    digests = _moved(deploy, turn, source)
    if not digests:
        return deploy
    copy = _copy(deploy, turn, source, digests)
    text = words.kept(source.arn, copy, digests)
    return turn.write(deploy.saying(turn.now(), MilestoneKind.PROGRESS, text, restore_revision=copy))


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
    if now and image_indexes.same_image(turn.region, image, now.digest, ran) is not False:
        return False
    return registry.find(turn.region, image.with_digest(ran)) is not None


def _copy(deploy: Deploy, turn: Turn, source: RevisionSeen, digests: Mapping[str, str]) -> str:
    """ARN of the copy, registered once however often this is tried."""
    mark = f"{deploy.id}:restore"
    registered = task_definitions.registered_for(
        turn.region, source.family, newer_than=source.number, deploy_id=mark
    )
    if registered is not None:
        return registered
    named = {name: parse(image) for name, image in images_of(source).items() if name in digests}
    images = {name: str(image.with_digest(digests[name])) for name, image in named.items()}
    tags = [pins.mark(image.tag or "latest", digests[name]) for name, image in named.items()]
    request = task_definitions.copied(source, images, mark, next(iter(tags), ""))
    turn.guard()
    return task_definitions.register(turn.region, request)
