"""One HTTP check: does a URL answer GET with a 2xx status?"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Thread

import urllib3
from urllib3.exceptions import HTTPError

from deploys.redaction import redact
from deploys.safe_text import without_query

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
TOTAL_SECONDS = 8.0
"""How long one check may take in all (seconds). Socket timeouts do not limit a DNS lookup, or an answer that
arrives in small pieces."""


@dataclass(frozen=True)
class HttpCheckResult:
    """The result of one request."""

    status: int | None = None
    """The HTTP status; None if there was no answer."""
    problem: str = ""
    """Why there was no answer, in plain words."""
    location: str = ""
    """Where a redirect leads."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def text(self) -> str:
        """`503 Service Unavailable`, `no answer: the connection was refused`, as plain text."""
        if self.status is None:
            return f"no answer: {self.problem}"
        is_known = self.status in HTTPStatus._value2member_map_
        status = f"{self.status} {HTTPStatus(self.status).phrase}" if is_known else str(self.status)
        return (
            f"{status}, a redirect to {self.location}: I do not follow redirects" if self.location else status
        )


def check_url(url: str) -> HttpCheckResult:
    """One GET, within `WORST_SECONDS`. No redirect is followed, and only the head of the answer is read."""
    results: SimpleQueue[HttpCheckResult] = SimpleQueue()
    Thread(target=lambda: results.put(_get(url)), name="http check", daemon=True).start()
    try:
        return results.get(timeout=TOTAL_SECONDS)
    except Empty:
        return HttpCheckResult(problem=f"nothing within {TOTAL_SECONDS:.0f} s")


def _get(url: str) -> HttpCheckResult:
    pool = urllib3.PoolManager(num_pools=1)
    try:
        response = pool.request(
            "GET",
            url,
            headers={"User-Agent": "slipway", "Accept": "*/*"},
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=False,
            redirect=False,
            preload_content=False,
        )
    except (HTTPError, OSError, ValueError) as error:
        return HttpCheckResult(problem=_explain(error))
    location = response.headers.get("Location", "") if 300 <= response.status < 400 else ""
    response.close()
    pool.clear()
    return HttpCheckResult(response.status, location=redact(without_query(location)))


def _explain(error: Exception) -> str:
    """What happened, in plain words: urllib3's messages name objects of the program."""
    if isinstance(error, urllib3.exceptions.SSLError) and not _is_certificate_error(error):
        return "no TLS connection: the server may not speak TLS, or no version that I speak"
    for kind, words in _EXPLANATIONS:
        if isinstance(error, kind):
            return words
    return f"the request failed ({type(error).__name__})"


def _is_certificate_error(error: Exception) -> bool:
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in (error.__cause__, *error.args))


_EXPLANATIONS: tuple[tuple[type[Exception], str], ...] = (
    (urllib3.exceptions.NameResolutionError, "the host name is not known"),
    (urllib3.exceptions.NewConnectionError, "the connection is refused, or the host cannot be reached"),
    (urllib3.exceptions.ConnectTimeoutError, f"no connection within {CONNECT_SECONDS:.0f} s"),
    (urllib3.exceptions.ReadTimeoutError, f"nothing within {READ_SECONDS:.0f} s"),
    (urllib3.exceptions.SSLError, "its TLS certificate is not accepted"),
    (urllib3.exceptions.ProtocolError, "the connection was closed without an answer"),
)
