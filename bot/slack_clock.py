"""Slack's time. Its clock decides what is late, because this machine's own may be wrong.

Slack's HTTP answers state its time in whole seconds (`Date`), so an answer proves that its clock lies within
a second, plus the time the answer took. Several answers narrow that down. As long as this machine's clock
agrees with what is proven, it counts, because it is the finer of the two. If not, the latest time that
Slack's clock can show counts: so a late request never passes, and one on time seems at most a second older.

Bounds are kept against the uptime, which nobody sets and which includes sleep. So setting the machine's
clock, as NTP does, changes nothing. They widen with time, because clocks drift: if Slack's time can no longer
be read, this machine's clock counts again after some hours."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.slack_client import SlackClient
from deploys.slack_errors import exception_reason

log = structlog.get_logger()

SLACK_TIMESTAMP = r"^[0-9]{1,12}(\.[0-9]{1,9})?$"
"""A time as Slack writes it (epoch seconds)."""
MAX_DRIFT = 1e-4
"""Seconds a second by which two clocks may drift apart: twice what crystals do."""
READ_EVERY_SECONDS = 600.0
TIMEOUT_SECONDS = 5.0
MIN_REPORTED_SECONDS = 2.0
"""Servers write the same `Date` into their answers for a second or more, so less than this proves nothing."""
_UPTIME_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def uptime() -> float:
    """Seconds on a clock that nobody sets and that sleep does not stop."""
    return time.clock_gettime(_UPTIME_CLOCK)


class SlackClock:
    """Slack's time, and how far this machine's clock (`wall_clock`, epoch seconds) is from it."""

    def __init__(
        self, *, wall_clock: Callable[[], float] = time.time, uptime: Callable[[], float] = uptime
    ) -> None:
        self._wall_clock = wall_clock
        self.uptime = uptime
        self._earliest, self._latest = -math.inf, math.inf
        """Bounds of Slack's time minus the uptime, as of `_bounded_at`."""
        self._bounded_at = uptime()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Slack's time (epoch seconds); if this machine's clock is wrong, never earlier than it can be."""
        earliest, latest = self._bounds()
        wall = self._wall_clock()
        if earliest <= wall <= latest:
            return wall
        return latest if math.isfinite(latest) else earliest

    def time_at(self, moment: float) -> float:
        """Slack's time (epoch seconds) at a moment of the uptime."""
        return self.now() - (self.uptime() - moment)

    @property
    def is_compared(self) -> bool:
        """Whether any answer of Slack's was compared with."""
        return math.isfinite(self._latest)

    def seconds_ahead(self) -> float:
        """Seconds by which this machine's clock is ahead of Slack's (below 0: behind); 0 unless proven."""
        earliest, latest = self._bounds()
        wall = self._wall_clock()
        if earliest <= wall <= latest:
            return 0.0
        return wall - (earliest + latest) / 2 if math.isfinite(latest) else wall - earliest

    def compare_with_answer(self, headers: Mapping[str, str], asked_at: float, answered_at: float) -> None:
        """Learns from an answer of Slack's; the times are of the uptime, before and after the call."""
        stated = next((value for name, value in headers.items() if name.lower() == "date"), "")
        try:
            second = parsedate_to_datetime(stated).timestamp()
        except ValueError:
            return
        self._narrow(second - answered_at, second + 1.0 - asked_at)
        if abs(ahead := self.seconds_ahead()) >= MIN_REPORTED_SECONDS:
            log.warning(
                f"This machine's clock is {describe_offset(ahead)} Slack's. Requests are judged by Slack's; "
                "keep this one right with NTP.",
                seconds=round(ahead, 1),
            )

    def note_sent_at(self, sent_at: float) -> None:
        """Slack sent something at this time (epoch seconds, its clock), so its clock shows at least that."""
        self._narrow(sent_at - self.uptime(), math.inf)

    def start_reading(self, client: WebClient) -> None:
        """Reads Slack's time regularly in a separate thread, so that no request waits for it."""
        threading.Thread(target=self._read_forever, args=(client,), name="slack-clock", daemon=True).start()

    def _read_forever(self, client: WebClient) -> None:
        while True:
            time.sleep(READ_EVERY_SECONDS)
            asked_at = self.uptime()
            try:
                answer = client.api_test()
            except (SlackClientError, OSError) as error:
                log.info("Slack's time could not be read", error=exception_reason(error))
            else:
                self.compare_with_answer(answer.headers, asked_at, self.uptime())

    def _bounds(self) -> tuple[float, float]:
        """The earliest and the latest that Slack's clock can show now (epoch seconds)."""
        with self._lock:
            now = self.uptime()
            drift = MAX_DRIFT * (now - self._bounded_at)
            return now + self._earliest - drift, now + self._latest + drift

    def _narrow(self, earliest: float, latest: float) -> None:
        with self._lock:
            now = self.uptime()
            drift = MAX_DRIFT * (now - self._bounded_at)
            low, high = max(self._earliest - drift, earliest), min(self._latest + drift, latest)
            if low > high:  # one of the two is no longer true: the newer one counts
                low, high = earliest, max(earliest, latest)
            self._earliest, self._latest, self._bounded_at = low, high, now


def describe_offset(ahead: float) -> str:
    """`4 s ahead of`, `2.5 s behind`."""
    return f"{abs(ahead):.3g} s {'ahead of' if ahead > 0 else 'behind'}"


def clock_client(api_url: str) -> WebClient:
    """Asks Slack without a token."""
    return SlackClient(base_url=api_url, timeout=int(TIMEOUT_SECONDS), retry_handlers=[])
