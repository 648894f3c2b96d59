"""One of ECS's reasons: its words, the cause that is named for it, and where it was published."""

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
"""Quoted, without a cause and without advice."""


class PublishedReason(NamedTuple):
    """Names and numbers of accounts are shortened."""

    text: str
    cause: str
    """The sentence people read, whole; empty if there is no trouble in it."""
    source: str
    code: str = "TaskFailedToStart"
    """The task's stop code. Events have none."""


def github(place: str) -> str:
    """An issue or pull request: `owner/name, issue 1`."""
    return f"GitHub, {place}"


def not_started(cause: str) -> str:
    """What an event makes of a cause that a task has too."""
    return f"a task could not start: {cause}"
