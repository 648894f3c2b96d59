"""Which version a service's revision is, as a worker read it: ECS never changes a revision.

Otherwise a list of what runs would read the task definition of each service that Slipway has not deployed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from redis import Redis

from deploys.redis_connection import to_text
from deploys.stores import redis_keys

KEPT_SECONDS = 24 * 3600
"""`services.yml` may name another container as the app's from then on."""


class RevisionVersions:
    """What was read, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def known(self, revisions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The versions of those that were read. revisions: each as a service and an ARN."""
        asked = list(revisions)
        if not asked:
            return {}
        stored = self._redis.mget([redis_keys.revision_version(*each) for each in asked])
        return {each: to_text(found) for each, found in zip(asked, stored, strict=True) if found is not None}

    def save(self, versions: Mapping[tuple[str, str], str]) -> None:
        """For everybody, for a day."""
        pipe = self._redis.pipeline(transaction=False)
        for (service, revision), version in versions.items():
            pipe.set(redis_keys.revision_version(service, revision), version, ex=KEPT_SECONDS)
        pipe.execute()
