"""When deploys are frozen: daylight saving in tables, and any time against a slow, independent oracle."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploys.holds.freezes import find_freeze, next_freeze
from deploys.holds.recurrence import RuleInvalid, read_rule
from deploys.records.freeze_window import FreezeWindow

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def window(starts: str, *, zone: str = BERLIN, **changes: Any) -> FreezeWindow:
    return FreezeWindow.model_validate({"starts": starts, "time_zone": zone, **changes})


def at(utc: str) -> float:
    return datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()


def until(*windows: FreezeWindow, when: str) -> str | None:
    """Until when it is frozen; `free` if it is not, None if no end is known."""
    freeze = find_freeze([windows], at(when))
    if freeze is None:
        return "free"
    return None if freeze.until is None else f"{datetime.fromtimestamp(freeze.until, UTC):%Y-%m-%d %H:%M}"


MINUTE: dict[str, Any] = {"seconds": 60}
NIGHTS: dict[str, Any] = {"repeats": ("FREQ=DAILY",)}


@pytest.mark.parametrize(
    ("frozen", "when", "expected"),
    [
        # The clocks go forward at 01:00 UTC: a night from 22:00 to 06:00 has 7 hours, `for: 8h` has 8.
        (window("2026-03-28T22:00:00", ends="2026-03-29T06:00:00"), "2026-03-29 03:59", "2026-03-29 04:00"),
        (window("2026-03-28T22:00:00", ends="2026-03-29T06:00:00"), "2026-03-29 04:00", "free"),
        (window("2026-03-28T22:00:00", seconds=8 * 3600), "2026-03-29 04:59", "2026-03-29 05:00"),
        (
            window("2026-01-01T22:00:00", ends="2026-01-02T06:00:00", **NIGHTS),
            "2026-03-29 03:59",
            "2026-03-29 04:00",
        ),
        # They go back at 01:00 UTC: 9 hours.
        (
            window("2026-01-01T22:00:00", ends="2026-01-02T06:00:00", **NIGHTS),
            "2026-10-25 04:59",
            "2026-10-25 05:00",
        ),
        # 02:30 does not exist: the offset from before makes it 01:30 UTC.
        (window("2026-03-29T02:30:00", seconds=600), "2026-03-29 01:29", "free"),
        (window("2026-03-29T02:30:00", seconds=600), "2026-03-29 01:30", "2026-03-29 01:40"),
        # It would end before it starts, so it lasts as long as on other days.
        (window("2026-03-29T02:30:00", ends="2026-03-29T03:15:00"), "2026-03-29 02:00", "2026-03-29 02:15"),
        # 02:30 comes twice: the first, at 00:30 UTC, is meant.
        (window("2026-10-25T02:30:00", seconds=600), "2026-10-25 00:30", "2026-10-25 00:40"),
        (window("2026-10-25T02:30:00", seconds=600), "2026-10-25 01:30", "free"),
        # New York: forward at 07:00 UTC on March 8, back at 06:00 UTC on November 1.
        (window("2026-03-08T02:30:00", zone=NEW_YORK, seconds=600), "2026-03-08 07:30", "2026-03-08 07:40"),
        (window("2026-11-01T01:30:00", zone=NEW_YORK, seconds=600), "2026-11-01 05:30", "2026-11-01 05:40"),
        (window("2026-11-01T01:30:00", zone=NEW_YORK, seconds=600), "2026-11-01 06:30", "free"),
        (
            window(
                "2026-01-02T16:00:00", zone=NEW_YORK, ends="2026-01-05T08:00:00", repeats=("FREQ=WEEKLY",)
            ),
            "2026-03-08 12:00",
            "2026-03-09 12:00",
        ),
        # A day is that of the time zone: 23 hours on the day the clocks go forward.
        (window("2026-03-29T00:00:00", ends="2026-03-30T00:00:00"), "2026-03-28 23:00", "2026-03-29 22:00"),
        # UNTIL as a date counts to the end of that day, COUNT counts.
        (
            window("2026-01-01T18:00:00", **MINUTE, repeats=("FREQ=DAILY;UNTIL=20260103",)),
            "2026-01-03 17:00",
            "2026-01-03 17:01",
        ),
        (
            window("2026-01-01T18:00:00", **MINUTE, repeats=("FREQ=DAILY;UNTIL=20260103",)),
            "2026-01-04 17:00",
            "free",
        ),
        (
            window("2026-01-01T18:00:00", **MINUTE, repeats=("FREQ=DAILY;COUNT=3",)),
            "2026-01-03 17:00",
            "2026-01-03 17:01",
        ),
        (
            window("2026-01-01T18:00:00", **MINUTE, repeats=("FREQ=DAILY;COUNT=3",)),
            "2026-01-04 17:00",
            "free",
        ),
        (
            window(
                "2026-01-01T18:00:00", seconds=60, never=("2026-01-01T18:00:00",), repeats=("FREQ=DAILY",)
            ),
            "2026-01-01 17:00",
            "free",
        ),
        (
            window("2026-01-01T18:00:00", seconds=60, also=("2026-05-05T10:00:00",)),
            "2026-05-05 08:00",
            "2026-05-05 08:01",
        ),
        # Each month's last Friday, a rule from long ago; each 29th of February; each second week.
        (
            window("1971-01-29T12:00:00", seconds=3600, repeats=("FREQ=MONTHLY;BYDAY=-1FR",)),
            "2026-11-27 11:30",
            "2026-11-27 12:00",
        ),
        (
            window("1972-02-29T12:00:00", seconds=3600, repeats=("FREQ=YEARLY",)),
            "2028-02-29 11:00",
            "2028-02-29 12:00",
        ),
        (window("1972-02-29T12:00:00", seconds=3600, repeats=("FREQ=YEARLY",)), "2027-03-01 11:00", "free"),
        (
            window("2026-01-05T12:00:00", seconds=3600, repeats=("FREQ=WEEKLY;INTERVAL=2",)),
            "2026-11-23 11:00",
            "2026-11-23 12:00",
        ),
        (
            window("2026-01-05T12:00:00", seconds=3600, repeats=("FREQ=WEEKLY;INTERVAL=2",)),
            "2026-11-30 11:00",
            "free",
        ),
        # The start of a rule counts only if it fits.
        (
            window("2026-01-01T12:00:00", seconds=3600, repeats=("FREQ=WEEKLY;BYDAY=FR",)),
            "2026-01-01 11:00",
            "free",
        ),
        # Without an end: each hour lasts an hour.
        (window("2026-01-01T00:00:00", seconds=3600, repeats=("FREQ=HOURLY",)), "2026-06-01 11:00", None),
    ],
)
def test_until_when_it_is_frozen(frozen: FreezeWindow, when: str, expected: str | None) -> None:
    assert until(frozen, when=when) == expected


OFFICE_HOURS = window(
    "2026-01-05T09:00:00",
    allows=True,
    ends="2026-01-05T17:00:00",
    repeats=("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",),
)
CHRISTMAS = window("2026-12-24T12:00:00", ends="2026-12-28T00:00:00")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-12-21 10:00", "free"),
        ("2026-12-21 16:00", "2026-12-22 08:00"),
        ("2026-12-19 10:00", "2026-12-21 08:00"),
        ("2026-12-24 10:59", "free"),
        ("2026-12-24 11:00", "2026-12-28 08:00"),  # what denies wins; then until the office opens
    ],
)
def test_windows_that_allow_and_deny_overlap(when: str, expected: str) -> None:
    assert until(OFFICE_HOURS, CHRISTMAS, when=when) == expected


def test_lists_are_judged_each_by_itself() -> None:
    always = window("2020-01-01T00:00:00", allows=True, seconds=366 * 86_400, repeats=("FREQ=MONTHLY",))
    evening = at("2026-12-21 18:00")

    assert find_freeze([[OFFICE_HOURS, always]], evening) is None
    assert find_freeze([[OFFICE_HOURS], [always]], evening) is not None


def test_the_next_freeze_is_found() -> None:
    monday = at("2026-12-21 10:00")

    assert next_freeze([[OFFICE_HOURS]], monday) == at("2026-12-21 16:00")
    assert next_freeze([[CHRISTMAS]], monday) == at("2026-12-24 11:00")
    assert next_freeze([[CHRISTMAS], [OFFICE_HOURS]], monday) == at("2026-12-21 16:00")
    assert next_freeze([[CHRISTMAS]], at("2027-01-01 00:00")) is None


def test_a_rule_from_1970_is_not_gone_through_again_each_time() -> None:
    hourly = window("1970-01-01T00:00:00", seconds=60, repeats=("FREQ=HOURLY",))
    find_freeze([[hourly]], at("2026-01-01 00:00"))
    begun = time.process_time()
    for day in range(20):
        assert find_freeze([[hourly]], at("2026-01-01 00:00") + day * 86_400)

    assert time.process_time() - begun < 1.0  # 490,000 repetitions take longer than that once


NEVER = "no day fits all of it, so it never applies"


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=SECONDLY", "`FREQ` has to be one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY"),
        ("BYDAY=FR", "`FREQ` has to be one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY"),
        ("FREQ=DAILY;COUNT=0", "`COUNT` has to be 1 to 10000"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "`COUNT` and `UNTIL` cannot both be there"),
        ("FREQ=DAILY;UNTIL=soon", "`UNTIL` has to be like `20261231` or `20261231T235959Z`"),
        ("FREQ=DAILY;INTERVAL=1;INTERVAL=2", "`INTERVAL` is there twice"),
        ("FREQ=HOURLY;BYMINUTE=0,15,30", "it starts more than 48 times a day"),
        ("FREQ=DAILY;BYHOUR=1,2;BYMINUTE=0,1,2,3,4;BYSECOND=0,1,2,3,4", "it starts more than 48 times a day"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", NEVER),
        ("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", NEVER),
        ("FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31", NEVER),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", NEVER),
        ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=8", NEVER),
        ("FREQ=DAILY;INTERVAL=14;BYDAY=MO", NEVER),  # the first day is a Thursday
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=2", NEVER),  # the first month is January
        ("FREQ=DAILY;BYDAY", "`BYDAY` is not a part of a rule; parts are written `NAME=VALUE`"),
    ],
)
def test_a_wrong_rule_is_explained(rule: str, why: str) -> None:
    begun = time.process_time()
    with pytest.raises(RuleInvalid) as raised:
        read_rule(rule, datetime(2026, 1, 1), ZoneInfo(BERLIN))
    assert str(raised.value) == why
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=31",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
        "FREQ=YEARLY;BYYEARDAY=366",
        "FREQ=DAILY;INTERVAL=2;BYDAY=MO",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;BYMONTH=12",
        "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
    ],
)
def test_a_rule_that_applies_seldom_is_taken(rule: str) -> None:
    read_rule(rule, datetime(2026, 1, 1), ZoneInfo(BERLIN))


DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def weekly(draw: st.DrawFn) -> tuple[FreezeWindow, date, frozenset[int], int, int, int]:
    """A window on some days of every so many weeks, and what the oracle needs of it."""
    first = date(2024, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    every, minute = draw(st.integers(1, 3)), draw(st.integers(0, 24 * 60 - 1))
    seconds = draw(st.integers(60, 40 * 3600))
    return (
        FreezeWindow(
            allows=draw(st.booleans()),
            starts=(datetime(first.year, first.month, first.day) + timedelta(minutes=minute)).isoformat(),
            seconds=seconds,
            repeats=(f"FREQ=WEEKLY;INTERVAL={every};BYDAY={','.join(DAYS[each] for each in sorted(days))}",),
            time_zone=draw(st.sampled_from([BERLIN, NEW_YORK])),
        ),
        first,
        days,
        every,
        minute,
        seconds,
    )


Weekly = tuple[FreezeWindow, date, frozenset[int], int, int, int]


def is_open(known: Weekly, when: float) -> bool:
    """Day by day, without rules."""
    frozen, first, days, every, minute, seconds = known
    monday = first - timedelta(days=first.weekday())
    around = datetime.fromtimestamp(when, UTC).date()
    for back in range(-1, 4):
        day = around - timedelta(days=back)
        if day < first or day.weekday() not in days or (day - monday).days // 7 % every:
            continue
        local = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        start = local.replace(tzinfo=ZoneInfo(frozen.time_zone)).timestamp()
        if start <= when < start + seconds:
            return True
    return False


@settings(max_examples=60, deadline=None)
@given(
    known=st.lists(weekly(), max_size=3),
    when=st.integers(int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()), 1_830_000_000),
)
def test_a_time_is_frozen_exactly_if_some_window_says_so(known: list[Weekly], when: int) -> None:
    def oracle(moment: float) -> bool:
        allowing = [each for each in known if each[0].allows]
        denied = any(is_open(each, moment) for each in known if not each[0].allows)
        return denied or (bool(allowing) and not any(is_open(each, moment) for each in allowing))

    lists = [[each[0] for each in known]]
    freeze = find_freeze(lists, when)

    assert (freeze is not None) == oracle(when)
    if freeze is None:
        start = next_freeze(lists, when)
        assert start is None or (oracle(start) and not oracle(start - 1))
    elif freeze.until is not None:
        assert oracle(freeze.until - 1)
        assert not oracle(freeze.until)
