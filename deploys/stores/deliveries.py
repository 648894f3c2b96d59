"""What Slack delivered already. Slack repeats itself, and others could send again what it signed.

Events come up to four times (docs.slack.dev, "The Events API", Retries), and Socket Mode has repeated
an envelope (bolt-js issue 2487).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from enum import Enum

from redis import Redis

from deploys.redis_connection import to_text
from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys
from deploys.stores.lua_scripts import lua_script

CLAIM_SECONDS = 30
"""How long a delivery that was begun blocks its repeats. A later one counts if this process dies before it
is done."""
DONE_SECONDS = 24 * 3600
ANSWER_SECONDS = 60
SIGNATURE_SECONDS = 600
"""A signature is good for 5 minutes around its timestamp, which may lie 5 minutes ahead of our clock."""

_DELIVERY = f"{redis_keys.PREFIX}delivery:"
_ANSWER = f"{redis_keys.PREFIX}delivery-answer:"
_SIGNATURE = f"{redis_keys.PREFIX}signature:"


class Arrival(Enum):
    """What a signed request is."""

    NEW = "new"
    REPEAT = "repeat"  # another one, properly signed, has brought the same delivery
    REPLAY = "replay"  # its signature was used before


class Deliveries:
    """Claims on deliveries, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._claim = redis.register_script(_CLAIM_DELIVERY)

    def begin(self, delivery: str) -> bool:
        """Claims a delivery by the id that all its repeats share; False for a repeat."""
        return self._claim_keys({f"{_DELIVERY}{delivery}": CLAIM_SECONDS}) == 1

    def begin_signed(self, signature: str, delivery: str | None) -> Arrival:
        """The same for what came over HTTP, with one question: a signature is good once, since each is made
        from the second and the body of one request. A replay claims no delivery. delivery: None if it has no
        id."""
        digest = hashlib.sha256(signature.encode()).hexdigest()
        keys = {f"{_SIGNATURE}{digest}": SIGNATURE_SECONDS}
        if delivery is not None:
            keys[f"{_DELIVERY}{delivery}"] = CLAIM_SECONDS
        claimed = self._claim_keys(keys)
        if claimed == 0:
            return Arrival.REPLAY
        return Arrival.NEW if claimed == len(keys) else Arrival.REPEAT

    def ask_to_finish(self, trip: RoundTrip, delivery: str, answer: str = "") -> None:
        """The delivery was handled: its repeats are dropped from now on, or given the same answer. A part of
        a round trip."""
        trip.add_command("SET", f"{_ANSWER}{delivery}", answer, "EX", ANSWER_SECONDS)
        trip.add_command("SET", f"{_DELIVERY}{delivery}", "done", "EX", DONE_SECONDS)

    def answer(self, delivery: str) -> str | None:
        """What the first of several deliveries was answered, for a minute; None while it is under way."""
        stored = self._redis.get(f"{_ANSWER}{delivery}")
        return None if stored is None else to_text(stored)

    def abandon(self, delivery: str) -> None:
        """The delivery could not be handled: a repeat may try."""
        self._redis.delete(f"{_DELIVERY}{delivery}")

    def _claim_keys(self, seconds: Mapping[str, int]) -> int:
        """How many of these keys were free, up to the first that was not (count). A client that lost the
        reply asks again and finds its token."""
        return int(self._claim(keys=list(seconds), args=[secrets.token_hex(8), *seconds.values()]))


_CLAIM_DELIVERY = lua_script("claim_delivery")
