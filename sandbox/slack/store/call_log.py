"""The log of Web API calls, which shows tests what an app did and how often."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

_MAX_REMEMBERED = 5_000


class CallLog:
    """The latest calls, oldest first. Tokens are left out."""

    def __init__(self) -> None:
        self._log: deque[dict[str, Any]] = deque(maxlen=_MAX_REMEMBERED)

    def record(self, method: str, args: dict[str, Any], status: int, error: str | None) -> None:
        entry: dict[str, Any] = {
            "at": time.time(),
            "method": method,
            "args": {name: value for name, value in args.items() if name != "token"},
            "status": status,
        }
        if error is not None:
            entry["error"] = error
        self._log.append(entry)

    def all(self) -> list[dict[str, Any]]:
        return list(self._log)

    def clear(self) -> None:
        self._log.clear()
