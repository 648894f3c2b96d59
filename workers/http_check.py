"""One look at an HTTP address: does it answer GET with a 2xx status?"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Thread

import urllib3
from urllib3.exceptions import HTTPError

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
WORST_SECONDS = 8.0
"""How long one look may take in all (seconds). No timeout of a socket bounds the lookup of a name, or an
answer that comes drop by drop."""


@dataclass(frozen=True)
class Answer:
    """What one request got."""

    status: int | None = None
    """The HTTP status; None where there was no answer."""
    trouble: str = ""
    """Why there was none, in plain words."""
    location: str = ""
    """Where a redirect leads."""

    @property
    def good(self) -> bool:
        """Whether it is a 2xx status."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def words(self) -> str:
        """`503 Service Unavailable`, `no answer: the connection was refused`, as plain text."""
        if self.status is None:
            return f"no answer: {self.trouble}"
        known = self.status in HTTPStatus._value2member_map_
        said = f"{self.status} {HTTPStatus(self.status).phrase}" if known else str(self.status)
        return f"{said}, a redirect to {self.location} that I do not follow" if self.location else said


def look(address: str) -> Answer:
    """One GET, within `WORST_SECONDS`. No redirect is followed, and only the head of the answer is read."""
    answers: SimpleQueue[Answer] = SimpleQueue()
    Thread(target=lambda: answers.put(_ask(address)), name="http check", daemon=True).start()
    try:
        return answers.get(timeout=WORST_SECONDS)
    except Empty:
        return Answer(trouble=f"nothing within {WORST_SECONDS:.0f} s")


def shown(address: str) -> str:
    """The address without its query, which may hold a secret."""
    return address.partition("#")[0].partition("?")[0]


def _ask(address: str) -> Answer:
    pool = urllib3.PoolManager(num_pools=1)
    try:
        response = pool.request(
            "GET",
            address,
            headers={"User-Agent": "slipway", "Accept": "*/*"},
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=False,
            redirect=False,
            preload_content=False,
        )
    except (HTTPError, OSError, ValueError) as error:
        return Answer(trouble=_plain(error))
    location = response.headers.get("Location", "") if 300 <= response.status < 400 else ""
    response.close()
    pool.clear()
    return Answer(response.status, location=shown(location))


def _plain(error: Exception) -> str:
    """urllib3's errors name objects of the program; people get what happened."""
    if isinstance(error, urllib3.exceptions.SSLError) and not _is_of_certificate(error):
        return "no TLS connection could be made: the other side may not speak TLS, or no common version"
    for kind, words in _TROUBLES:
        if isinstance(error, kind):
            return words
    return f"the request failed ({type(error).__name__})"


def _is_of_certificate(error: Exception) -> bool:
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in (error.__cause__, *error.args))


_TROUBLES: tuple[tuple[type[Exception], str], ...] = (
    (urllib3.exceptions.NameResolutionError, "the host's name is not known"),
    (urllib3.exceptions.NewConnectionError, "the connection is refused, or the host cannot be reached"),
    (urllib3.exceptions.ConnectTimeoutError, f"no connection within {CONNECT_SECONDS:.0f} s"),
    (urllib3.exceptions.ReadTimeoutError, f"nothing within {READ_SECONDS:.0f} s"),
    (urllib3.exceptions.SSLError, "its TLS certificate is not accepted"),
    (urllib3.exceptions.ProtocolError, "the connection was closed without an answer"),
)
