"""What a check found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slipway.doctor.context import DoctorContext


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it works, but not as well or as safely as it could
    ERROR = "error"  # something does not work
    SKIPPED = "skipped"  # it could not be checked, for a reason that another line or the text says


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    what: str
    advice: str = ""
    """What to do. Empty if there is nothing to do."""


class NotChecked(Exception):
    """Something that the check needs is not there. The text says what."""


Check = Callable[["DoctorContext"], Iterator[Finding]]


@dataclass(frozen=True)
class NamedCheck:
    """A check, and what programs know it by."""

    name: str
    run: Check
    seconds: float = 20.0
    """How long it may take (seconds)."""


def ok(what: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, what)


def warning(what: str, advice: str) -> Finding:
    """It works, but should be changed."""
    return Finding(Level.WARNING, what, advice)


def error(what: str, advice: str) -> Finding:
    """Something does not work."""
    return Finding(Level.ERROR, what, advice)


def skipped(what: str, advice: str = "") -> Finding:
    """It was not checked."""
    return Finding(Level.SKIPPED, what, advice)
