"""Durations as people write them in services.yml: `90s`, `20m`, `1h30m`, `2d`, or seconds."""

from __future__ import annotations

import re

DURATION_PATTERN = r"^([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?$"
"""The form of a duration. Empty text matches too, and is refused separately."""

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LOOSE_DURATION = re.compile(r"([0-9]{1,9})\s*(d|h|m|s)[a-z]*[\s,]*", re.IGNORECASE)


def parse_duration(text: str) -> int | None:
    """The seconds that a text means; None if it is not a duration."""
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    match = re.match(DURATION_PATTERN, text)
    if not text or match is None or match.end() != len(text):
        return None
    return sum(int(part[:-1]) * _UNITS[part[-1]] for part in match.groups() if part)


def suggest_duration(text: str) -> str | None:
    """The right way to write `20 minutes` or `1H 30Min`; None if it is unclear what was meant."""
    end, seconds = 0, 0
    for match in _LOOSE_DURATION.finditer(text.strip()):
        if match.start() != end:
            return None
        end, seconds = match.end(), seconds + int(match[1]) * _UNITS[match[2].lower()]
    return format_duration(seconds) if end and end == len(text.strip()) else None


def format_duration(seconds: int) -> str:
    """Seconds in the same notation, the largest unit first: `1h30m`. No time at all is `0s`."""
    parts = []
    for unit, size in _UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
