"""What an iCalendar text (RFC 5545) says about freezes: each event is a window. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploys.formatting import shorten_line
from deploys.holds.recurrence import MAX_SECONDS, RuleInvalid, read_rule
from deploys.records.freeze_window import FreezeWindow

MAX_BYTES = 1_000_000
"""The longest calendar that is read (UTF-8 bytes)."""
MAX_EVENTS = 2000
"""The most events in one calendar (count)."""
MAX_REASON = 200
"""Characters of an event's summary that are kept."""

_UNKNOWN_ZONE = "an event in it has a time zone that is not one of IANA's"


class CalendarInvalid(ValueError):
    """A calendar that cannot be used; the text says why, for people, and quotes nothing of it."""


def read_calendar(text: str, time_zone: str, name: str) -> tuple[FreezeWindow, ...]:
    """The events of a calendar as windows that deny.

    time_zone: of days and of times that have none of their own. name: how people are told of the calendar.

    Raises:
        CalendarInvalid: it is no calendar, or has an event that is not understood: who leaves out what is not
            understood lets deploys through.
    """
    if len(text.encode()) > MAX_BYTES:
        raise CalendarInvalid(f"it is longer than {MAX_BYTES // 1000} kB")
    from icalendar import Calendar  # slow to import, and most installations have no calendar

    try:
        calendar = Calendar.from_ical(text)
        events = list(calendar.walk("VEVENT"))
    except Exception as error:
        raise CalendarInvalid("it is not in the iCalendar format") from error
    if calendar.name != "VCALENDAR":
        raise CalendarInvalid("it is not in the iCalendar format")
    if len(events) > MAX_EVENTS:
        raise CalendarInvalid(f"it has more than {MAX_EVENTS} events")
    try:
        return tuple(_read_events(events, time_zone, name))
    except CalendarInvalid:
        raise
    except Exception as error:
        raise CalendarInvalid("an event in it cannot be read") from error


def _read_events(events: Sequence[Any], time_zone: str, name: str) -> Iterator[FreezeWindow]:
    moved: dict[str, list[Any]] = {}
    for event in events:
        if event.get("RECURRENCE-ID") is not None:
            if event["RECURRENCE-ID"].params.get("RANGE"):
                raise CalendarInvalid(
                    "an event changes all repetitions after one (`RANGE`), which is not read"
                )
            moved.setdefault(str(event.get("UID", "")), []).append(event)
    for event in events:
        is_moved = event.get("RECURRENCE-ID") is not None
        replaced = (
            [] if is_moved else [each["RECURRENCE-ID"].dt for each in moved.get(str(event.get("UID")), ())]
        )
        if str(event.get("STATUS", "")).upper() != "CANCELLED":
            yield from _read_event(event, replaced, time_zone, name)


def _read_event(event: Any, replaced: Sequence[date], time_zone: str, name: str) -> Iterator[FreezeWindow]:
    if event.get("DTSTART") is None:
        raise CalendarInvalid("an event in it has no start")
    _refuse_unknown_zones(event)
    start = event["DTSTART"].dt
    zone = _zone_name(start, time_zone)
    local_start = _to_local(start, zone)
    ends, seconds = _end(event, start, local_start, zone)
    if not ends and seconds <= 0:
        return  # a point in time, in which nothing can be deployed
    if seconds > MAX_SECONDS or (ends and ends - local_start > timedelta(seconds=MAX_SECONDS)):
        raise CalendarInvalid("an event in it lasts for more than a year")
    rules = [] if event.get("RECURRENCE-ID") is not None else _as_list(event.get("RRULE"))
    repeats = tuple(each.to_ical().decode() for each in rules)
    for rule in repeats:
        try:
            read_rule(rule, local_start, ZoneInfo(zone))
        except RuleInvalid as error:
            raise CalendarInvalid(f"the rule of an event in it is not understood: {error}") from error
    also = [_to_local(each, zone) for each in _dates(event.get("RDATE"))]
    never = [_to_local(each, zone) for each in (*_dates(event.get("EXDATE")), *replaced)]
    yield FreezeWindow(
        starts=local_start.isoformat(),
        ends=ends.isoformat() if ends else "",
        seconds=seconds,
        repeats=repeats,
        also=tuple(each.isoformat() for each in ([local_start] if repeats else []) + also),
        never=tuple(each.isoformat() for each in never),
        time_zone=zone,
        reason=shorten_line(str(event.get("SUMMARY", "")), MAX_REASON),
        calendar=name,
    )


def _refuse_unknown_zones(event: Any) -> None:
    """The library reads a time in a zone that it does not know as one without a zone."""
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        value = event.get(name)
        if value is not None and "TZID" in value.params and getattr(value.dt, "tzinfo", None) is None:
            raise CalendarInvalid(_UNKNOWN_ZONE)
    for name in ("RDATE", "EXDATE"):
        for each in _as_list(event.get(name)):
            if "TZID" in each.params and any(getattr(one.dt, "tzinfo", None) is None for one in each.dts):
                raise CalendarInvalid(_UNKNOWN_ZONE)


def _end(event: Any, start: date, local_start: datetime, zone: str) -> tuple[datetime | None, int]:
    """The local end, or how long it lasts (seconds)."""
    if event.get("DTEND") is not None:
        end = event["DTEND"].dt
        if isinstance(start, datetime) and isinstance(end, datetime) and end.tzinfo and start.tzinfo:
            return None, int((end - start).total_seconds())  # RFC 5545: the same exact duration for all
        local_end = _to_local(end, zone)
        return (local_end, 0) if local_end > local_start else (None, 0)
    if event.get("DURATION") is not None:
        lasts: timedelta = event["DURATION"].dt
        if lasts.seconds == 0 and lasts.days > 0:  # days are days of the wall clock
            return local_start + lasts, 0
        return None, int(lasts.total_seconds())
    return (None, 0) if isinstance(start, datetime) else (local_start + timedelta(days=1), 0)


def _zone_name(start: date, default: str) -> str:
    zone = start.tzinfo if isinstance(start, datetime) else None
    if zone is None:
        return default
    if zone is UTC:
        return "UTC"
    name = getattr(zone, "key", "")
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{1,64}", name):
        raise CalendarInvalid(_UNKNOWN_ZONE)
    ZoneInfo(name)
    return str(name)


def _to_local(value: date, zone: str) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if value.tzinfo else value


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _dates(value: Any) -> Iterable[date]:
    for each in _as_list(value):
        for one in each.dts:
            if isinstance(one.dt, tuple):
                raise CalendarInvalid("an event in it repeats by periods, which is not read")
            yield one.dt
