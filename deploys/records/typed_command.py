"""What `/deploy run` asks for: a command for a one-off task."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Self

from deploys.records.record import Record
from deploys.redaction import Redacted, redact, redact_argument


class TypedCommand(Record):
    """A command as people see it. No shell reads it."""

    line: Redacted
    """The arguments, quoted as a shell would need them."""
    has_secret: bool = False
    """Something was taken out of the line. What was typed is kept apart until the task runs
    (`deploys.stores.typed_commands`)."""

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Self:
        """The command of these arguments."""
        typed, shown = shlex.join(arguments), " ".join(map(_shown, arguments))
        return cls(line=shown, has_secret=shown != typed or redact(typed) != typed)

    @property
    def arguments(self) -> tuple[str, ...]:
        """What ECS gets. Raises ValueError if the line is not what was typed."""
        if self.has_secret:
            raise ValueError("this line is redacted")
        return tuple(shlex.split(self.line))


def _shown(argument: str) -> str:
    """Without quotes if only `[redacted]` would need them."""
    shown = redact_argument(argument)
    return shown if shown != argument and " " not in shown else shlex.quote(shown)
