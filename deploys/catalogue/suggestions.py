"""The known names that are most similar to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_MIN_SIMILARITY = 0.65
"""Less similar names are not suggested (0 to 1, as difflib measures it)."""
_SWAP_SIMILARITY = 0.95
"""Of a word in which two neighbouring letters changed places."""
_MAX_COMPARED = 128
"""Only so many characters of a word are compared: the time it takes grows with their square."""


def nearest_names(word: str, names: Iterable[str], *, count: int = 1) -> list[str]:
    """The names most similar to a word, best first; empty if none is similar."""
    word = word[:_MAX_COMPARED]
    ranked = sorted((-_similarity(word, name), name) for name in names)
    return [name for likeness, name in ranked if -likeness >= _MIN_SIMILARITY][:count]


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A question to add to an error message, with a space before it; empty if no name is similar."""
    found = nearest_names(word, names)
    return f" Did you mean `{found[0]}`?" if found else ""


def _similarity(word: str, name: str) -> float:
    left, right = _normalize(word), _normalize(name)
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    if _differ_by_a_swap(left, right):
        return _SWAP_SIMILARITY
    shorter, longer = sorted((left, right), key=len)
    prefix_score = 0.8 if len(shorter) >= 3 and longer.startswith(shorter) else 0.0
    matcher = SequenceMatcher(None, left, right)
    least = max(_MIN_SIMILARITY, prefix_score)
    # These upper bounds are cheap, and rule out all but a few names.
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return prefix_score
    return max(matcher.ratio(), prefix_score)


def _differ_by_a_swap(left: str, right: str) -> bool:
    """Whether two neighbouring letters changed places: `stauts` is `status`, rather than `stats`."""
    if len(left) != len(right):
        return False
    differing = [place for place, (one, other) in enumerate(zip(left, right, strict=True)) if one != other]
    if len(differing) != 2 or differing[1] - differing[0] != 1:
        return False
    first, second = differing
    return left[first] == right[second] and left[second] == right[first]


def _normalize(word: str) -> str:
    return word.casefold().replace("_", "-").strip()
