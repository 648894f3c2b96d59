"""Services that carry a deploy's restore tags while Redis has lost its record: found by the orphan
recovery."""

from __future__ import annotations

import math
from collections.abc import Callable

from redis import Redis

from deploys.mrkdwn import code, plural
from deploys.records.record import StoredRecord
from deploys.redis_connection import to_text, to_texts
from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys


class LostDeploy(StoredRecord):
    """Restore tags without a record."""

    deploy_id: str
    """The id in the tags."""
    service: str
    found_at: float
    """When they were first found (epoch seconds)."""
    recover_at: float
    """When the service is restored: later than any call of the lost deploy could arrive (epoch seconds)."""
    desired_count: int
    """The service's desired count when it was last read."""
    restore_count: int
    """The desired count to bring back, from the tags."""
    unsigned: bool = False
    """The tags are not signed by this Slipway, so nothing is done about them."""


def lost_deploy_text(lost: LostDeploy, now: float) -> str:
    """What is known of it and what happens next, in mrkdwn."""
    if lost.unsigned:
        return (
            f"*Needs attention*: {code(lost.service)} has restore tags of a deploy {code(lost.deploy_id)} on "
            "ECS that I did not sign, so I do nothing about them. Somebody else wrote or changed them, or "
            f"`RESTORE_TAG_KEY` was replaced. Its desired count is {lost.desired_count}; look who tagged the "
            "service, bring it back by hand if a deploy left it so, and remove the tags."
        )
    due = max(0, math.ceil(lost.recover_at - now))
    when = f"in {due} s" if due else "now"
    begin = f"{code(lost.service)} was stopped by deploy {code(lost.deploy_id)}, whose record Redis lost"
    if lost.desired_count == 0:
        tasks = plural(lost.restore_count, "task")
        return f"{begin}: its desired count is 0. I start to restore {tasks} {when}."
    return (
        f"{begin}: its desired count is {lost.desired_count} by now. I restore its scaling and remove the "
        f"deploy's tags {when}."
    )


class LostDeploys:
    """What was found, in Redis: one for each service."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def all(self) -> list[LostDeploy]:
        """Every service that waits to be restored, by name."""
        trip = RoundTrip(self._redis)
        found = self.ask(trip)
        trip.run()
        return found()

    def ask(self, trip: RoundTrip) -> Callable[[], list[LostDeploy]]:
        """The same as a part of a round trip; what it returns says the result after that."""
        answer = trip.add_command("HVALS", redis_keys.LOST_DEPLOYS)

        def found() -> list[LostDeploy]:
            lost = map(LostDeploy.from_json, to_texts(answer.value()))
            return sorted(lost, key=lambda each: each.service)

        return found

    def waiting(self) -> list[LostDeploy]:
        """Those that are going to be restored."""
        return [each for each in self.all() if not each.unsigned]

    def get(self, service: str) -> LostDeploy | None:
        """What was found on this service."""
        found = self._redis.hget(redis_keys.LOST_DEPLOYS, service)
        return LostDeploy.from_json(to_text(found)) if found else None

    def save(self, lost: LostDeploy) -> None:
        """Keeps it, in place of what was found on the service before."""
        self._redis.hset(redis_keys.LOST_DEPLOYS, lost.service, lost.to_json())

    def remove(self, service: str) -> None:
        """Nothing is left to restore, or a record takes care of it."""
        self._redis.hdel(redis_keys.LOST_DEPLOYS, service)
