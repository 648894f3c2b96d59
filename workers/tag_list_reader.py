"""Reads the tags of services into Redis, for the form that offers them."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from deploys.catalogue.service import Service
from deploys.errors import SlipwayError
from deploys.stores.tag_lists import MAX_TAGS, ListedTag, RunningImages, TagList, TagLists
from workers.ecs.aws.aws_clients import AwsClients
from workers.queries.tags_query import TagsReading, read_tags

log = structlog.get_logger()


def refresh_tags(service: Service, aws: AwsClients, lists: TagLists, now: Callable[[], float]) -> bool:
    """Reads the tags of one service; returns whether it did. Not if another worker does, or just did.

    What cannot be read is kept as unreadable, so that nobody waits for it, with the tags that were read
    before.
    """
    if not lists.start_read(service.name):
        return False
    read_at = now()  # what AWS answers is at least as new
    try:
        read = read_tags(service, aws)
    except SlipwayError as error:
        log.warning("cannot read the tags of a service", service=service.name, error=type(error).__name__)
        known = lists.find(service.name, read_at)
        kept = TagList(read_at=read_at) if known is None else known
        lists.save(service.name, kept.evolve(unreadable=True))
        return True
    running = RunningImages(read_at=read_at, repository=read.repository, digests=tuple(sorted(read.running)))
    lists.save(service.name, _tag_list(read, read_at), running)
    return True


def _tag_list(read: TagsReading, read_at: float) -> TagList:
    tags = [
        ListedTag(tag=tag, digest=image.digest, pushed_at=image.pushed_at)
        for image in read.newest
        for tag in image.tags
    ]
    return TagList(read_at=read_at, repository=read.repository, tags=tuple(tags[:MAX_TAGS]))
