"""The revisions that a few steps in a row have read: a revision never changes, so it is read once."""

from __future__ import annotations

from collections.abc import Collection

from deploys.environment_values import note_variables
from deploys.errors import AwsRefused
from workers.ecs import task_definitions
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import RevisionState


class RevisionReads:
    """What was read for one deploy by one worker since `began_at` (epoch seconds)."""

    def __init__(self, region: RegionClients, began_at: float) -> None:
        self.began_at = began_at
        self._region = region
        self._revisions: dict[str, RevisionState] = {}
        self._highest: dict[str, str] = {}
        """The newest ACTIVE revision of a family."""
        self._newest: dict[str, list[str]] = {}

    def describe(self, arn: str) -> RevisionState:
        """As `task_definitions.describe`."""
        if arn not in self._revisions:
            self._revisions[arn] = task_definitions.describe(self._region, arn)
        note_variables(task_definitions.environment_variables(self._revisions[arn]))
        return self._revisions[arn]

    def describe_running(self, arn: str, registered: Collection[str]) -> RevisionState:
        """As `describe`. The family's newest ACTIVE revision is asked for, since it is most likely this one:
        then one call tells that there is no newer one, too.

        registered: revisions that Slipway registered; one that is newer speaks against it.
        """
        family = task_definitions.family_of(arn)
        if family in self._highest or any(_is_newer(each, arn) for each in registered):
            return self.describe(arn)
        try:
            newest = task_definitions.describe(self._region, family)
        except AwsRefused:
            return self.describe(arn)  # none of the family is ACTIVE
        self._highest[family] = newest.arn
        self._revisions[newest.arn] = newest
        return self.describe(arn)

    def list_newest(self, family: str, newer_than: int = 0) -> list[str]:
        """As `task_definitions.list_newest`; those with a number up to `newer_than` may be missing."""
        highest = self._highest.get(family)
        if highest is not None and task_definitions.revision_number(highest) <= newer_than:
            return []
        if family not in self._newest:
            self._newest[family] = task_definitions.list_newest(self._region, family)
        return self._newest[family]


def _is_newer(arn: str, than: str) -> bool:
    number = task_definitions.revision_number
    return task_definitions.family_of(arn) == task_definitions.family_of(than) and number(arn) > number(than)
