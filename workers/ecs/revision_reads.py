"""The revisions that a few steps in a row have read: a revision never changes, so it is read once."""

from __future__ import annotations

from deploys.environment_values import note_variables
from workers.ecs import task_definitions
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import RevisionState


class RevisionReads:
    """What was read for one deploy by one worker since `began_at` (epoch seconds)."""

    def __init__(self, region: RegionClients, began_at: float) -> None:
        self.began_at = began_at
        self._region = region
        self._revisions: dict[str, RevisionState] = {}
        self._newest: dict[str, list[str]] = {}

    def describe(self, arn: str) -> RevisionState:
        """As `task_definitions.describe`."""
        if arn not in self._revisions:
            self._revisions[arn] = task_definitions.describe(self._region, arn)
        note_variables(task_definitions.environment_variables(self._revisions[arn]))
        return self._revisions[arn]

    def list_newest(self, family: str) -> list[str]:
        """As `task_definitions.list_newest`."""
        if family not in self._newest:
            self._newest[family] = task_definitions.list_newest(self._region, family)
        return self._newest[family]
