"""One of ECS's reasons: its text, the sentence that explains it, and where it was published."""

from __future__ import annotations

from typing import NamedTuple

PULLS = 'ECS developer guide, "CannotPullContainer task errors"'
SET_UP = 'ECS developer guide, "ResourceInitializationError errors"'
NOT_FOUND = 'ECS developer guide, "ResourceNotFoundException errors"'
START = 'ECS developer guide, "TaskFailedToStart errors"'
CODES = 'ECS developer guide, "Stopped tasks error messages"'
FAILURES = 'ECS developer guide, "Amazon ECS API failure reasons"'
EVENTS = 'ECS developer guide, "Service event messages"'
STOPPED = 'ECS developer guide, "Viewing Amazon ECS stopped task errors"'
QUOTED = "quoted by a public repository on GitHub"

UNKNOWN = "unknown"
"""The reason is only quoted, without a cause and without advice."""


class PublishedReason(NamedTuple):
    """The text of a reason, with names and account numbers shortened."""

    text: str
    cause: str
    """The whole sentence that people read; empty if the reason is no problem."""
    source: str
    code: str = "TaskFailedToStart"
    """The task's stop code. Events have none."""


def github(place: str) -> str:
    """The source of a reason from an issue or pull request: `owner/name, issue 1`."""
    return f"GitHub, {place}"


def not_started(cause: str) -> str:
    """The sentence for an event with a cause that a task may have as well."""
    return f"a task could not start: {cause}"
