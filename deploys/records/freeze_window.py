"""Times in which deploys are denied, or the only ones in which they are allowed."""

from __future__ import annotations

from deploys.records.record import Record


class FreezeWindow(Record):
    """One window, with its repetitions. Local times are on the wall clock of its time zone."""

    allows: bool = False
    """False: no deploys within it. True: deploys only within it, or within another that allows them."""
    starts: str
    """A local date-time in ISO 8601: the start, or the earliest one if it repeats."""
    ends: str = ""
    """The end that belongs to `starts`: each repetition ends so much later on the wall clock."""
    seconds: int = 0
    """How long each lasts (seconds), if it has no `ends`."""
    repeats: tuple[str, ...] = ()
    """RRULEs of RFC 5545, without `RRULE:`; empty: it does not repeat."""
    also: tuple[str, ...] = ()
    """Further starts, local (RDATE)."""
    never: tuple[str, ...] = ()
    """Starts that are left out, local (EXDATE)."""
    time_zone: str
    """IANA name."""
    reason: str = ""
    """As it is written in the file or calendar."""
    calendar: str = ""
    """The file or the host of the calendar that it comes from; empty: services.yml."""
