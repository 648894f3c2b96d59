"""What a cause of trouble is, before causes are counted.

Words in ECS's reasons, and the sentence that each of them means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from deploys.mrkdwn import code

_MAX_QUOTE_LENGTH = 300
"""Characters of ECS's own words that are shown."""


class Topic(StrEnum):
    """Trouble that both a stopped task and a service event tell of."""

    NONE = ""
    CONTAINER_HEALTH = "container health"
    ACCOUNT = "account"
    IMAGE = "image"
    HOST = "machine"
    LOAD_BALANCER = "load balancer"
    NETWORK = "network"
    QUOTA = "quota"
    ROLE = "role"
    CAPACITY = "room"
    SETUP = "set up"


@dataclass(frozen=True)
class Cause:
    """One cause. Causes with the same sentence are the same, whatever ECS's words."""

    sentence: str
    """What happened and what to do, as mrkdwn."""
    ecs_message: str = ""
    """ECS's own words, not escaped, where they say more. They may name one task only."""
    topic: Topic = Topic.NONE

    @property
    def text(self) -> str:
        """The sentence, with ECS's words."""
        return (
            f"{self.sentence} ECS says: {quote_ecs(self.ecs_message)}" if self.ecs_message else self.sentence
        )


def quote_ecs(words: str) -> str:
    """ECS's words as mrkdwn, cut where they are long."""
    return code(words if len(words) <= _MAX_QUOTE_LENGTH else f"{words[: _MAX_QUOTE_LENGTH - 1]}…")


@dataclass(frozen=True)
class ReasonPattern:
    """What one kind of reason means."""

    phrases: tuple[str, ...]
    """Any of these, in lower case; without any it always holds."""
    sentence: str
    """About one task: what happened, and what to do."""
    topic: Topic = Topic.NONE


DENIED_PHRASES = (
    "access denied",
    "accessdenied",
    "access is denied",
    "access to the resource is denied",
    "not authorized",
    "unauthorized",
    "forbidden",
    "is not allowed",
)
UNREACHABLE_PHRASES = (
    "connection",
    "connect:",
    "timeout",
    "timed out",
    "deadline exceeded",
    "dial tcp",
    "no such host",
    "server misbehaving",
    "send request failed",
    "request canceled",
    "requestcanceled",
    "context canceled",
    "no route to host",
)
CHECK_NETWORK_PATH = "Check the subnet's way out (NAT or VPC endpoints), the security group and DNS."
"""What to do where something cannot be reached."""
MISSING_PHRASES = ("not found", "notfound", "does not exist", "can't find", "cannot find")


def find_pattern(patterns: Sequence[ReasonPattern], reason: str) -> ReasonPattern | None:
    """The first sign that this reason has. reason: in lower case."""
    return next((sign for sign in patterns if has_any_phrase(sign.phrases, reason)), None)


def has_any_phrase(phrases: Sequence[str], reason: str) -> bool:
    """Whether the reason has any of these words, where there are any."""
    return not phrases or any(word in reason for word in phrases)
