"""The deploys that have not ended. Only the records of those that are shown are parsed each time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase

StoredText = bytes | str
MAX_PARSED = 64
"""Records that a process keeps parsed (count): as many as one answer shows."""


@dataclass(frozen=True)
class DeploySummary:
    """What a list of deploys is filtered and sorted by."""

    service: str
    requester: str
    batch_id: str | None
    phase: Phase
    in_progress: bool
    order: tuple[float, int]
    """When it was requested (epoch seconds), and its place in its batch."""

    @classmethod
    def of(cls, deploy: Deploy) -> DeploySummary:
        """The summary of this record."""
        return cls(
            service=deploy.service.name,
            requester=deploy.request.requester,
            batch_id=deploy.batch_id,
            phase=deploy.phase,
            in_progress=deploy.in_progress,
            order=(deploy.request.requested_at, deploy.batch_position),
        )


@dataclass(frozen=True)
class ActiveDeploy:
    """One of them, as one read of Redis found it."""

    id: str
    summary: DeploySummary
    _record: StoredText = field(repr=False)
    _version: StoredText = field(repr=False)

    def parse(self) -> Deploy:
        """The whole record."""
        return parse_remembered(self._record, self._version)


class SummaryCache:
    """Keeps the summaries of one read for the next one: a record that has the same text has the same summary,
    so none of them can be out of date."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bytes, DeploySummary]] = {}

    def summarize(self, stored: Iterable[tuple[str, StoredText, StoredText]]) -> list[ActiveDeploy]:
        """The deploys of these ids, records and versions, in the order of their requests.

        Raises:
            UnknownSchema: another version of Slipway wrote one of them.
        """
        known: dict[str, tuple[bytes, DeploySummary]] = {}
        found = []
        for deploy_id, record, version in stored:
            digest = _digest(record)
            before = self._known.get(deploy_id)
            if before is None or before[0] != digest:
                before = digest, DeploySummary.of(parse_record(record, version))
            known[deploy_id] = before
            found.append(ActiveDeploy(deploy_id, before[1], record, version))
        self._known = known
        return sorted(found, key=lambda each: (each.summary.order, each.id))


def parse_record(record: StoredText, version: StoredText) -> Deploy:
    """A deploy as Redis keeps it: its JSON, and beside it the version that the scripts compare.

    Raises:
        UnknownSchema: another version of Slipway wrote it.
    """
    deploy, number = Deploy.from_json(record), int(version)
    return deploy if deploy.version == number else deploy.model_copy(update={"version": number})


parse_remembered = lru_cache(MAX_PARSED)(parse_record)
"""The same, for what is shown again and again: the same text is the same record."""


def _digest(record: StoredText) -> bytes:
    raw = record if isinstance(record, bytes) else record.encode()
    return hashlib.blake2b(raw, digest_size=16).digest()
