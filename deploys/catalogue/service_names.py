"""The names that a service or a group of services may have."""

from __future__ import annotations

import re
from collections.abc import Container

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"

RESERVED_NAMES = frozenset(
    {
        "access",
        "approve",
        "cancel",
        "continue",
        "deploy",
        "follow",
        "freeze",
        "help",
        "history",
        "lock",
        "locks",
        "logs",
        "override",
        "pause",
        "plan",
    }
    | {"diff", "list", "promote", "queue", "scale", "show", "undo"}
    | {
        "reject",
        "restart",
        "resume",
        "resume-all",
        "retry",
        "rollback",
        "run",
        "stats",
        "status",
        "stop-all",
        "tags",
        "unfreeze",
        "unlock",
        "verify",
    }
)
"""Words after `/deploy` that do not mean a service: commands, present and planned."""


def service_name_error(name: str) -> str | None:
    """What is wrong with a service's name; None if it is allowed."""
    if name in RESERVED_NAMES:
        return (
            f"no service can be called `{name}`, because `/deploy {name}` is a command. "
            f"Call it `{name}-service`, say, and write the name it has in ECS as `ecs_service`."
        )
    return _name_format_error(name, "a service's")


def group_name_error(name: str, services: Container[str]) -> str | None:
    """What is wrong with a group's name, given the names of the services; None if it is allowed."""
    if name in RESERVED_NAMES:
        return f"no group can be called `{name}`, because `/deploy {name}` is a command."
    if name in services:
        return f"`{name}` is already a service, so `/deploy {name}` means that; give the group another name."
    return _name_format_error(name, "a group's")


def _name_format_error(name: str, whose: str) -> str | None:
    if re.fullmatch(NAME_PATTERN, name):
        return None
    proposal = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:63].strip("-")
    hint = f" Call it `{proposal}`?" if proposal and proposal not in RESERVED_NAMES else ""
    return (
        f"this cannot be {whose} name: use lower-case letters, digits and hyphens, at most 63 characters, "
        f"and do not begin with a hyphen.{hint}"
    )
