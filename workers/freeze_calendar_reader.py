"""Reads the calendars of freezes that have an address into Redis.

An address may hold a secret, so neither it nor what an error says of it is logged; only its host is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from urllib.parse import urljoin, urlsplit

import structlog
import urllib3
from urllib3.exceptions import HTTPError

from deploys.holds.freeze_calendars import MAX_BYTES, CalendarInvalid, read_calendar
from deploys.stores.freeze_calendars import FreezeCalendars

log = structlog.get_logger()

MAX_REDIRECTS = 3
CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
"""Longest wait for a connection and for a piece of the answer (seconds)."""
TOTAL_SECONDS = 10.0
"""Longest time for one calendar (seconds)."""
LAST_BEGIN_SECONDS = 35.0
"""After this time none is begun any more (seconds): a job has 55."""
_CHUNK = 65_536


class CalendarUnreachable(Exception):
    """An address that could not be read; the text says why, without the address."""


def refresh_calendars(
    addresses: Collection[tuple[str, str]],
    calendars: FreezeCalendars,
    now: Callable[[], float],
    fetch: Callable[[str], str] | None = None,
) -> int:
    """Reads each calendar, given with the time zone of what has none; returns how many were read.

    One that cannot be read keeps what was read last, until that counts as unknown.
    """
    begun, read = time.monotonic(), 0
    # Which one comes first changes, so that slow ones do not keep the others from being read.
    ordered = sorted(addresses)
    first = int(now() / 60) % len(ordered) if ordered else 0
    for address, zone in ordered[first:] + ordered[:first]:
        if time.monotonic() - begun > LAST_BEGIN_SECONDS:
            break
        host = urlsplit(address).hostname or ""
        try:
            windows = read_calendar((fetch or fetch_text)(address), zone, host)
        except (CalendarInvalid, CalendarUnreachable) as error:
            log.error("cannot read a calendar of freezes", host=host, error=str(error))
        else:
            calendars.save(address, zone, windows, now())
            read += 1
    return read


def fetch_text(address: str, *, schemes: Collection[str] = ("https",)) -> str:
    """The text at an address.

    Raises:
        CalendarUnreachable
    """
    until = time.monotonic() + TOTAL_SECONDS
    with urllib3.PoolManager(num_pools=1) as pool:
        for _ in range(MAX_REDIRECTS + 1):
            if urlsplit(address).scheme not in schemes:
                raise CalendarUnreachable("it leads to an address that is not https")
            try:
                found = _get(pool, address, until)
            except (HTTPError, OSError, ValueError) as error:
                raise CalendarUnreachable(f"the request failed ({type(error).__name__})") from None
            if isinstance(found, str):
                return found
            address = urljoin(address, found.decode("latin-1"))
    raise CalendarUnreachable(f"it redirects more than {MAX_REDIRECTS} times")


def _get(pool: urllib3.PoolManager, address: str, until: float) -> str | bytes:
    """The text; or, as bytes, where a redirect leads."""
    response = pool.request(
        "GET",
        address,
        headers={"User-Agent": "slipway", "Accept": "text/calendar, */*;q=0.5"},
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=False,
        redirect=False,
        preload_content=False,
    )
    try:
        location = response.headers.get("Location", "")
        if 300 <= response.status < 400 and location:
            return location.encode("latin-1", "replace")
        if response.status != 200:
            raise CalendarUnreachable(f"the answer was {response.status}")
        body = b""
        for piece in response.stream(_CHUNK):
            body += piece
            if len(body) > MAX_BYTES:
                raise CalendarUnreachable(f"it is longer than {MAX_BYTES // 1000} kB")
            if time.monotonic() > until:
                raise CalendarUnreachable(f"it took longer than {TOTAL_SECONDS:.0f} s")
    finally:
        response.close()
    return body.decode("utf-8-sig")
