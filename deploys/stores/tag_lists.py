"""The tags that a service's image has, and what runs where, as a worker read them last.

The bot makes no AWS call, so the form that offers tags finds them here. What is older than an hour counts as
unknown, and whatever is older than a few seconds is read again when somebody looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.record import Record, StoredRecord
from deploys.redis_connection import to_text
from deploys.stores import redis_keys

REFRESH_SECONDS = 20.0
"""Older tags are read again while somebody looks at them (seconds)."""
MAX_AGE_SECONDS = 3600.0
"""Older tags count as unknown (seconds)."""
MAX_TAGS = 1000
"""Tags kept of one service, those pushed last (count). Older ones can be typed."""


class ListedTag(Record):
    """One tag of a registry."""

    tag: str
    digest: str
    pushed_at: float | None = None
    """Epoch seconds."""


class TagList(StoredRecord):
    """One read of the tags of a service's image."""

    read_at: float
    """Epoch seconds."""
    repository: str = ""
    tags: tuple[ListedTag, ...] = ()
    """The one pushed last first."""
    unreadable: bool = False
    """The registry, or the service, could not be read since. `read_at` is of the tags, if there are some."""


class RunningImages(StoredRecord):
    """One read of what a service runs."""

    read_at: float
    """Epoch seconds."""
    repository: str
    digests: tuple[str, ...]
    """Of the service's main container."""


class TagLists:
    """What was read, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def save(self, service: str, tags: TagList, running: RunningImages | None = None) -> None:
        """Keeps what AWS answered about a service."""
        pipe = self._redis.pipeline()
        pipe.set(redis_keys.tag_list(service), tags.to_json(), ex=int(MAX_AGE_SECONDS))
        if running is not None:
            pipe.hset(redis_keys.RUNNING_IMAGES, service, running.to_json())
        pipe.execute()

    def find(self, service: str, now: float) -> TagList | None:
        """The tags of a service; None if they are unknown or too old."""
        stored = self._redis.get(redis_keys.tag_list(service))
        try:
            known = TagList.from_json(to_text(stored)) if stored is not None else None
        except UnknownSchema:
            return None
        return known if known and now - known.read_at <= MAX_AGE_SECONDS else None

    def running(self, now: float) -> Mapping[str, RunningImages]:
        """What each service runs, as far as it was read within the last hour."""
        found = {}
        for service, text in self._redis.hgetall(redis_keys.RUNNING_IMAGES).items():
            try:
                known = RunningImages.from_json(to_text(text))
            except UnknownSchema:
                continue
            if now - known.read_at <= MAX_AGE_SECONDS:
                found[to_text(service)] = known
        return found

    def unread(self, services: Iterable[str], now: float) -> list[str]:
        """Which of these services nobody has read within the last hour."""
        known = self.running(now)
        return [each for each in services if each not in known]

    def start_read(self, service: str) -> bool:
        """The right to read the tags of a service now; False if another worker reads them, or just did."""
        key = redis_keys.tag_read(service)
        return bool(self._redis.set(key, "1", nx=True, ex=int(REFRESH_SECONDS) // 2))
