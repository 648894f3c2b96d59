"""The key `freezes`: when a service may not be deployed, or only. See `key_declaration.py`."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from deploys.catalogue.key_declaration import Key, KeyRecord, list_of_keys
from deploys.catalogue.text_values import CALENDAR, LOCAL_TIME, REASON, RULE, TIME_ZONE
from deploys.catalogue.value_kinds import choice_of, duration_between, refuse
from deploys.holds.recurrence import RuleInvalid, read_rule
from deploys.records.freeze_window import FreezeWindow

MAX_FREEZES = 100
"""Windows in one list (count)."""
_MAX_LENGTH = timedelta(days=366)


class FreezeEffect(StrEnum):
    """What a window does."""

    DENIED = "denied"  # no deploys within it
    ALLOWED = "allowed"  # deploys only within it


class FreezeEntry(KeyRecord):
    """One window, or a calendar of them."""

    deploys: Annotated[
        FreezeEffect,
        Key(
            choice_of(FreezeEffect, "an effect"),
            "`denied`: no deploys within it. `allowed`: deploys only within it, or within another window of "
            "the list that allows them. What denies wins.",
        ),
    ] = FreezeEffect.DENIED
    starts: Annotated[
        str,
        Key(
            LOCAL_TIME,
            "When it starts; with `repeats`, from when on. A date alone is its midnight.",
            default_text="required, or `calendar`",
        ),
    ] = ""
    duration: Annotated[
        int,
        Key(
            duration_between("1m", "366d"),
            "How long it lasts, in time that passes. With a date alone in `starts`: by default the day.",
            default_text="this or `ends`",
            name="for",
        ),
    ] = 0
    ends: Annotated[
        str,
        Key(
            LOCAL_TIME,
            "When the one of `starts` ends. Repetitions end so much later on the wall clock, whether the "
            "clocks change or not. A date alone is its last day.",
            default_text="this or `for`",
        ),
    ] = ""
    repeats: Annotated[
        str,
        Key(
            RULE,
            "How it repeats: an RRULE of RFC 5545, such as `FREQ=WEEKLY;BYDAY=FR`. `UNTIL` may be a date.",
            default_text="once",
        ),
    ] = ""
    time_zone: Annotated[
        str,
        Key(
            TIME_ZONE,
            "The time zone of all of its times. For a calendar: of its days, and of its times without one.",
            default_text="required; for a calendar `UTC`",
        ),
    ] = ""
    reason: Annotated[
        str,
        Key(
            REASON,
            "Why, as people read it. For a calendar: by default the title of the event.",
            default_text="required, or `calendar`",
        ),
    ] = ""
    calendar: Annotated[
        str,
        Key(
            CALENDAR,
            "Instead of a window: an iCalendar file, by its path from the folder of `services.yml`, or an "
            "address, which the workers read every 5 minutes. Each event is a window.",
            default_text="none",
        ),
    ] = ""

    @property
    def allows(self) -> bool:
        """Whether deploys are allowed only within it."""
        return self.deploys is FreezeEffect.ALLOWED

    @property
    def is_address(self) -> bool:
        """Whether its calendar is read by workers."""
        return self.calendar.startswith("https://")

    @property
    def calendar_name(self) -> str:
        """The calendar as people are told of it. Its address may hold a secret, so only the host is shown."""
        return (urlsplit(self.calendar).hostname or "") if self.is_address else self.calendar

    @property
    def calendar_zone(self) -> str:
        """The time zone of what has none in its calendar."""
        return self.time_zone or "UTC"


def make_window(entry: FreezeEntry) -> FreezeWindow:
    """The window of an entry that names no calendar."""
    starts = datetime.fromisoformat(entry.starts)
    is_day = "T" not in entry.starts
    ends = _last_moment(entry.ends) if entry.ends else None
    if not ends and not entry.duration and is_day:
        ends = starts + timedelta(days=1)
    return FreezeWindow(
        allows=entry.allows,
        starts=starts.isoformat(),
        ends=ends.isoformat() if ends else "",
        seconds=entry.duration,
        repeats=(entry.repeats,) if entry.repeats else (),
        time_zone=entry.time_zone,
        reason=entry.reason,
    )


def _last_moment(ends: str) -> datetime:
    found = datetime.fromisoformat(ends)
    return found if "T" in ends else found + timedelta(days=1)


def _check_entry(keys: Any) -> Any:
    """The rules about several keys of one window."""
    if keys.calendar:
        when = {"starts": keys.starts, "for": keys.duration, "ends": keys.ends, "repeats": keys.repeats}
        if written := [name for name, value in when.items() if value]:
            refuse(f"with `calendar` the events say when; leave `{written[0]}` out.")
        return keys
    if not keys.starts:
        refuse("nothing says when; write `starts`, or `calendar`.")
    if not keys.time_zone:
        refuse("`time_zone` is missing; for example `time_zone: Europe/Berlin`.")
    if not keys.reason:
        refuse("`reason` is missing; for example `reason: Christmas`.")
    _check_end(keys)
    if keys.repeats:
        try:
            read_rule(keys.repeats, datetime.fromisoformat(keys.starts), ZoneInfo(keys.time_zone))
        except RuleInvalid as error:
            refuse(f"`repeats` is not understood: {error}.")
    return keys


def _check_end(keys: Any) -> None:
    if keys.duration and keys.ends:
        refuse("`for` and `ends` both say when it ends; leave one of them out.")
    if not keys.duration and not keys.ends and "T" in keys.starts:
        refuse("nothing says when it ends; write `for` or `ends`.")
    if not keys.ends:
        return
    lasts = _last_moment(keys.ends) - datetime.fromisoformat(keys.starts)
    if lasts <= timedelta(0):
        refuse("it ends before it starts.")
    if lasts > _MAX_LENGTH:
        refuse("it lasts for more than 366 days.")


FREEZES = list_of_keys(
    FreezeEntry,
    "windows",
    at_most=MAX_FREEZES,
    check=_check_entry,
    schema={
        "oneOf": [
            {
                "required": ["calendar"],
                "not": {"anyOf": [{"required": [key]} for key in ("starts", "for", "ends", "repeats")]},
            },
            {
                "required": ["starts", "time_zone", "reason"],
                "not": {"anyOf": [{"required": ["calendar"]}, {"required": ["for", "ends"]}]},
            },
        ]
    },
)
