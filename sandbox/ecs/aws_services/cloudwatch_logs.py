"""What containers write to CloudWatch Logs through the awslogs driver."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.logs.models import logs_backends


class CloudWatchLogs:
    """Appends to moto's CloudWatch Logs, where GetLogEvents and FilterLogEvents find it."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._recorded: list[tuple[Any, ...]] | None = None

    def record_writes(self) -> list[tuple[Any, ...]]:
        """The arguments of each later `write`, until `end_recording`."""
        self._recorded = []
        return self._recorded

    def end_recording(self) -> None:
        self._recorded = None

    def write(self, definition: dict[str, Any], task_id: str, at: float, lines: Iterable[str]) -> None:
        """Write `lines` for one container, a millisecond apart, starting at `at`, if its driver is awslogs.

        The stream is `prefix/container/task-id`, as the awslogs driver names it.
        """
        if self._recorded is not None:
            lines = tuple(lines)
            self._recorded.append((definition, task_id, at, lines))
        configuration = definition.get("logConfiguration", {})
        options: dict[str, str] = configuration.get("options", {})
        group = options.get("awslogs-group")
        if configuration.get("logDriver") != "awslogs" or not group:
            return
        region = options.get("awslogs-region", self._region)
        prefix = options.get("awslogs-stream-prefix", "ecs")
        stream = f"{prefix}/{definition['name']}/{task_id}"
        backend = logs_backends[self._account][region]
        if group not in backend.groups:
            backend.create_log_group(group, {})
        backend.ensure_log_stream(group, stream)
        start = int(at * 1000)
        events = [{"timestamp": start + i, "message": line} for i, line in enumerate(lines)]
        backend.groups[group].put_log_events(stream, events)
