"""What a service, or a group of services, may be called."""

from __future__ import annotations

import re
from collections.abc import Container

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"

RESERVED_NAMES = frozenset(
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


def service_name_error(name: str) -> str | None:
    """What is wrong with a service's name; None when it is right."""
    if name in RESERVED_NAMES:
        return (
            f"no service can be called `{name}`, because `/deploy {name}` is a command. "
            f"Call it `{name}-service`, say, and write the name it has in ECS as `ecs_service`."
        )
    return _name_format_error(name, "a service's")


def group_name_error(name: str, services: Container[str]) -> str | None:
    """What is wrong with a group's name, given those of the services; None when it is right."""
    if name in RESERVED_NAMES:
        return f"no group can be called `{name}`, because `/deploy {name}` is a command."
    if name in services:
        return f"`{name}` is a service already, and `/deploy {name}` means that; give the group another name."
    return _name_format_error(name, "a group's")


def _name_format_error(name: str, whose: str) -> str | None:
    if re.fullmatch(NAME_PATTERN, name):
        return None
    proposal = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:63].strip("-")
    hint = f" Call it `{proposal}`?" if proposal and proposal not in RESERVED_NAMES else ""
    return (
        f"this cannot be {whose} name: write small letters, digits and hyphens, 63 at most, and no hyphen "
        f"first.{hint}"
    )
