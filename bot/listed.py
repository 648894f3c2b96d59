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
    end = 1
    while end < len(words) and (
        words[end].startswith(",") or (words[end - 1].endswith(",") and _could_be_names(words[end]))
    ):
        end += 1
    return ["".join(words[:end]), *words[end:]] if words else []


def count(word: str) -> int:
    """How many names a list has, without reading them."""
    return word.count(",") + 1


def names(word: str) -> tuple[str, ...]:
    """The names in a list, each as it was written; an empty one if a name is missing. Ask `count` first."""
    return tuple(written.word(part).lower() for part in word.split(","))


def _could_be_names(word: str) -> bool:
    parts = [written.word(part).lower() for part in word.rstrip(":,;").split(",")]
    return any(parts) and all(_NAME.fullmatch(part) or not part for part in parts)
