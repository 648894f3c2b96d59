"""`/deploy tags SERVICE`: the newest tags of its image, and which of them runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from deploys.catalogue.service import Service
from deploys.errors import (
    AwsDenied,
    AwsRefused,
    ForeignController,
    RepositoryMissing,
    TagsNotCached,
    TagsUnknown,
)
from deploys.mrkdwn import code, escape, plural
from workers.ecs import registry, services, session_names, task_definitions, tasks
from workers.ecs.app_containers import app_containers
from workers.ecs.images import ImageReference, parse
from workers.ecs.pins import shown_tag
from workers.ecs.seen import ImageSeen, RevisionSeen, ServiceSeen
from workers.ecs.session import Aws, Region
from workers.flows.present import there
from workers.flows.words.measures import short, size
from workers.thread.card import date

_PULLED_ONLY = (
    "ECR fetches this image from another registry (a pull-through cache rule) and lists only what was pulled "
    "before; there may be more"
)
SHOWN = 10
"""Tags in one answer (count)."""


def tags(service: Service, aws: Aws) -> str:
    """The tags pushed last, newest first, with digest and time.

    Raises:
        ServiceMissing, ForeignController, ImageUnreadable, TagsUnknown, TagsNotCached, RepositoryMissing
        The errors of `app_containers`.
        AwsError: AWS did not tell.
    """
    region = aws.of(service, session_names.TAGS)
    seen = _service(service, region)
    revision = task_definitions.describe(region, seen.revision)
    main = app_containers(revision, service, seen.endpoints)[0]
    image = parse(main["image"])
    if not registry.checkable(image):
        raise TagsUnknown(service=service.name, image=escape(str(image)))
    running = _running(region, service, main["name"])
    cached = _is_pulled_through(region, image)
    try:
        newest = registry.newest_images(region, image)
    except RepositoryMissing as error:
        if cached:
            raise TagsNotCached(image=escape(str(image))) from error
        raise
    lines = [*_lines(newest, running), *([_PULLED_ONLY] if cached else [])]
    return "\n".join([_head(service, seen, revision, image), *(f"• {line}" for line in lines)])


def _is_pulled_through(region: Region, image: ImageReference) -> bool:
    """False if AWS does not let that be known: then the list says nothing of it."""
    try:
        return registry.is_pulled_through(region, image)
    except (AwsDenied, AwsRefused):
        return False


def _service(service: Service, region: Region) -> ServiceSeen:
    described = services.describe(region, service.cluster, [service.ecs_service])
    found = there(service, described.get(service.ecs_service))
    if not found.revision:  # ECS knows none where task sets are an external controller's
        raise ForeignController(ecs_service=service.ecs_service, controller=found.controller)
    return found


def _running(region: Region, service: Service, container: str) -> Counter[str]:
    """How many running tasks have this container's image, by digest."""
    found = tasks.of_service(region, service.cluster, service.ecs_service, stopped=False)
    return Counter(
        each.digest
        for task in found
        if task.last_status == "RUNNING"
        for each in task.containers
        if each.name == container and each.digest
    )


def _head(service: Service, seen: ServiceSeen, revision: RevisionSeen, image: ImageReference) -> str:
    repository = f"{image.registry}/{image.repository}"
    version = code(shown_tag(str(image), revision))
    pinned = ", pinned by digest" if image.digest else ""
    return (
        f"*Newest tags* of {code(repository)}. {code(service.name)} is set to {version} "
        f"(revision {code(short(seen.revision))}{pinned}), {seen.running} of "
        f"{plural(seen.desired, 'task')} running."
    )


def _lines(newest: list[ImageSeen], running: Mapping[str, int]) -> list[str]:
    total = sum(running.values())
    shown = [(tag, image) for image in newest for tag in image.tags][:SHOWN]
    lines = [_line(tag, image, running.get(image.digest, 0), total) for tag, image in shown]
    known = {image.digest for _, image in shown}
    older = {digest: tasks for digest, tasks in running.items() if digest not in known}
    tagged = {image.digest: image.tags[0] for image in newest}
    lines += [
        f"{code(tagged[digest]) if digest in tagged else 'an image without a tag'} {code(digest[:19])}, "
        f"older, *{_share(tasks, total)}*"
        for digest, tasks in older.items()
    ]
    return lines or ["there are none"]


def _line(tag: str, image: ImageSeen, tasks: int, total: int) -> str:
    weighs = f", {size(image.size)}" if image.size is not None else ""
    pushed = f", pushed {date(image.pushed_at)}" if image.pushed_at is not None else ""
    runs = f", *{_share(tasks, total)}*" if tasks else ""
    return f"{code(tag)} {code(image.digest[:19])}{weighs}{pushed}{runs}"


def _share(tasks: int, total: int) -> str:
    return "runs now" if tasks == total else f"runs now in {tasks} of {plural(total, 'task')}"
