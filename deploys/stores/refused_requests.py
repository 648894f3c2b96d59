"""Refused requests in Redis, for as long as their buttons work."""

from __future__ import annotations

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.refused_request import RefusedRequest
from deploys.redis_round_trip import Answer, RoundTrip
from deploys.stores import redis_keys

KEPT_SECONDS = 3600


class RefusedRequests:
    """Each is kept for an hour, and used once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def save(self, refused: RefusedRequest) -> None:
        """Keeps it."""
        trip = RoundTrip(self._redis)
        kept = self.ask_to_save(trip, refused)
        trip.run()
        kept.value()

    def ask_to_save(self, trip: RoundTrip, refused: RefusedRequest) -> Answer:
        """Keeps it as a part of a round trip."""
        key = redis_keys.refused_request(refused.id)
        return trip.add_command("SET", key, refused.to_json(), "EX", KEPT_SECONDS)

    def find(self, request_id: str) -> RefusedRequest | None:
        """The request; None: it is too old, was used, or another version of Slipway wrote it."""
        return _parse(self._redis.get(redis_keys.refused_request(request_id)))

    def take(self, request_id: str) -> RefusedRequest | None:
        """The request, which nobody can use again: of two clicks at once, one gets None."""
        return _parse(self._redis.getdel(redis_keys.refused_request(request_id)))


def _parse(stored: bytes | str | None) -> RefusedRequest | None:
    if stored is None:
        return None
    try:
        return RefusedRequest.from_json(stored)
    except UnknownSchema:
        return None
