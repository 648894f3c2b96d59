"""The right names nearest to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_ALIKE = 0.65
"""How much of two names has to agree (0 to 1), as difflib counts it."""


def nearest(word: str, names: Iterable[str], *, count: int = 1) -> list[str]:
    """The names most like a word, best first; empty when none is near."""
    ranked = sorted((-_likeness(word, name), name) for name in names)
    return [name for likeness, name in ranked if -likeness >= _ALIKE][:count]


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A question to put behind a complaint, with a space before it; empty when no name is near."""
    found = nearest(word, names)
    return f" Did you mean `{found[0]}`?" if found else ""


def _likeness(word: str, name: str) -> float:
    left, right = _plain(word), _plain(name)
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    alike = SequenceMatcher(None, left, right).ratio()
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) >= 3 and longer.startswith(shorter):
        return max(alike, 0.8)
    return alike


def _plain(word: str) -> str:
    return word.casefold().replace("_", "-").strip()
