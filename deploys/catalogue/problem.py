"""One thing to say about services.yml, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Position:
    """A place in the file; both count from 1, as editors do."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """A mistake, or a note about something that is allowed but deserves a thought."""

    position: Position
    key_path: str
    """The key it is about, as `services.web.deadline`; empty for the file as a whole."""
    message: str
    """What is wrong, what is allowed, and the nearest right name where there is one."""

    @property
    def line(self) -> int:
        """Line, from 1."""
        return self.position.line

    @property
    def column(self) -> int:
        """Column, from 1."""
        return self.position.column

    def __str__(self) -> str:
        about = f"{self.key_path}: " if self.key_path else ""
        return f"{self.line}:{self.column}: {about}{self.message}"
