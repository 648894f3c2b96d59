"""The blocks of a message or view, and the elements of each block, with their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def all_blocks(blocks: object, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """Every block with its place as a JSON pointer."""
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict):
            yield f"{pointer}/{index}", block


def elements_of(block: Json) -> list[tuple[str, Json]]:
    """The elements of a block, each with its place in the block."""
    found = [("/accessory", block.get("accessory")), ("/element", block.get("element"))]
    elements = block.get("elements")
    if isinstance(elements, list):
        found += [(f"/elements/{index}", element) for index, element in enumerate(elements)]
    return [(place, element) for place, element in found if isinstance(element, dict)]
