"""The region in which conversations deploy."""

from __future__ import annotations

from tests.workers.conftest import ecs

__all__ = ["ecs"]
