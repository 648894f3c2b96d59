"""Services that a deploy left marked in ECS while Redis lost its record: noted by the janitor for status."""

from __future__ import annotations

import math

from redis import Redis

from deploys import keys
from deploys.connection import text, texts
from deploys.frozen import Frozen
from deploys.mrkdwn import code, plural


class LostDeploy(Frozen):
    """A mark that was found, and no record that knows of it."""

    deploy: str
    """The id that the marks say."""
    service: str
    since: float
    """When it was first seen (epoch seconds)."""
    acts_at: float
    """When it is brought back: later than any call of the lost deploy could arrive (epoch seconds)."""
    desired: int
    """Tasks that the service wanted when it was last seen (count)."""
    count: int
    """Tasks that the marks say to bring back (count)."""


def sentence(lost: LostDeploy, now: float) -> str:
    """What is known of it and what happens next, in mrkdwn."""
    due = max(0, math.ceil(lost.acts_at - now))
    when = f"in {due} s" if due else "now"
    begin = f"{code(lost.service)} was stopped by deploy {code(lost.deploy)}, whose record Redis lost"
    if lost.desired == 0:
        return f"{begin}: it wants 0 tasks. I begin to bring back {plural(lost.count, 'task')} {when}."
    return (
        f"{begin}: it wants {plural(lost.desired, 'task')} by now. I put its scaling back and take the marks "
        f"of the deploy off {when}."
    )


class LostDeploys:
    """The notes, in Redis: one a service."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def all(self) -> list[LostDeploy]:
        """Every service that waits to be brought back, by name."""
        found = texts(self._redis.hvals(keys.LOST))
        return sorted(map(LostDeploy.model_validate_json, found), key=lambda each: each.service)

    def of(self, service: str) -> LostDeploy | None:
        """The note about this service."""
        found = self._redis.hget(keys.LOST, service)
        return LostDeploy.model_validate_json(text(found)) if found else None

    def note(self, lost: LostDeploy) -> None:
        """Writes it down, in the place of what was noted of the service before."""
        self._redis.hset(keys.LOST, lost.service, lost.model_dump_json())

    def forget(self, service: str) -> None:
        """There is nothing to bring back, or a record sees to it."""
        self._redis.hdel(keys.LOST, service)
