"""Services that a deploy left marked in ECS while Redis lost its record: noted by the janitor for status."""

from __future__ import annotations

import math

from redis import Redis

from deploys.mrkdwn import code, plural
from deploys.records.record import StoredRecord
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys


class LostDeploy(StoredRecord):
    """A mark that was found, and no record that knows of it."""

    deploy_id: str
    """The id that the marks say."""
    service: str
    found_at: float
    """When it was first seen (epoch seconds)."""
    recover_at: float
    """When it is brought back: later than any call of the lost deploy could arrive (epoch seconds)."""
    desired_count: int
    """Tasks that the service wanted when it was last seen (count)."""
    restore_count: int
    """Tasks that the marks say to bring back (count)."""


def lost_deploy_text(lost: LostDeploy, now: float) -> str:
    """What is known of it and what happens next, in mrkdwn."""
    due = max(0, math.ceil(lost.recover_at - now))
    when = f"in {due} s" if due else "now"
    begin = f"{code(lost.service)} was stopped by deploy {code(lost.deploy_id)}, whose record Redis lost"
    if lost.desired_count == 0:
        return (
            f"{begin}: it wants 0 tasks. I begin to bring back {plural(lost.restore_count, 'task')} {when}."
        )
    return (
        f"{begin}: it wants {plural(lost.desired_count, 'task')} by now. I put its scaling back and take the marks "
        f"of the deploy off {when}."
    )


class LostDeploys:
    """The notes, in Redis: one a service."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def all(self) -> list[LostDeploy]:
        """Every service that waits to be brought back, by name."""
        found = to_texts(self._redis.hvals(redis_keys.LOST_DEPLOYS))
        return sorted(map(LostDeploy.from_json, found), key=lambda each: each.service)

    def get(self, service: str) -> LostDeploy | None:
        """The note about this service."""
        found = self._redis.hget(redis_keys.LOST_DEPLOYS, service)
        return LostDeploy.from_json(to_text(found)) if found else None

    def save(self, lost: LostDeploy) -> None:
        """Writes it down, in the place of what was noted of the service before."""
        self._redis.hset(redis_keys.LOST_DEPLOYS, lost.service, lost.to_json())

    def remove(self, service: str) -> None:
        """There is nothing to bring back, or a record sees to it."""
        self._redis.hdel(redis_keys.LOST_DEPLOYS, service)
