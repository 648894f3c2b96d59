"""Commands of `/deploy run` that hold what may be a secret: apart from the records, until ECS has them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from redis import Redis

from deploys.redis_connection import to_text

TYPED_COMMAND_KEY = "{slipway}-answer:command:"
"""Outside of the prefix of all other keys, so that Redis can let the bot write these and not read them."""
KEPT_SECONDS = 24 * 3600
"""How long such a command may wait, for its approval say."""


class TypedCommands:
    """The arguments as they were typed, by the id of their deploy."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def save(self, deploy_id: str, arguments: Sequence[str]) -> None:
        """Keeps them until they are forgotten, or for a day."""
        self._redis.set(f"{TYPED_COMMAND_KEY}{deploy_id}", json.dumps(list(arguments)), ex=KEPT_SECONDS)

    def find(self, deploy_id: str) -> tuple[str, ...] | None:
        """None: they are not kept any more."""
        stored = self._redis.get(f"{TYPED_COMMAND_KEY}{deploy_id}")
        return tuple(json.loads(to_text(stored))) if stored else None

    def forget(self, deploy_id: str) -> None:
        """ECS has them, or does not need them any more."""
        self._redis.delete(f"{TYPED_COMMAND_KEY}{deploy_id}")
