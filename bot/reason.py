"""Reasons that read like something else: a place or an option, which no command takes. Pure.

`/deploy web 1.4.2 to staging` would deploy to where `services.yml` says, with "to staging" as its reason, so
such a reason has to be marked as one: with a colon before it, or with quotes around it.
"""

from __future__ import annotations

import re

from bot import written

PLACE_WORDS = frozenset({"to", "in", "on", "at"})
"""Before one more word they name a place."""
_OPTION = re.compile(r"--|-\w")


def is_place_word(word: str) -> bool:
    """Whether this word, where a tag is expected, begins a place: `to`, in any case."""
    return word.casefold() in PLACE_WORDS


def reads_like_option(said: str) -> bool:
    """Whether this reason, as it was written, begins with an option or is a place and nothing more.

    A dash with a blank behind it only sets a reason off; two hyphens, or the long dash that phones make of
    them, count as an option also then.
    """
    if said.startswith(":") or written.quoted(said):
        return False
    if _OPTION.match(written.word(said.split(" ", 1)[0])):
        return True
    words = written.prose(said).split(" ", 2)
    return len(words) <= 2 and is_place_word(written.word(words[0]))
