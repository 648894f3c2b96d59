"""Faults: what goes wrong between Slack and the app when a test asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# The details of each kind besides `times` and `seconds`, with their defaults.
FAULT_DETAILS: dict[str, dict[str, Any]] = {
    "http-429": {"method": None, "retry_after": 1},
    "http-500": {"method": None},
    "drop-after": {"method": None},
    "error": {"method": None, "error": "internal_error"},
    "repeat-envelope": {"payload": None},
    "delay-delivery": {"payload": None, "delay": 4.0},
    "outage": {},
    "skewed-date": {"ahead": 60.0},
    "unsupported-blocks": {"types": ["data_table", "data_visualization"]},
}
_LASTING_KINDS = {"unsupported-blocks", "skewed-date"}
_WEB_API_KINDS = {"http-429", "http-500", "drop-after", "error"}


class UnknownFault(ValueError):
    """There is no such fault; the text says which there are."""


@dataclass
class SlackFault:
    kind: str
    details: dict[str, Any] = field(default_factory=dict)
    remaining: int | None = 1
    until: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.details, "remaining": self.remaining, "until": self.until}


class SlackFaults:
    """The faults that are set. Each applies `times` times, or for `seconds` seconds."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._pending: list[SlackFault] = []

    def add(self, kind: str, times: int | None, seconds: float | None, details: dict[str, Any]) -> SlackFault:
        """Adds a fault. Without `times` and `seconds` it applies once; a workspace that does not take some
        blocks, or whose clock is off, stays so until the faults are cleared.

        Raises:
            UnknownFault: there is no such kind, or the kind has no such detail
        """
        if kind not in FAULT_DETAILS:
            raise UnknownFault(f"There is no fault {kind!r}; there are {', '.join(sorted(FAULT_DETAILS))}.")
        known = FAULT_DETAILS[kind]
        if unknown := set(details) - set(known):
            raise UnknownFault(
                f"{kind} has no {', '.join(sorted(unknown))}; it has {', '.join(known) or 'no details'}."
            )
        if times is None and seconds is None and kind not in _LASTING_KINDS:
            times = 1
        until = None if seconds is None else self._now() + seconds
        fault = SlackFault(kind, {**known, **details}, times, until)
        self._pending.append(fault)
        return fault

    def pending(self) -> list[SlackFault]:
        self._pending = [fault for fault in self._pending if self._is_pending(fault)]
        return list(self._pending)

    def clear(self) -> None:
        self._pending.clear()

    def is_outage(self) -> bool:
        return any(fault.kind == "outage" for fault in self.pending())

    def unsupported_blocks(self) -> frozenset[str]:
        """The types of blocks that this workspace does not take: `invalid_blocks` says so, as of every type
        that Slack does not know."""
        return frozenset(
            each
            for fault in self.pending()
            if fault.kind == "unsupported-blocks"
            for each in fault.details["types"]
        )

    def clock_skew(self) -> float:
        """Seconds by which the `Date` of answers is ahead of this machine's clock; below 0: behind."""
        skewed = (each.details["ahead"] for each in self.pending() if each.kind == "skewed-date")
        return float(next(skewed, 0.0))

    def take_for_payload(self, kind: str, payload: str) -> SlackFault | None:
        """Uses one fault of this kind for payloads of this type, or for any payload.

        The types are `slash_commands`, `events_api`, `interactive` and `options`.
        """
        return self._take(lambda fault: fault.kind == kind and fault.details["payload"] in (None, payload))

    def take_for_call(self, method: str) -> SlackFault | None:
        """Uses one fault for calls of this Web API method, or for any method.

        Posts to a response_url have the method `response_url` here. A fault for any method does not affect
        them.
        """

        def fits(fault: SlackFault) -> bool:
            wanted = fault.details.get("method")
            return fault.kind in _WEB_API_KINDS and (
                wanted == method or (wanted is None and method != "response_url")
            )

        return self._take(fits)

    def _take(self, fits: Callable[[SlackFault], bool]) -> SlackFault | None:
        for fault in self.pending():
            if fits(fault):
                if fault.remaining is not None:
                    fault.remaining -= 1
                return fault
        return None

    def _is_pending(self, fault: SlackFault) -> bool:
        if fault.remaining is not None and fault.remaining <= 0:
            return False
        return fault.until is None or self._now() < fault.until
