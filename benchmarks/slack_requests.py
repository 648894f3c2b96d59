"""Slack's signed HTTP requests, sent at a steady rate, and how long each answer takes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks import names
from benchmarks.played.fast_slack import command_fields

ANSWER_SECONDS = 10.0
"""An answer that takes longer is none."""


@dataclass(frozen=True)
class Answered:
    """The answer to one request."""

    milliseconds: float
    status: int
    has_text: bool = False
    """Whether there is more to it than that the request came."""


def command(text: str, nth: int, slack_url: str) -> tuple[bytes, str]:
    """The body of a typed `/deploy TEXT`, and its content type."""
    return urlencode(command_fields(text, nth, slack_url)).encode(), "application/x-www-form-urlencoded"


def home_opened(nth: int) -> tuple[bytes, str]:
    """The body of the event that somebody opened their Home tab."""
    event = {"type": "app_home_opened", "user": names.person(nth), "tab": "home", "channel": "D0BENCH"}
    envelope: dict[str, Any] = {
        "token": "bench",
        "team_id": names.TEAM,
        "api_app_id": names.APP_ID,
        "type": "event_callback",
        "event_id": f"Ev{time.time_ns()}",
        "event_time": int(time.time()),
        "authorizations": [{"team_id": names.TEAM, "user_id": names.BOT_USER, "is_bot": True}],
        "event": {**event, "event_ts": f"{time.time():.6f}"},
    }
    return json.dumps(envelope).encode(), "application/json"


def signed(body: bytes, content_type: str, url: str, secret: str) -> bytes:
    """A whole request, signed as Slack signs (docs.slack.dev, "Verifying requests from Slack")."""
    parts = urlsplit(url)
    timestamp = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    lines = [
        f"POST {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        f"X-Slack-Request-Timestamp: {timestamp}",
        f"X-Slack-Signature: v0={signature}",
        "Connection: close",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def post(request: bytes, url: str) -> Answered:
    """Sends one request by a connection of its own. A status of 0: there was no answer."""
    parts = urlsplit(url)
    began = time.perf_counter()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(request)
            answer = await reader.read()
            writer.close()
        status, has_text = parse_answer(answer)
    except (OSError, TimeoutError, IndexError, ValueError):
        status, has_text = 0, False
    return Answered((time.perf_counter() - began) * 1000, status, has_text)


def parse_answer(answer: bytes) -> tuple[int, bool]:
    """The status of an HTTP answer, and whether it has a text. Pure. Raises IndexError or ValueError."""
    return int(answer.split(b" ", 2)[1]), bool(answer.partition(b"\r\n\r\n")[2].strip())


async def _post_all(
    bodies: Sequence[tuple[bytes, str]], url: str, secret: str, per_second: float
) -> list[Answered]:
    began = time.perf_counter()
    sent = []
    for nth, (body, content_type) in enumerate(bodies):
        await asyncio.sleep(max(0.0, began + nth / per_second - time.perf_counter()))
        sent.append(asyncio.ensure_future(post(signed(body, content_type, url, secret), url)))
    return list(await asyncio.gather(*sent))


def post_at_rate(
    bodies: Sequence[tuple[bytes, str]], url: str, secret: str, per_second: float
) -> list[Answered]:
    """Sends all at this rate, whether the answers keep up or not; the answers in their order."""
    return asyncio.run(_post_all(bodies, url, secret, per_second))


def statuses(answers: Sequence[Answered]) -> Mapping[int, int]:
    """How many had each status."""
    found: dict[int, int] = {}
    for each in answers:
        found[each.status] = found.get(each.status, 0) + 1
    return found
