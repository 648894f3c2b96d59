"""Calendars as another library reads them, and those that are not used."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from icalendar import Calendar

from deploys.holds.freeze_calendars import CalendarInvalid, read_calendar
from deploys.holds.freezes import find_freeze

BERLIN = ZoneInfo("Europe/Berlin")


def calendar(*events: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"]
    for number, each in enumerate(events):
        uid = [] if "UID:" in each else [f"UID:{number}"]
        lines += ["BEGIN:VEVENT", *uid, *each.strip().split("\n"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


CALENDARS = [
    calendar("DTSTART;VALUE=DATE:20260327\nDTEND;VALUE=DATE:20260331\nSUMMARY:Easter fair"),
    calendar("DTSTART;VALUE=DATE:20260329\nSUMMARY:One day"),
    calendar("DTSTART;TZID=Europe/Berlin:20260301T220000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;BYDAY=TU,FR"),
    calendar("DTSTART;TZID=America/New_York:20260306T160000\nDURATION:PT4H\nRRULE:FREQ=WEEKLY;BYDAY=FR,SU"),
    calendar("DTSTART:20260301T100000Z\nDTEND:20260301T110000Z\nRRULE:FREQ=DAILY;UNTIL=20260402T100000Z"),
    calendar(
        "DTSTART;TZID=Europe/Berlin:20260320T100000\nDURATION:PT2H\nRRULE:FREQ=DAILY;COUNT=20\n"
        "EXDATE;TZID=Europe/Berlin:20260328T100000,20260330T100000\nRDATE;TZID=Europe/Berlin:20260403T150000"
    ),
    calendar(
        "UID:a\nDTSTART;TZID=Europe/Berlin:20260302T100000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY",
        "UID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20260330T100000\nDTSTART;TZID=Europe/Berlin:20260331T140000\n"
        "DURATION:PT3H\nSUMMARY:Moved",
    ),
    calendar(
        "DTSTART;TZID=W. Europe Standard Time:20260326T100000\nDURATION:PT30M\nRRULE:FREQ=MONTHLY;BYDAY=-1TH"
    ),
]


@pytest.mark.parametrize("text", CALENDARS)
def test_an_hour_is_frozen_if_another_library_finds_an_event_in_it(text: str) -> None:
    windows = read_calendar(text, "Europe/Berlin", "freezes.ics")
    query = recurring_ical_events.of(Calendar.from_ical(text))
    begin = datetime(2026, 3, 25, tzinfo=UTC)
    events = [
        (_moment(each["DTSTART"].dt), _moment(each["DTEND"].dt))
        for each in query.between(begin, begin + timedelta(12))
    ]
    moments = [begin + timedelta(minutes=90 * step + 1) for step in range(16 * 9)]

    expected = [any(start <= moment < end for start, end in events) for moment in moments]
    found = [find_freeze([windows], moment.timestamp()) is not None for moment in moments]

    assert found == expected
    assert True in found


def _moment(value: date) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day, tzinfo=BERLIN)


def test_the_title_is_the_reason_and_cancelled_events_count_for_nothing() -> None:
    text = calendar(
        "DTSTART;VALUE=DATE:20261224\nSUMMARY:Christmas\\, all of it",
        "DTSTART;VALUE=DATE:20261225\nSTATUS:CANCELLED",
        "DTSTART:20261226T100000Z",
    )

    assert [each.reason for each in read_calendar(text, "UTC", "x.ics")] == ["Christmas, all of it"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<html>Sign in</html>", "it is not in the iCalendar format"),
        ("", "it is not in the iCalendar format"),
        (calendar("SUMMARY:x"), "an event in it has no start"),
        (calendar("DTSTART:2026"), "an event in it cannot be read"),
        (
            calendar("DTSTART;TZID=Mars/Base:20260101T100000\nDURATION:PT1H"),
            "an event in it has a time zone that is not one of IANA's",
        ),
        (calendar("DTSTART:20260101T100000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY"), None),
        (calendar("DTSTART:20260101T100000Z\nDURATION:P900D"), "an event in it lasts for more than a year"),
        ("x" * 1_000_001, "it is longer than 1000 kB"),
    ],
)
def test_a_calendar_that_is_not_understood_is_not_used(text: str, why: str | None) -> None:
    with pytest.raises(CalendarInvalid) as raised:
        read_calendar(text, "UTC", "x.ics")
    assert why is None or str(raised.value) == why
