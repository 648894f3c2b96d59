"""Where a revision's configuration comes from, and whether a newer one was registered: part of a plan."""

from __future__ import annotations

from deploys.frozen import Frozen


class ConfigChange(Frozen):
    """One field in which two revisions differ. It never holds the value of an environment variable."""

    container: str = ""
    """Empty: the field belongs to the task."""
    field: str
    """Name in the ECS API; parts of it are separated by spaces. Empty: the whole container, which
    was added or removed; its image is the value."""
    old: str = ""
    """Value, shortened. Empty: not set, or not to be shown."""
    new: str = ""
    added: tuple[str, ...] = ()
    """Names that only the newer revision has, of a field that is a list or map by name."""
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Names whose values differ."""
    kept: bool = False
    """The deploy keeps the old value in any case: the image repository of a container that it retags."""


class NewerRevision(Frozen):
    """The newest revision that Slipway did not register, if its configuration is not the one that runs."""

    revision: str
    """Task definition ARN."""
    registered_by: str = ""
    """Who registered it, shortened; empty: ECS does not say."""
    registered_at: float | None = None
    changes: tuple[ConfigChange, ...] = ()
    """How it differs from the revision that runs."""
    more: int = 0
    """Changes beside these (count)."""
    used: bool = False
    """Whether the new revision is a copy of it."""
    tried_by: str = ""
    """Id of the last deploy that ran a copy of it; empty: none is known."""
    tried_outcome: str = ""
    """How that one ended."""


class RevisionConfig(Frozen):
    """What a plan knows of the family's configuration."""

    origin: str = ""
    """ARN of the revision that brought the configuration which will run: registered by somebody else, and
    copied since. Empty: unknown."""
    newest: str = ""
    """ARN of the newest revision known that Slipway did not register."""
    newer: NewerRevision | None = None
    unknown: str = ""
    """Why newer revisions could not be looked for: one sentence of mrkdwn."""
