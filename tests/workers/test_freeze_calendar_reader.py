"""Calendars with an address: only https, few redirects, not too long, and the last good read stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from redis import Redis

from deploys.stores.freeze_calendars import FreezeCalendars
from workers.freeze_calendar_reader import CalendarUnreachable, fetch_text, refresh_calendars

CHRISTMAS = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)
GOOD, BAD = "https://a.example.com/secret-1.ics", "https://b.example.com/secret-2.ics"
HTTP = ("http",)


class Site(BaseHTTPRequestHandler):
    """Some addresses of one site."""

    def do_GET(self) -> None:
        if self.path.startswith("/hop"):
            left = int(self.path[4:])
            self.send_response(302)
            self.send_header("Location", f"/hop{left - 1}" if left > 1 else "/good.ics")
            self.end_headers()
            return
        if self.path == "/away":
            self.send_response(301)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        self.send_response(200 if self.path in ("/good.ics", "/long.ics") else 404)
        self.end_headers()
        self.wfile.write(b"x" * 1_100_000 if self.path == "/long.ics" else CHRISTMAS.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/good.ics", "/hop3"])
def test_a_calendar_is_read(site: str, path: str) -> None:
    assert fetch_text(f"{site}{path}", schemes=HTTP) == CHRISTMAS


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/hop4", "it redirects more than 3 times"),
        ("/away", "it leads to an address that is not https"),
        ("/long.ics", "it is longer than 1000 kB"),
        ("/nothing", "the answer was 404"),
    ],
)
def test_what_is_not_read_is_explained(site: str, path: str, why: str) -> None:
    with pytest.raises(CalendarUnreachable) as raised:
        fetch_text(f"{site}{path}", schemes=HTTP)
    assert str(raised.value) == why


def test_plain_http_is_not_asked_for(site: str) -> None:
    with pytest.raises(CalendarUnreachable):
        fetch_text(f"{site}/good.ics")


def test_the_last_good_read_stays_and_the_log_names_only_the_host(
    redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    calendars = FreezeCalendars(redis)
    texts = {GOOD: CHRISTMAS, BAD: CHRISTMAS}

    def fetch(address: str) -> str:
        if address not in texts:
            raise CalendarUnreachable("the answer was 500")
        return texts[address]

    both = [(GOOD, "Europe/Berlin"), (BAD, "UTC")]
    assert refresh_calendars(both, calendars, lambda: 1000.0, fetch) == 2
    del texts[BAD]
    assert refresh_calendars(both, calendars, lambda: 2000.0, fetch) == 1

    [window] = calendars.find(BAD, "UTC", 2000.0) or ()
    assert (window.reason, window.calendar, window.time_zone) == ("Christmas", "b.example.com", "UTC")
    assert calendars.find(BAD, "UTC", 4601.0) is None
    assert calendars.find(GOOD, "Europe/Berlin", 4601.0)
    assert calendars.find(GOOD, "Europe/Berlin", 1000.0) is None, "what is dated in the future is unknown"
    logged = "".join(capsys.readouterr())
    assert "b.example.com" in logged
    assert "secret-2" not in logged
