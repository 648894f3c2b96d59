"""What keeps a deploy from going on although nothing is wrong with it, and what lets it pass."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record
from deploys.redaction import Redacted


class HoldKind(StrEnum):
    """What a deploy waits for."""

    STOP_ALL = "stop-all"  # all deploys are stopped
    LOCK = "lock"  # somebody else has locked the service
    FREEZE = "freeze"  # services.yml allows no deploys now


class LockRef(Record):
    """Which lock holds a deploy, or let it pass."""

    id: str
    target: str
    """A service, a group of services.yml, or `*`."""
    owner: str
    since: float
    """Epoch seconds."""


class Hold(Record):
    """Why a deploy waits, as the last step found it."""

    kind: HoldKind
    lock: LockRef | None = None
    """Which lock it is, of the kind LOCK."""
    sentence: str
    """One sentence of mrkdwn: who or what holds it, why, and since when."""
    until: float | None = None
    """When it ends by itself (epoch seconds); None: when somebody ends it."""


class Override(Record):
    """A person let a deploy pass what would have held it."""

    user: str
    kind: HoldKind
    reason: Redacted
    """As the person typed it."""
    command_line: str = ""
    """As of a request."""
    at: float
