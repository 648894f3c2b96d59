"""What changed on whose screen, numbered, so that the page or a test can wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

_MAX_REMEMBERED = 20_000


@dataclass(frozen=True)
class ScreenChange:
    """One change. If `audience` is None, everybody sees it."""

    seq: int
    what: str
    audience: frozenset[str] | None
    channel: str | None = None
    ts: str | None = None
    thread_ts: str | None = None

    def is_visible_to(self, user: str | None) -> bool:
        return user is None or self.audience is None or user in self.audience

    def as_json(self) -> dict[str, Any]:
        change = {"type": "changed", "seq": self.seq, "what": self.what}
        places = {"channel": self.channel, "ts": self.ts, "thread_ts": self.thread_ts}
        return change | {name: value for name, value in places.items() if value is not None}


class ChangeLog:
    """The changes so far. It must be used from one event loop only."""

    def __init__(self) -> None:
        self.latest = 0
        self._log: deque[ScreenChange] = deque(maxlen=_MAX_REMEMBERED)
        self._new_change = asyncio.Event()

    def record(
        self,
        what: str,
        audience: Collection[str] | None,
        *,
        channel: str | None = None,
        ts: str | None = None,
        thread_ts: str | None = None,
    ) -> None:
        self.latest += 1
        seen_by = None if audience is None else frozenset(audience)
        self._log.append(ScreenChange(self.latest, what, seen_by, channel, ts, thread_ts))
        self._new_change.set()
        self._new_change = asyncio.Event()

    def since(self, seq: int, user: str | None) -> list[ScreenChange]:
        """The later changes that this person sees; all of them for None."""
        newer: list[ScreenChange] = []
        for change in reversed(self._log):
            if change.seq <= seq:
                break
            if change.is_visible_to(user):
                newer.append(change)
        return newer[::-1]

    async def wait(self, seq: int, user: str | None, timeout: float | None) -> list[ScreenChange]:
        """Waits until this person sees a change after `seq`. Empty after `timeout` seconds."""
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        while not (newer := self.since(seq, user)):
            new_change = self._new_change
            try:
                async with asyncio.timeout_at(deadline):
                    await new_change.wait()
            except TimeoutError:
                return []
        return newer
