"""A lock: somebody asks everybody else to leave a service, a group of services or all services alone."""

from __future__ import annotations

from collections.abc import Collection

from deploys.records.hold import LockRef
from deploys.records.record import StoredRecord
from deploys.redaction import Redacted

ALL_SERVICES = "*"
"""The target of a lock of all services."""


class Lock(StoredRecord):
    """Who locked what, why, since when and until when. All times are epoch seconds."""

    id: str
    target: str
    """A service, a group of services.yml, or `*`."""
    services: tuple[str, ...] = ()
    """The services of the target when it was locked; empty for `*`."""
    owner: str
    reason: Redacted
    """As the person typed it."""
    named: tuple[str, ...] = ()
    """Ids of the people and user groups that the reason mentions."""
    since: float
    expires_at: float | None = None
    """None: until somebody unlocks it."""
    channel: str
    team: str
    reminded_at: float | None = None
    """When its owner was reminded last."""

    @property
    def is_group(self) -> bool:
        """Whether it locks a group of services."""
        return self.target != ALL_SERVICES and self.services != (self.target,)

    @property
    def ref(self) -> LockRef:
        """Which lock it is, for the record of a deploy."""
        return LockRef(id=self.id, target=self.target, owner=self.owner, since=self.since)

    def is_over(self, now: float) -> bool:
        """Whether its time has run out."""
        return self.expires_at is not None and now >= self.expires_at

    def covers(self, service: str, groups: Collection[str] = ()) -> bool:
        """Whether it locks this service. groups: those that the service belongs to now."""
        return self.target in (ALL_SERVICES, service, *groups) or service in self.services
