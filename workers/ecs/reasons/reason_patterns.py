"""What a cause is, and how phrases in ECS's reasons are matched to the sentence that explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from deploys.quoting import quote_code

_MAX_QUOTE_LENGTH = 300
"""Longer messages of ECS are cut (characters)."""


class Topic(StrEnum):
    """What a cause is about. A task and a service event with the same topic report the same problem."""

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
    """One cause. Causes with the same sentence are the same, whatever ECS's message says."""

    sentence: str
    """What happened and what to do, as mrkdwn."""
    ecs_message: str = ""
    """ECS's own message, not escaped, if it says more. It may be about one task only."""
    topic: Topic = Topic.NONE

    @property
    def text(self) -> str:
        """The sentence, with ECS's message."""
        if not self.ecs_message:
            return self.sentence
        return f"{self.sentence} ECS says: {quote_ecs(self.ecs_message)}"


def quote_ecs(message: str) -> str:
    """ECS's message as mrkdwn, cut if it is long."""
    return quote_code(message, limit=_MAX_QUOTE_LENGTH)


@dataclass(frozen=True)
class ReasonPattern:
    """One kind of reason, and what it means."""

    phrases: tuple[str, ...]
    """The reason contains any of these, in lower case. Without phrases the pattern always matches."""
    sentence: str
    """What happened to a task, and what to do."""
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
CHECK_NETWORK_PATH = "Check the subnet's route out (NAT or VPC endpoints), the security group and DNS."
"""What to do if something cannot be reached."""
MISSING_PHRASES = ("not found", "notfound", "does not exist", "can't find", "cannot find")


def find_pattern(patterns: Sequence[ReasonPattern], reason: str) -> ReasonPattern | None:
    """The first pattern that matches this reason. reason: in lower case."""
    return next((pattern for pattern in patterns if has_any_phrase(pattern.phrases, reason)), None)


def has_any_phrase(phrases: Sequence[str], reason: str) -> bool:
    """Whether the reason contains any of these phrases; True if there are none."""
    return not phrases or any(phrase in reason for phrase in phrases)
