"""What a service, or a group of services, may be called."""

from __future__ import annotations

import re
from collections.abc import Container

PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"

VERBS = frozenset(
    {
        "approve",
        "cancel",
        "continue",
        "deploy",
        "follow",
        "freeze",
        "help",
        "history",
        "lock",
        "pause",
        "plan",
    }
    | {"reject", "restart", "resume", "retry", "rollback", "status", "tags", "unfreeze", "unlock", "verify"}
)
"""First words of `/deploy ...` that mean something else than a service, now or as planned."""


def complaint(name: str) -> str | None:
    """What is wrong with a service's name; None when it is right."""
    if name in VERBS:
        return (
            f"no service can be called `{name}`, because `/deploy {name}` is a command. "
            f"Call it `{name}-service`, say, and write the name it has in ECS as `ecs_service`."
        )
    return _malformed(name, "a service's")


def complaint_of_group(name: str, services: Container[str]) -> str | None:
    """What is wrong with a group's name, given those of the services; None when it is right."""
    if name in VERBS:
        return f"no group can be called `{name}`, because `/deploy {name}` is a command."
    if name in services:
        return f"`{name}` is a service already, and `/deploy {name}` means that; give the group another name."
    return _malformed(name, "a group's")


def _malformed(name: str, whose: str) -> str | None:
    if re.fullmatch(PATTERN, name):
        return None
    proposal = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:63].strip("-")
    hint = f" Call it `{proposal}`?" if proposal and proposal not in VERBS else ""
    return (
        f"this cannot be {whose} name: write small letters, digits and hyphens, 63 at most, and no hyphen "
        f"first.{hint}"
    )
