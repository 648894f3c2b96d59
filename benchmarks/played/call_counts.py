"""Counts calls by operation, caller and second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CallCount:
    """Calls of one operation by one caller within one second."""

    second: int
    """Epoch seconds, rounded down."""
    api: str
    caller: str
    calls: int
    refused: int = 0
    """Of them, those that were over a limit."""


@dataclass
class CallCounter:
    """What was called so far."""

    _calls: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    _refused: Counter[tuple[int, str, str]] = field(default_factory=Counter)

    def note(self, api: str, caller: str, now: float, *, refused: bool = False) -> None:
        """Counts one call."""
        key = (int(now), api, caller)
        self._calls[key] += 1
        if refused:
            self._refused[key] += 1

    def to_json(self) -> list[dict[str, Any]]:
        """All counts, in the order of their seconds."""
        return [
            {"second": second, "api": api, "caller": caller, "calls": count, "refused": self._refused[key]}
            for key, count in sorted(self._calls.items())
            for second, api, caller in [key]
        ]


def from_json(found: Iterable[Mapping[str, Any]]) -> list[CallCount]:
    """The counts that `CallCounter.to_json` wrote."""
    return [CallCount(**each) for each in found]


def between(counts: Iterable[CallCount], since: float, until: float, caller: str = "") -> list[CallCount]:
    """Those of the whole seconds in this time; with `caller`, of that one alone."""
    return [
        each
        for each in counts
        if since <= each.second and each.second + 1 <= until and caller in ("", each.caller)
    ]


def by_api(counts: Iterable[CallCount]) -> dict[str, int]:
    """Calls of each operation (count), most first."""
    found: Counter[str] = Counter()
    for each in counts:
        found[each.api] += each.calls
    return dict(found.most_common())


def busiest_window(counts: Iterable[CallCount], apis: Iterable[str], seconds: int) -> int:
    """The most calls of these operations together in a window of so many whole seconds (count)."""
    wanted = set(apis)
    of_second: Counter[int] = Counter()
    for each in counts:
        if each.api in wanted:
            of_second[each.second] += each.calls
    return max(
        (sum(of_second[start + n] for n in range(seconds)) for start in of_second),
        default=0,
    )
