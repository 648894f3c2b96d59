"""Delivers a payload to the app by Socket Mode or HTTP, and returns what the app answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from sandbox.slack.faults import SlackFaults
from sandbox.slack.slack_limits import SlackTimeouts
from sandbox.slack.team.app_manifest import AppManifest
from sandbox.slack.to_app.signed_http import SignedHttpClient, SignedRequest
from sandbox.slack.to_app.socket_mode import NoConnection, SocketModeServer

Json = dict[str, Any]
PayloadKind = Literal["slash_commands", "events_api", "interactive", "options"]

ACKNOWLEDGED = "ok"
TIMED_OUT = "operation_timeout"
FAILED = "dispatch_failed"

# How long the app may still answer after Slack has shown the person an error, in seconds.
_MAX_LATE_ANSWER_SECONDS = 60.0


@dataclass(frozen=True)
class AppAnswer:
    """How a delivery went: `status` is ok, operation_timeout or dispatch_failed.

    `body` is what the app answered with its acknowledgement; `reason` is the value of x-slack-retry-reason.
    """

    status: str
    body: Json
    reason: str = ""
    declines_retry: bool = False

    @property
    def is_acknowledged(self) -> bool:
        return self.status == ACKNOWLEDGED


@dataclass(frozen=True)
class EventRetry:
    number: int
    reason: str


class AppDelivery:
    """Delivers payloads. A delivery that takes too long continues in the background, as at Slack."""

    def __init__(
        self,
        manifest: AppManifest,
        socket: SocketModeServer,
        http: SignedHttpClient,
        faults: SlackFaults,
        timeouts: SlackTimeouts,
    ) -> None:
        self._manifest = manifest
        self._socket = socket
        self._http = http
        self._faults = faults
        self._timeouts = timeouts
        self._running: set[asyncio.Task[Any]] = set()

    async def deliver(
        self, kind: PayloadKind, payload: Json, *, url: str | None = None, retry: EventRetry | None = None
    ) -> AppAnswer:
        """Delivers once. `url` is the app's URL for this payload; Socket Mode needs none."""
        delay = self._faults.take_for_payload("delay-delivery", kind)
        pause = float(delay.details["delay"]) if delay is not None else 0.0
        copies = 2 if self._faults.take_for_payload("repeat-envelope", kind) is not None else 1
        if self._manifest.socket_mode:
            attempt = self._by_socket(kind, payload, retry, copies, pause)
        elif url is not None:
            attempt = self._by_http(self._signed_request(kind, url, payload, retry), copies, pause)
        else:
            return AppAnswer(FAILED, {}, "connection_failed")
        task = self.run_in_background(attempt)
        try:
            async with asyncio.timeout(self._timeouts.acknowledge):
                return await asyncio.shield(task)
        except TimeoutError:
            return AppAnswer(TIMED_OUT, {}, "timeout" if self._manifest.socket_mode else "http_timeout")

    def run_in_background(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def close(self) -> None:
        for task in list(self._running):
            task.cancel()
        await self._http.close()

    async def _by_socket(
        self, kind: PayloadKind, payload: Json, retry: EventRetry | None, copies: int, pause: float
    ) -> AppAnswer:
        await asyncio.sleep(pause)
        extra: Json = {}
        if kind == "events_api":
            extra = {
                "retry_attempt": retry.number if retry else 0,
                "retry_reason": retry.reason if retry else "",
            }
        envelope = "interactive" if kind == "options" else kind
        try:
            async with asyncio.timeout(_MAX_LATE_ANSWER_SECONDS):
                body = await self._socket.send(
                    envelope, payload, accepts_payload=kind != "events_api", copies=copies, **extra
                )
        except NoConnection:
            return AppAnswer(FAILED, {}, "connection_failed")
        except TimeoutError:
            return AppAnswer(TIMED_OUT, {}, "timeout")
        return AppAnswer(ACKNOWLEDGED, body)

    def _signed_request(
        self, kind: PayloadKind, url: str, payload: Json, retry: EventRetry | None
    ) -> SignedRequest:
        if kind == "slash_commands":
            return self._http.sign_form(url, payload)
        if kind == "events_api":
            repeated = (
                {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
                if retry
                else {}
            )
            return self._http.sign_json(url, payload, repeated)
        return self._http.sign_form(url, {"payload": json.dumps(payload)})

    async def _by_http(self, request: SignedRequest, copies: int, pause: float) -> AppAnswer:
        await asyncio.sleep(pause)
        for _ in range(copies - 1):
            self.run_in_background(self._post(request))
        return await self._post(request)

    async def _post(self, request: SignedRequest) -> AppAnswer:
        try:
            response = await self._http.post(request, self._timeouts.acknowledge)
        except httpx.TimeoutException:
            return AppAnswer(TIMED_OUT, {}, "http_timeout")
        except httpx.HTTPError:
            return AppAnswer(FAILED, {}, "connection_failed")
        no_retry = response.headers.get("x-slack-no-retry") == "1"
        if not response.is_success:
            return AppAnswer(FAILED, {}, "http_error", no_retry)
        return AppAnswer(ACKNOWLEDGED, _response_body(response))


def _response_body(response: httpx.Response) -> Json:
    if not response.text.strip():
        return {}
    if response.headers.get("content-type", "").startswith("application/json"):
        try:
            content = response.json()
        except ValueError:
            return {"text": response.text}
        return content if isinstance(content, dict) else {"text": response.text}
    return {"text": response.text}
