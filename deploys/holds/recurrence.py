"""The repetitions of a window by RFC 5545, found without going through all of them since the first.

Rules are read on the wall clock of the window's time zone, as RFC 5545 has it: a time that does not exist
when the clocks go forward is read with the offset from before, and of a time that exists twice the first is
meant. Pure.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
MAX_COUNT = 10_000
"""The highest COUNT of a rule."""
MAX_STARTS_A_DAY = 48
"""The most starts of one rule in a day: all of them are gone through."""
COUNTED_YEARS = 50
"""A rule with a COUNT is followed for so long (years): one that never applies would have no end."""
MAX_SECONDS = 366 * 86_400
"""How long one repetition may last (seconds)."""

_DAY_KEYS = frozenset({"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYEASTER"})
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CLOCK_KEYS = ("BYHOUR", "BYMINUTE", "BYSECOND")


class RuleInvalid(ValueError):
    """A rule that cannot be read; the text says why, for people."""


@dataclass(frozen=True)
class Rule:
    """An RRULE, with what it takes from its first start written out."""

    parts: tuple[tuple[str, str], ...]
    first: datetime
    """Local, without offset."""
    zone: ZoneInfo
    until: float | None
    """The last start (epoch seconds)."""

    def starts_between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """The local starts from `first` to `last`, in order."""
        if dict(self.parts).get("COUNT"):
            found: Iterable[datetime] = _counted_starts(self)
        else:
            found = self.starts_from(self._aligned_before(first), last) if last >= self.first else ()
        begin = max(first, self.first)
        for start in found:
            if begin <= start <= last and (self.until is None or to_epoch(start, self.zone) <= self.until):
                yield start

    def starts_from(self, begin: datetime, last: datetime) -> Iterable[datetime]:
        """The starts up to `last` of the rule without its COUNT, as if the first one was at `begin`."""
        parts = (f"{name}={value}" for name, value in self.parts if name != "COUNT")
        text = ";".join([*parts, f"UNTIL={last:%Y%m%dT%H%M%S}"])
        rule: Iterable[datetime] = rrulestr(text, dtstart=begin)
        return rule

    def _aligned_before(self, at: datetime) -> datetime:
        """The latest time before `at` from which the rule gives the same starts as from its first one."""
        parts = dict(self.parts)
        interval, frequency = int(parts.get("INTERVAL", "1")), parts["FREQ"]
        if at <= self.first:
            return self.first
        if frequency in ("YEARLY", "MONTHLY"):
            months = interval * (12 if frequency == "YEARLY" else 1)
            passed = (at.year - self.first.year) * 12 + at.month - self.first.month
            # The day is written out in the rule, and every month has a first one.
            month = self.first.month - 1 + (passed // months - 1) * months
            if passed < 2 * months:
                return self.first
            begin = datetime(self.first.year + month // 12, month % 12 + 1, 1)
            return begin if frequency == "MONTHLY" else begin.replace(month=1)
        unit = {"WEEKLY": timedelta(weeks=1), "DAILY": timedelta(days=1), "HOURLY": timedelta(hours=1)}
        step = unit[frequency] * interval
        steps = (at - self.first) // step - 1
        if steps <= 0:
            return self.first
        return self.first + steps * step


@lru_cache(maxsize=256)
def _counted_starts(rule: Rule) -> tuple[datetime, ...]:
    horizon = rule.first + timedelta(days=366 * COUNTED_YEARS)
    return tuple(itertools.islice(rule.starts_from(rule.first, horizon), int(dict(rule.parts)["COUNT"])))


def read_rule(text: str, first: datetime, zone: ZoneInfo) -> Rule:
    """An RRULE whose first start is that local time.

    Raises:
        RuleInvalid
    """
    parts = _split(text)
    _check_parts(parts)
    until = _read_until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None
    rule = Rule(tuple(_written_out(parts, first).items()), first, zone, until)
    try:
        applies = _applies_ever(dict(rule.parts), first)
        if applies:
            next(iter(rule.starts_from(first, first + timedelta(days=1))), None)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise RuleInvalid(f"it cannot be read as a rule of RFC 5545 ({error})") from error
    if not applies:
        raise RuleInvalid("no day fits all of it, so it never applies")
    return rule


def _split(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise RuleInvalid(f"`{part}` is not a part of a rule; parts are written `NAME=VALUE`")
        if name in parts:
            raise RuleInvalid(f"`{name}` is there twice")
        parts[name] = value
    return parts


def _check_parts(parts: Mapping[str, str]) -> None:
    frequency = parts.get("FREQ", "")
    if frequency not in FREQUENCIES:
        raise RuleInvalid(f"`FREQ` has to be one of {', '.join(FREQUENCIES)}")
    for name, most in (("INTERVAL", 1000), ("COUNT", MAX_COUNT)):
        if name in parts and not (re.fullmatch("[0-9]{1,6}", parts[name]) and 1 <= int(parts[name]) <= most):
            raise RuleInvalid(f"`{name}` has to be 1 to {most}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleInvalid("`COUNT` and `UNTIL` cannot both be there")
    if _starts_a_day(parts) > MAX_STARTS_A_DAY:
        raise RuleInvalid(f"it starts more than {MAX_STARTS_A_DAY} times a day")
    if "DTSTART" in parts or "\n" in str(parts):
        raise RuleInvalid("it has to be a rule alone")


def _starts_a_day(parts: Mapping[str, str]) -> int:
    """At most so many."""
    hours, minutes, seconds = (len(parts[name].split(",")) if name in parts else 1 for name in _CLOCK_KEYS)
    if "BYHOUR" not in parts and parts["FREQ"] == "HOURLY":
        hours = 24
    return hours * minutes * seconds


def _applies_ever(parts: Mapping[str, str], first: datetime) -> bool:
    """Whether some day fits. dateutil looks for one up to the year 9999, which takes minutes each time; the
    28 years before that have every kind of year."""
    names = (_DAY_KEYS | {"BYMONTH", "BYSETPOS"}) & parts.keys()
    interval = int(parts.get("INTERVAL", "1"))
    if "BYEASTER" in names or (len(names) < 2 and interval == 1):
        return True
    if parts["FREQ"] in ("YEARLY", "MONTHLY"):
        months = math.gcd(interval, 12) if parts["FREQ"] == "MONTHLY" else 1
        kept = {**parts, "INTERVAL": str(months)}
        kept.pop("COUNT", None)
    elif _never_in_period(parts, interval, first):
        return False
    else:
        kept = {"FREQ": "MONTHLY", **{name: parts[name] for name in names - {"BYSETPOS"}}}
        if "BYDAY" in kept:
            kept["BYDAY"] = ",".join(_weekdays_of(parts))
        if not _DAY_KEYS & kept.keys():
            return True
    text = ";".join(f"{name}={value}" for name, value in kept.items())
    return next(iter(rrulestr(text, dtstart=datetime(9972, first.month, 1))), None) is not None


def _never_in_period(parts: Mapping[str, str], interval: int, first: datetime) -> bool:
    """Whether each week, day or hour has too few starts, or every day is another day of the week."""
    days, frequency = _weekdays_of(parts), parts["FREQ"]
    if frequency == "DAILY" and interval % 7 == 0 and days and _WEEKDAYS[first.weekday()] not in days:
        return True
    most = _starts_a_day(parts)
    if frequency == "WEEKLY":
        most *= 7
    elif frequency == "HOURLY":
        most = max(1, most // 24)
    return all(abs(int(each)) > most for each in parts.get("BYSETPOS", "1").split(","))


def _weekdays_of(parts: Mapping[str, str]) -> list[str]:
    return [each.lstrip("+-0123456789") for each in parts.get("BYDAY", "").split(",") if each]


def _read_until(value: str, zone: ZoneInfo) -> float:
    """A date counts to its end."""
    found = re.fullmatch(r"([0-9]{8})(?:T([0-9]{6})(Z?))?", value)
    if not found:
        raise RuleInvalid("`UNTIL` has to be like `20261231` or `20261231T235959Z`")
    try:
        local = datetime.strptime(f"{found[1]}{found[2] or '235959'}", "%Y%m%d%H%M%S")
    except ValueError as error:
        raise RuleInvalid("`UNTIL` is no date") from error
    return local.replace(tzinfo=UTC).timestamp() if found[3] else to_epoch(local, zone)


def _written_out(parts: Mapping[str, str], first: datetime) -> dict[str, str]:
    """With what RFC 5545 takes from the first start, so that the rule may be read from another one."""
    written = dict(parts)
    frequency = parts["FREQ"]
    if not _DAY_KEYS & parts.keys():
        if frequency == "YEARLY":
            written.setdefault("BYMONTH", str(first.month))
        if frequency in ("YEARLY", "MONTHLY"):
            written["BYMONTHDAY"] = str(first.day)
        if frequency == "WEEKLY":
            written["BYDAY"] = _WEEKDAYS[first.weekday()]
    clock = (first.hour, first.minute, first.second)
    for name, value in list(zip(_CLOCK_KEYS, clock, strict=True))[1 if frequency == "HOURLY" else 0 :]:
        written.setdefault(name, str(value))
    return written


def to_epoch(local: datetime, zone: ZoneInfo) -> float:
    """Epoch seconds of a local time."""
    return local.replace(tzinfo=zone, fold=0).timestamp()


def to_local(at: float, zone: ZoneInfo) -> datetime:
    """The local time at some epoch seconds, without offset."""
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)
