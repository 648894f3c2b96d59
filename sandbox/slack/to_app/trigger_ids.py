"""trigger_ids: proof that a person has just done something, valid for opening one view."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.api_errors import ApiError, invalid_arguments
from sandbox.slack.store.slack_ids import SlackIds

_MAX_REMEMBERED = 1_000


@dataclass
class _Trigger:
    user: str
    issued_at: float
    exchanged: bool = False


class TriggerIds:
    """A trigger_id is valid once and for `lifetime` seconds."""

    def __init__(self, ids: SlackIds, lifetime: float, now: Callable[[], float] = time.monotonic) -> None:
        self._ids = ids
        self._lifetime = lifetime
        self._now = now
        self._issued: dict[str, _Trigger] = {}

    def issue(self, user: str) -> str:
        trigger_id = self._ids.new_trigger_id()
        self._issued[trigger_id] = _Trigger(user, self._now())
        while len(self._issued) > _MAX_REMEMBERED:
            del self._issued[next(iter(self._issued))]
        return trigger_id

    def issued(self) -> list[str]:
        """All that were issued."""
        return list(self._issued)

    def exchange(self, trigger_id: str) -> str:
        """The person whose action issued it.

        Raises:
            ApiError: exchanged_trigger_id, expired_trigger_id, or invalid_arguments if it was never issued
        """
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise invalid_arguments("invalid `trigger_id`")
        if trigger.exchanged:
            raise ApiError("exchanged_trigger_id")
        if self._now() - trigger.issued_at > self._lifetime:
            raise ApiError("expired_trigger_id")
        trigger.exchanged = True
        return trigger.user
