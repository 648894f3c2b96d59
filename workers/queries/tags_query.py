"""`/deploy tags SERVICE`: the newest tags of its image, and which of them run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from deploys.catalogue.service import Service
from deploys.errors import (
    AwsDenied,
    AwsRefused,
    OtherDeploymentController,
    RepositoryMissing,
    TagsNotCached,
    TagsUnknown,
)
from deploys.formatting import image_size, slack_time
from deploys.mrkdwn import code, escape_line, plural
from deploys.native_blocks import Cell, code_cell, data_table, number_cell, text_cell, time_cell
from deploys.short_names import short_arn, short_digest
from workers.ecs import services, task_definitions, tasks
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.images import ecr
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.image_reference import ImageReference, parse_image
from workers.ecs.images.pinned_tags import display_tag
from workers.ecs.state import EcrImageState, RevisionState, ServiceState
from workers.flows.plan.service_checks import require_exists
from workers.queries.answer import Answer, section

_PULL_THROUGH_NOTE = (
    "ECR fetches this image from another registry (a pull-through cache rule) and lists only what was pulled "
    "before; there may be more"
)
MAX_TAGS_SHOWN = 10
"""Tags in one answer (count)."""


@dataclass(frozen=True)
class TagsReading:
    """What was read of a service's image and tasks."""

    ecs_service: ServiceState
    revision: RevisionState
    image: ImageReference
    newest: list[EcrImageState]
    """The tagged images, the one pushed last first."""
    running: Counter[str]
    """How many running tasks have the main container's image, by digest."""
    is_cache: bool
    """ECR fetches the image from another registry."""

    @property
    def repository(self) -> str:
        """Registry and repository of the image."""
        return f"{self.image.registry}/{self.image.repository}"


def read_tags(service: Service, aws: AwsClients) -> TagsReading:
    """Reads which tags there are, and what the running tasks have.

    Raises:
        ServiceMissing, OtherDeploymentController, ImageUnreadable, TagsUnknown, TagsNotCached,
            RepositoryMissing
        The errors of `find_app_containers`.
        AwsError: AWS could not be read.
    """
    region = aws.for_service(service, principals.TAGS_SESSION)
    ecs_service = _read_service(service, region)
    revision = task_definitions.describe(region, ecs_service.revision)
    main = find_app_containers(revision, service, ecs_service.endpoints)[0]
    image = parse_image(main["image"])
    if not ecr.is_in_ecr(image):
        raise TagsUnknown(service=service.name, image=escape_line(str(image)))
    running = _running_tasks_by_digest(region, service, main["name"])
    is_cache = _is_pulled_through(region, image)
    try:
        newest = ecr.list_newest_images(region, image)
    except RepositoryMissing as error:
        if is_cache:
            raise TagsNotCached(image=escape_line(str(image))) from error
        raise
    return TagsReading(ecs_service, revision, image, newest, running, is_cache)


def describe_tags(service: Service, aws: AwsClients) -> Answer:
    """The tags pushed last, newest first, with digest and time. Raises what `read_tags` raises."""
    read = read_tags(service, aws)
    tags = _list_tags(read.newest, read.running)
    heading = _heading(service, read)
    note = [_PULL_THROUGH_NOTE] if read.is_cache else []
    lines = [*(_tag_line(each) for each in tags), *note] if tags else ["there are none", *note]
    text = "\n".join([heading, *(f"• {line}" for line in lines)])
    if not tags:
        return Answer(text)
    caption = f"Newest tags of {service.name}"
    table = data_table(caption, ("Tag", "Runs", "Pushed", "Size", "Digest"), [*map(_tag_row, tags)])
    return Answer(text, (section(heading), table, *map(section, note)))


def _is_pulled_through(region: RegionClients, image: ImageReference) -> bool:
    """False if AWS does not allow the workers to know: then the list says nothing about it."""
    try:
        return ecr.is_pulled_through(region, image)
    except (AwsDenied, AwsRefused):
        return False


def _read_service(service: Service, region: RegionClients) -> ServiceState:
    described = services.describe(region, service.cluster, [service.ecs_service])
    ecs_service = require_exists(service, described.get(service.ecs_service))
    if not ecs_service.revision:  # with an external controller only its task sets have revisions
        raise OtherDeploymentController(ecs_service=service.ecs_service, controller=ecs_service.controller)
    return ecs_service


def _running_tasks_by_digest(region: RegionClients, service: Service, container: str) -> Counter[str]:
    """How many running tasks have this container's image, by digest."""
    return Counter(
        each.digest
        for task in tasks.list_service_tasks(region, service.cluster, service.ecs_service, stopped=False)
        if task.last_status == "RUNNING"
        for each in task.containers
        if each.name == container and each.digest
    )


def _heading(service: Service, read: TagsReading) -> str:
    version = code(display_tag(str(read.image), read.revision))
    pinned = ", pinned by digest" if read.image.digest else ""
    return (
        f"*Newest tags* of {code(read.repository)}. {code(service.name)} is set to {version} "
        f"(revision {code(short_arn(read.ecs_service.revision))}{pinned}), {read.ecs_service.running} of "
        f"{plural(read.ecs_service.desired, 'task')} running."
    )


@dataclass(frozen=True)
class _ListedTag:
    """A tag of the list, or an older image that runs."""

    name: str
    """Empty: the image has no tag."""
    digest: str
    size: int | None = None
    """Bytes."""
    pushed_at: float | None = None
    running: str = ""
    """`runs now in 2 of 3 tasks`; empty: it does not run."""
    is_older: bool = False
    """Older than the list goes back."""


def _list_tags(newest: list[EcrImageState], running: Mapping[str, int]) -> list[_ListedTag]:
    total = sum(running.values())
    pairs = [(tag, image) for image in newest for tag in image.tags][:MAX_TAGS_SHOWN]
    listed = [
        _ListedTag(
            tag,
            image.digest,
            image.size_bytes,
            image.pushed_at,
            _running_share(running.get(image.digest, 0), total),
        )
        for tag, image in pairs
    ]
    known = {each.digest for each in listed}
    tagged = {image.digest: image.tags[0] for image in newest}
    return listed + [
        _ListedTag(tagged.get(digest, ""), digest, running=_running_share(tasks, total), is_older=True)
        for digest, tasks in running.items()
        if digest not in known
    ]


def _tag_line(listed: _ListedTag) -> str:
    name = code(listed.name) if listed.name else "an image without a tag"
    size = f", {image_size(listed.size)}" if listed.size is not None else ""
    pushed = f", pushed {slack_time(listed.pushed_at)}" if listed.pushed_at is not None else ""
    older = ", older" if listed.is_older else ""
    running = f", *{listed.running}*" if listed.running else ""
    return f"{name} {code(short_digest(listed.digest))}{older}{size}{pushed}{running}"


def _tag_row(listed: _ListedTag) -> list[Cell]:
    return [
        code_cell(listed.name) if listed.name else text_cell("without a tag"),
        text_cell(listed.running),
        text_cell("older") if listed.is_older else time_cell(listed.pushed_at),
        text_cell("") if listed.size is None else number_cell(listed.size, image_size(listed.size)),
        code_cell(short_digest(listed.digest)),
    ]


def _running_share(tasks: int, total: int) -> str:
    if not tasks:
        return ""
    return "runs now" if tasks == total else f"runs now in {tasks} of {plural(total, 'task')}"
