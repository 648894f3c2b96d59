"""ECS takes so many things a call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`, each item once, in order."""
    once = list(dict.fromkeys(items))
    for start in range(0, len(once), size):
        yield once[start : start + size]
