"""When deploys are frozen: which window says so at a time, until when, and when the next freeze begins. Pure.

A list of windows freezes a service while one that denies deploys is open; and, if the list has any that allow
them, while none of those is open. Several lists are judged each by itself, and one is enough to freeze. A
window includes its start and not its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from deploys.holds.recurrence import Rule, read_rule, to_epoch, to_local
from deploys.records.freeze_window import FreezeWindow

Windows = Sequence[FreezeWindow]

HORIZON_SECONDS = 5 * 366 * 86_400.0
"""How far ahead a start or end is looked for (seconds): far enough for the 29th of February."""
_CHUNK_SECONDS = 32 * 86_400.0
"""Repetitions are worked out for so long at once, and kept (seconds)."""
_MARGIN = timedelta(days=1)
"""More than a change of the clocks."""
_MAX_STEPS = 400
"""Windows one behind the other that make up one freeze (count)."""


@dataclass(frozen=True)
class Freeze:
    """Deploys are frozen."""

    window: FreezeWindow
    """The one that denies them, or one that would allow them."""
    until: float | None
    """When it ends (epoch seconds); None: not within the horizon."""


def find_freeze(lists: Sequence[Windows], at: float) -> Freeze | None:
    """What freezes deploys at a time (epoch seconds); None: nothing does."""
    cause = _find_cause(lists, at)
    if cause is None:
        return None
    end = at
    for _ in range(_MAX_STEPS):
        step = _find_cause(lists, end)
        if step is None:
            return Freeze(cause.window, end)
        if step.until is None or step.until - at > HORIZON_SECONDS:
            break
        end = step.until
    return Freeze(cause.window, None)


def next_freeze(lists: Sequence[Windows], at: float) -> float | None:
    """When the next freeze begins after a time at which there is none (epoch seconds); None: not within the
    horizon."""
    starts = (_next_in_list(windows, at) for windows in lists)
    return min((each for each in starts if each is not None and each - at <= HORIZON_SECONDS), default=None)


def _find_cause(lists: Sequence[Windows], at: float) -> Freeze | None:
    """What freezes deploys at a time, and when that alone ends."""
    found = [each for windows in lists if (each := _cause_in_list(windows, at))]
    return max(found, key=_end_or_never, default=None)


def _end_or_never(freeze: Freeze) -> float:
    return float("inf") if freeze.until is None else freeze.until


def _cause_in_list(windows: Windows, at: float) -> Freeze | None:
    denied = [
        Freeze(each, end)
        for each in windows
        if not each.allows and (end := end_of_open(each, at)) is not None
    ]
    if denied:
        return max(denied, key=_end_or_never)
    allowing = [each for each in windows if each.allows]
    if not allowing or any(end_of_open(each, at) is not None for each in allowing):
        return None
    starts = [(start, each) for each in allowing if (start := next_start(each, at)) is not None]
    if not starts:
        return Freeze(allowing[0], None)
    start, window = min(starts, key=lambda pair: pair[0])
    return Freeze(window, start)


def _next_in_list(windows: Windows, at: float) -> float | None:
    starts = [start for each in windows if not each.allows and (start := next_start(each, at)) is not None]
    allowing = [each for each in windows if each.allows]
    end = at
    for _ in range(_MAX_STEPS if allowing else 0):
        ends = [found for each in allowing if (found := end_of_open(each, end)) is not None]
        if not ends:
            starts.append(end)
            break
        end = max(ends)
        if end - at > HORIZON_SECONDS:
            break
    return min(starts, default=None)


def end_of_open(window: FreezeWindow, at: float) -> float | None:
    """The end of the window that is open at a time, the last if several repetitions are; None: it is not."""
    compiled = _compile(window)
    ends = [end for start, end in compiled.single if start <= at < end]
    if compiled.rules:
        first, last = int((at - compiled.longest) // _CHUNK_SECONDS), int(at // _CHUNK_SECONDS)
        for number in range(first, last + 1):
            ends += [end for start, end in _repetitions(window, number) if start <= at < end]
    return max(ends, default=None)


def next_start(window: FreezeWindow, at: float) -> float | None:
    """When the window opens next, after a time; None: not within the horizon."""
    compiled = _compile(window)
    found = [start for start, _ in compiled.single if start > at]
    if compiled.rules:
        first = int(at // _CHUNK_SECONDS)
        for number in range(first, first + int(HORIZON_SECONDS // _CHUNK_SECONDS) + 1):
            starts = [start for start, _ in _repetitions(window, number) if start > at]
            if starts:
                found.append(min(starts))
                break
    return min(found, default=None)


@lru_cache(maxsize=8192)
def _repetitions(window: FreezeWindow, number: int) -> tuple[tuple[float, float], ...]:
    """Start and end of each repetition by rule that starts in that chunk of time (epoch seconds)."""
    compiled = _compile(window)
    first, last = number * _CHUNK_SECONDS, (number + 1) * _CHUNK_SECONDS
    begin, end = to_local(first, compiled.zone) - _MARGIN, to_local(last, compiled.zone) + _MARGIN
    local = {each for rule in compiled.rules for each in rule.starts_between(begin, end)} - compiled.never
    opened = (compiled.open_at(each) for each in sorted(local))
    return tuple(each for each in opened if first <= each[0] < last)


@dataclass(frozen=True)
class _Compiled:
    """A window with its texts read."""

    zone: ZoneInfo
    single: tuple[tuple[float, float], ...]
    """Start and end of what does not come from a rule (epoch seconds)."""
    rules: tuple[Rule, ...]
    never: frozenset[datetime]
    open_at: Callable[[datetime], tuple[float, float]]
    """Start and end of the repetition with that local start."""
    longest: float
    """Longer than any repetition (seconds)."""


@lru_cache(maxsize=8192)
def _compile(window: FreezeWindow) -> _Compiled:
    zone = ZoneInfo(window.time_zone)
    first = datetime.fromisoformat(window.starts)
    lasts = datetime.fromisoformat(window.ends) - first if window.ends else timedelta(seconds=window.seconds)

    def open_at(local: datetime) -> tuple[float, float]:
        start = to_epoch(local, zone)
        end = to_epoch(local + lasts, zone) if window.ends else start
        # A start that the clocks skip is read as a later one, perhaps later than the end.
        return start, end if end > start else start + lasts.total_seconds()

    never = frozenset(map(datetime.fromisoformat, window.never))
    single = {datetime.fromisoformat(each) for each in window.also} | (set() if window.repeats else {first})
    return _Compiled(
        zone,
        tuple(map(open_at, sorted(single - never))),
        tuple(read_rule(each, first, zone) for each in window.repeats),
        never,
        open_at,
        lasts.total_seconds() + _MARGIN.total_seconds(),
    )
