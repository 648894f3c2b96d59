"""Walking through blocks: those within others, and the elements of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

# Where the blocks that hold blocks keep them.
_INNER = {"carousel": "elements", "container": "child_blocks"}


def all_blocks(blocks: object, where: str = "") -> Iterator[tuple[str, Json]]:
    """Every block with its place as a JSON pointer, the outer before the inner."""
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict):
            place = f"{where}/{index}"
            yield place, block
            inner = _INNER.get(str(block.get("type")))
            if inner is not None:
                yield from all_blocks(block.get(inner), f"{place}/{inner}")


def elements_of(block: Json) -> list[tuple[str, Json]]:
    """The elements of a block itself, each with its place within the block."""
    found = [("/accessory", block.get("accessory")), ("/element", block.get("element"))]
    for part in ("elements", "actions"):
        inside = block.get(part)
        if isinstance(inside, list) and _INNER.get(str(block.get("type"))) != part:
            found += [(f"/{part}/{index}", element) for index, element in enumerate(inside)]
    return [(place, element) for place, element in found if isinstance(element, dict)]
