"""Something that a process needs does not answer: logged, and waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

LOG_INTERVAL_SECONDS = 30.0
"""Between two lines of log about an outage that goes on."""

AnyError = TypeVar("AnyError", bound=Exception)


class Outage(Generic[AnyError]):
    """Logs one line when it does not answer or refuses, repeats it while that lasts, and logs one when it is
    over."""

    def __init__(
        self,
        of: str,
        describe: Callable[[AnyError], str],
        retry_delays: Sequence[float],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """of: begins a sentence that `describe` completes with what is wrong. retry_delays: seconds between
        attempts; the last one is repeated."""
        self._of = of
        self._describe = describe
        self._retry_delays = retry_delays
        self._now = now
        self._began: float | None = None
        self._logged_at = 0.0
        self._failures = 0

    def record_failure(self, error: AnyError) -> None:
        """An attempt failed."""
        now = self._now()
        self._failures += 1
        if self._began is None:
            self._began = now
        elif now - self._logged_at < LOG_INTERVAL_SECONDS:
            return
        self._logged_at = now
        log.warning(
            f"{self._of} {self._describe(error)}; nothing is lost, it is tried again",
            error=str(error),
            seconds=round(now - self._began),
        )

    def record_recovery(self) -> None:
        """An attempt succeeded."""
        if self._began is not None:
            log.info(f"{self._of} answers again", seconds=round(self._now() - self._began))
        self._began, self._failures = None, 0

    def retry_delay(self) -> float:
        """Seconds to wait before the next attempt."""
        return self._retry_delays[min(self._failures, len(self._retry_delays)) - 1]
