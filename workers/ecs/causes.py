"""What a cause of trouble is, before causes are counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deploys.mrkdwn import code

_LONGEST = 300
"""Characters of ECS's own words that are shown."""


class Topic(StrEnum):
    """Trouble that both a stopped task and a service event tell of."""

    NONE = ""
    CONTAINER_HEALTH = "container health"
    ACCOUNT = "account"
    IMAGE = "image"
    MACHINE = "machine"
    LOAD_BALANCER = "load balancer"
    NETWORK = "network"
    QUOTA = "quota"
    ROLE = "role"
    ROOM = "room"
    SET_UP = "set up"


@dataclass(frozen=True)
class Cause:
    """One cause. Causes with the same sentence are the same, whatever ECS's words."""

    sentence: str
    """What happened and what to do, as mrkdwn."""
    words: str = ""
    """ECS's own words, not escaped, where they say more. They may name one task only."""
    topic: Topic = Topic.NONE

    @property
    def text(self) -> str:
        """The sentence, with ECS's words."""
        return f"{self.sentence} ECS says: {quoted(self.words)}" if self.words else self.sentence


def quoted(words: str) -> str:
    """ECS's words as mrkdwn, cut where they are long."""
    return code(words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…")
