"""One message about services.yml, and the position that it is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Position:
    """A position in the file. Line and column count from 1, as in editors."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """A mistake, or a note about something that is allowed but may not be intended."""

    position: Position
    key_path: str
    """The key it is about, such as `services.web.deadline`; empty if it is about the file as a whole."""
    message: str
    """What is wrong, what is allowed, and the most similar name if there is one."""

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
