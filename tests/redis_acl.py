"""The ACL rules of docs/security.md, and the users that they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploys.redis_connection import connect, to_text

PAGE = Path(__file__).parents[1] / "docs" / "security.md"
PROCESSES = ("bot", "worker", "scheduler", "events", "audit")
LEFT_OUT = frozenset({"config|get"})
"""What processes try at their start and do without, as the page says."""


def apply_rules(admin: Any) -> None:
    """Makes the users of the page. The default user stays, for the tests."""
    found = re.search(r"```acl\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    for rule in found[1].splitlines():
        _, name, *rights = re.findall(r"\([^)]*\)|\S+", rule)
        if name != "default":
            admin.execute_command("ACL", "SETUSER", name, "reset", *rights)


def url_of(process: str, port: int) -> str:
    """The address for a process, with its user."""
    return f"redis://slipway-{process}:{process.upper()}_PASSWORD@127.0.0.1:{port}/0"


def users_for_processes(redis_url: str) -> Mapping[str, str]:
    """Makes the users of a server; the address for each process."""
    with connect(redis_url) as admin:
        apply_rules(admin)
    port = urlsplit(redis_url).port
    assert port
    return {process: url_of(process, port) for process in PROCESSES}


def denied(admin: Any) -> list[str]:
    """What a user was refused: who and what (Valkey, "ACL LOG")."""
    entries: list[Any] = admin.execute_command("ACL", "LOG", "128")
    found = []
    for entry in entries:
        pairs = entry if isinstance(entry, dict) else dict(zip(entry[::2], entry[1::2], strict=True))
        fields = {
            to_text(name): to_text(value) for name, value in pairs.items() if not isinstance(value, int)
        }
        if fields["object"] not in LEFT_OUT:
            found.append(f"{fields['username']}: {fields['reason']} {fields['object']}")
    return sorted(set(found))
