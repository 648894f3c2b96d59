"""Words in ECS's reasons, and the sentence that each of them means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.ecs.causes import Topic


@dataclass(frozen=True)
class Sign:
    """What one kind of reason means."""

    words: tuple[str, ...]
    """Any of these, in lower case; without any it always holds."""
    sentence: str
    """About one task: what happened, and what to do."""
    topic: Topic = Topic.NONE


DENIED = (
    "access denied",
    "accessdenied",
    "access is denied",
    "access to the resource is denied",
    "not authorized",
    "unauthorized",
    "forbidden",
    "is not allowed",
)
UNREACHABLE = (
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
WAY_OUT = "Check the subnet's way out (NAT or VPC endpoints), the security group and DNS."
"""What to do where something cannot be reached."""
MISSING = ("not found", "notfound", "does not exist", "can't find", "cannot find")


def first(signs: Sequence[Sign], reason: str) -> Sign | None:
    """The first sign that this reason has. reason: in lower case."""
    return next((sign for sign in signs if holds(sign.words, reason)), None)


def holds(words: Sequence[str], reason: str) -> bool:
    """Whether the reason has any of these words, where there are any."""
    return not words or any(word in reason for word in words)
