"""Several services in one command: `web,api`, `web, api` or `web ,api`."""

from __future__ import annotations

import re

from bot import written
from deploys.catalogue.names import PATTERN

_NAME = re.compile(PATTERN)


def joined(words: list[str]) -> list[str]:
    """The words with the list at their beginning made one word.

    Behind `web,` a word that could be no service, such as `1.4.2`, is not of the list: the comma was a slip.
    """
    if not words:
        return []
    [together, *rest] = words
    while rest and (rest[0].startswith(",") or (together.endswith(",") and _could_be_names(rest[0]))):
        together += rest.pop(0)
    return [together, *rest]


def names(word: str) -> tuple[str, ...]:
    """The names in a list, each as it was written; an empty one where a name is missing."""
    return tuple(written.word(part).lower() for part in word.split(","))


def _could_be_names(word: str) -> bool:
    parts = [written.word(part).lower() for part in word.rstrip(":,;").split(",")]
    return any(parts) and all(_NAME.fullmatch(part) or not part for part in parts)
