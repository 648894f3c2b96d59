"""A revision of a task definition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    arn: str
    family: str
    revision: int
    content: dict[str, Any]
    """What was registered, with the defaults that ECS fills in."""
    registered_at: float
    registered_by: str
    """ARN of the principal whose keys the call came with."""
    status: str = "ACTIVE"
    deregistered_at: float | None = None
    delete_requested_at: float | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def containers(self) -> list[dict[str, Any]]:
        definitions: list[dict[str, Any]] = self.content["containerDefinitions"]
        return definitions
