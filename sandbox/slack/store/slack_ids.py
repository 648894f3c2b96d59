"""Identifiers in Slack's forms: message timestamps, ids with a leading letter, secrets."""

from __future__ import annotations

import itertools
import secrets
import string
import time
from collections.abc import Callable

_LETTERS = string.ascii_uppercase + string.digits


class SlackIds:
    """Makes identifiers that never repeat."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._last_microsecond = 0
        self._trigger_numbers = itertools.count(7_140_215_330_901, 101)

    def new_timestamp(self) -> str:
        """A message's `ts`: epoch seconds with six decimals, each later than the one before."""
        self._last_microsecond = max(int(self._now() * 1_000_000), self._last_microsecond + 1)
        return format_timestamp(self._last_microsecond)

    def new_id(self, letter: str) -> str:
        """An id such as V08K2M4Q1ZT."""
        return letter + "".join(secrets.choice(_LETTERS) for _ in range(10))

    def new_trigger_id(self) -> str:
        """A `trigger_id`. As at Slack, its first number is a serial number, not a time."""
        return f"{next(self._trigger_numbers)}.{5_183_402_117}.{secrets.token_hex(16)}"

    def new_secret(self) -> str:
        return secrets.token_urlsafe(18)


def format_timestamp(microseconds: int) -> str:
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"
