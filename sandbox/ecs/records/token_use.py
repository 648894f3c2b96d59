"""A clientToken that was used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TokenUse:
    at: float
    params: dict[str, Any]
    """The whole request: another one with this token conflicts."""
    tasks: tuple[str, ...]
    """ARNs of what it started."""
