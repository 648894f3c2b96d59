"""What the gallery shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from deploys.records.deploy import Deploy

Block = dict[str, Any]


class Surface(Enum):
    """What Slack shows it as."""

    MESSAGE = "message"
    VIEW = "view"


@dataclass(frozen=True)
class Exhibit:
    """One message or view as Slack is given it."""

    title: str
    """What it is, as a developer would look for it."""
    text: str
    blocks: Sequence[Block] = ()
    surface: Surface = Surface.MESSAGE
    deploy: Deploy | None = None
    """The record whose card it is, which is sent by the publisher."""
    private: bool = False
    """Whether only one person sees it."""


@dataclass(frozen=True)
class Section:
    """Exhibits of one kind."""

    title: str
    exhibits: Sequence[Exhibit] = field(default_factory=list)
