"""The deploys that have not ended, by the summaries that stand beside their records: a list of them reads no
record but those that it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from deploys.errors import UnknownSchema
from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.record import StoredRecord
from deploys.redis_connection import to_text
from deploys.where_told import channels_told

StoredText = bytes | str
MAX_PARSED = 256
"""Records that a process keeps parsed (count): more than one answer shows, and those that wait before
them."""


class DeploySummary(StoredRecord):
    """What a list of deploys is filtered and sorted by. The scripts that write a record write its summary."""

    service: str
    requester: str
    batch_id: str | None
    batch_position: int
    requested_at: float
    """Epoch seconds."""
    phase: Phase
    phase_since: float
    """Epoch seconds."""
    in_progress: bool
    is_held: bool
    has_question: bool
    """Whether it waits for an approval, or for an answer at a pause."""
    slack_ids: tuple[str, ...]
    """The people and channels that access is decided about again when it goes on."""

    @classmethod
    def of(cls, deploy: Deploy) -> Self:
        """The summary of this record."""
        request = deploy.request
        return cls(
            service=deploy.service.name,
            requester=request.requester,
            batch_id=deploy.batch_id,
            batch_position=deploy.batch_position,
            requested_at=request.requested_at,
            phase=deploy.phase,
            phase_since=deploy.phase_since,
            in_progress=deploy.in_progress,
            is_held=deploy.hold is not None,
            has_question=deploy.phase is Phase.AWAITING_APPROVAL or unanswered_pause(deploy) is not None,
            slack_ids=tuple(sorted(_slack_ids(deploy))),
        )


@dataclass(frozen=True)
class ActiveDeploy:
    """One of them, as one read of Redis found it."""

    id: str
    summary: DeploySummary
    order: tuple[float, int, str] = field(init=False)
    """By this a list is sorted: when it was requested, and its place in its batch."""

    def __post_init__(self) -> None:
        summary = self.summary
        object.__setattr__(self, "order", (summary.requested_at, summary.batch_position, self.id))

    @classmethod
    def of(cls, deploy: Deploy) -> Self:
        """As this record is."""
        return cls(deploy.id, DeploySummary.of(deploy))

    @property
    def thread_id(self) -> str:
        """As `Deploy.thread_id`."""
        return self.summary.batch_id or self.id


class SummaryCache:
    """Keeps what one read found for the next one: the same text is the same summary, so none of them can be
    out of date."""

    def __init__(self) -> None:
        self._known: dict[StoredText, tuple[StoredText, ActiveDeploy]] = {}

    def parse(
        self, active: Iterable[StoredText], summaries: Mapping[StoredText, StoredText]
    ) -> tuple[list[ActiveDeploy], list[str]]:
        """These deploys, and the ids of those without a summary that this version of Slipway can read."""
        known: dict[StoredText, tuple[StoredText, ActiveDeploy]] = {}
        without: list[str] = []
        for deploy_id in active:
            summary = summaries.get(deploy_id, b"")
            before = self._known.get(deploy_id)
            if before and before[0] == summary:
                known[deploy_id] = before
            elif found := _parse(to_text(deploy_id), summary):
                known[deploy_id] = summary, found
            else:
                without.append(to_text(deploy_id))
        self._known = known
        return [found for _, found in known.values()], without


def _parse(deploy_id: str, summary: StoredText) -> ActiveDeploy | None:
    try:
        return ActiveDeploy(deploy_id, DeploySummary.from_json(summary)) if summary else None
    except UnknownSchema:
        return None


def parse_record(record: StoredText, version: StoredText) -> Deploy:
    """A deploy as Redis keeps it: its JSON, and beside it the version that the scripts compare.

    Raises:
        UnknownSchema: another version of Slipway wrote it.
    """
    deploy, number = Deploy.from_json(record), int(version)
    return deploy if deploy.version == number else deploy.model_copy(update={"version": number})


parse_remembered = lru_cache(MAX_PARSED)(parse_record)
"""The same, for what is shown again and again: the same text is the same record."""


def _slack_ids(deploy: Deploy) -> set[str]:
    ids = {deploy.request.requester, *channels_told(deploy)}
    for decision in deploy.approval.decisions:
        ids |= {decision.user, decision.channel}
    if deploy.cancel:
        ids |= {deploy.cancel.user, deploy.cancel.channel}
    pause = deploy.traffic.open_pause if deploy.traffic else None
    if pause and pause.answer:
        ids |= {pause.answer.user, pause.answer.channel}
    return {each for each in ids if each}
