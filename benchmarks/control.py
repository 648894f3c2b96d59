"""Asks the played ECS and Slack for what only the benchmark needs to know."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from benchmarks.played import call_counts
from benchmarks.played.call_counts import CallCount

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
CONTROL_SECONDS = 120.0
"""How long an answer may take (seconds): Slack types commands before it answers."""


class Played:
    """The control side of one of them."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **asked: Any) -> dict[str, Any]:
        """The answer of `/bench/PATH`."""
        body = json.dumps(asked).encode()
        request = urllib.request.Request(f"{self.url}/bench/{path}", data=body, method="POST")
        with _OPENER.open(request, timeout=CONTROL_SECONDS) as answer:
            content: dict[str, Any] = json.loads(answer.read())
        return content

    def calls(self) -> list[CallCount]:
        """All calls so far."""
        return call_counts.from_json(self.ask("calls")["calls"])
