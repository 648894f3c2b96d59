"""The region's tables, with a journal for reading their earlier state."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, ValuesView
from typing import Any, Generic, TypeVar

from sandbox.ecs.records import (
    Deployment,
    EcsService,
    EcsTask,
    ServiceDeployment,
    ServiceRevision,
    TaskDefinition,
)

Row = TypeVar("Row")
JOURNAL_SECONDS = 900.0
"""How far back the tables can be read, in seconds."""


class ChangeJournal:
    """The rows that were replaced, so that a copy of the tables can be set back in time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._entries: deque[tuple[float, str, str, Any]] = deque()
        self.on_change: Callable[[str, Any, Any], None] | None = None
        """Called with the table, the old row (None if there was none) and the new one."""

    def record(self, table: str, key: str, old: object) -> None:
        now = self._now()
        self._entries.append((now, table, key, old))
        while self._entries and self._entries[0][0] < now - JOURNAL_SECONDS:
            self._entries.popleft()

    @property
    def entries(self) -> tuple[tuple[float, str, str, Any], ...]:
        """When, in which table and under which key a row was replaced, and that row: the oldest first."""
        return tuple(self._entries)

    def load(self, entries: Iterable[tuple[float, str, str, Any]]) -> None:
        """Continue a journal that is empty from these entries of another."""
        self._entries.extend(entries)

    def since(self, moment: float) -> Iterator[tuple[str, str, Any]]:
        """The rows that were replaced after `moment`, newest first: table, key, old row (None if there was
        none)."""
        for at, table, key, old in reversed(self._entries):
            if at <= moment:
                return
            yield table, key, old


class EcsTable(Mapping[str, Row], Generic[Row]):
    def __init__(self, name: str, journal: ChangeJournal, rows: dict[str, Row] | None = None) -> None:
        self.name = name
        self._journal = journal
        self._rows: dict[str, Row] = {} if rows is None else rows

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def values(self) -> ValuesView[Row]:
        return self._rows.values()  # Mapping's own method looks up each row

    def put(self, key: str, row: Row) -> Row:
        old = self._rows.get(key)
        self._journal.record(self.name, key, old)
        self._rows[key] = row
        if self._journal.on_change is not None:
            self._journal.on_change(self.name, old, row)
        return row

    def remove(self, key: str) -> None:
        self._journal.record(self.name, key, self._rows.pop(key, None))

    def copy_rows(self) -> dict[str, Row]:
        return dict(self._rows)


class EcsTables:
    def __init__(self, journal: ChangeJournal, rows: dict[str, dict[str, Any]] | None = None) -> None:
        before = rows or {}
        self.journal = journal
        self.services: EcsTable[EcsService] = EcsTable("services", journal, before.get("services"))
        self.deployments: EcsTable[Deployment] = EcsTable("deployments", journal, before.get("deployments"))
        self.service_deployments: EcsTable[ServiceDeployment] = EcsTable(
            "service_deployments", journal, before.get("service_deployments")
        )
        self.revisions: EcsTable[ServiceRevision] = EcsTable("revisions", journal, before.get("revisions"))
        self.tasks: EcsTable[EcsTask] = EcsTable("tasks", journal, before.get("tasks"))
        self.task_definitions: EcsTable[TaskDefinition] = EcsTable(
            "task_definitions", journal, before.get("task_definitions")
        )

    def copy_rows(self) -> dict[str, dict[str, Any]]:
        """The rows of each table by its name. Rows never change."""
        tables: tuple[EcsTable[Any], ...] = (
            self.services,
            self.deployments,
            self.service_deployments,
            self.revisions,
            self.tasks,
            self.task_definitions,
        )
        return {table.name: table.copy_rows() for table in tables}

    def copy(self, journal: ChangeJournal) -> EcsTables:
        """The same rows, whose changes another journal records from now on, after those so far."""
        journal.load(self.journal.entries)
        return EcsTables(journal, self.copy_rows())

    def as_of(self, moment: float) -> EcsTables:
        """A copy of the tables as they were at `moment`."""
        rows = self.copy_rows()
        for name, key, old in self.journal.since(moment):
            if old is None:
                rows[name].pop(key, None)
            else:
                rows[name][key] = old
        return EcsTables(self.journal, rows)

    def deployments_of(self, service: str) -> list[Deployment]:
        """The deployments that ECS shows for a service: the PRIMARY first, then the newest."""
        shown = [d for d in self.deployments.values() if d.service == service and d.status != "INACTIVE"]
        return sorted(shown, key=lambda d: (d.status != "PRIMARY", -d.created_at))

    def primary_of(self, service: str) -> Deployment | None:
        return next((d for d in self.deployments_of(service) if d.status == "PRIMARY"), None)

    def tasks_of(self, service: str) -> list[EcsTask]:
        return [task for task in self.tasks.values() if task.service == service]
