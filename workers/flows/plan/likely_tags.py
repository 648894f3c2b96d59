"""Which existing tags somebody may have meant by a tag that does not exist. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from deploys.catalogue.suggestions import nearest_names

MAX_LIKELY_TAGS = 3
"""Tags that are suggested (count)."""
_VERSION = re.compile(r"v(?=\d)")
_COMMIT = re.compile(r"(?:sha-|git-|commit-)?([0-9a-f]{7,40})")
"""A commit id, whole or shortened (git shortens to seven digits at least). Build tools put a word before
it.
"""


def find_likely_tags(wanted: str, tags: Sequence[str]) -> tuple[str, ...]:
    """The tags that `wanted` may have meant, the likeliest first. `tags` are the existing ones, newest first.

    First those that differ only by a `v` before the version or by capitals, then commit ids of which one
    begins with the other, then names that are nearly the same. Another number is another version: 1.4.2 is
    never suggested for 1.4.3.
    """
    same = [tag for tag in tags if _without_v(tag) == _without_v(wanted)]
    commits = [tag for tag in tags if _same_commit(tag, wanted)]
    alike = nearest_names(
        wanted, [tag for tag in tags if _numbers(tag) == _numbers(wanted)], count=MAX_LIKELY_TAGS
    )
    return tuple(dict.fromkeys((*same, *commits, *alike)))[:MAX_LIKELY_TAGS]


def did_you_mean(likely: Iterable[str]) -> str:
    """The question that a refusal asks first; empty without likely tags."""
    named = " or ".join(f"`{tag}`" for tag in likely)  # no tag has a character to escape
    return f"Did you mean {named}?" if named else ""


def _without_v(tag: str) -> str:
    return _VERSION.sub("", tag.lower(), count=1) if _VERSION.match(tag.lower()) else tag.lower()


def _same_commit(tag: str, wanted: str) -> bool:
    one, other = _COMMIT.fullmatch(tag.lower()), _COMMIT.fullmatch(wanted.lower())
    if one is None or other is None:
        return False
    return one[1].startswith(other[1]) or other[1].startswith(one[1])


def _numbers(tag: str) -> list[str]:
    return re.findall(r"\d+", tag)
