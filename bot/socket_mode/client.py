"""Keeps a connection to Slack and answers what comes by it."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import structlog
import websocket
from slack_bolt import App, BoltRequest, BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app import MAX_CONCURRENT_REQUESTS
from bot.identity import describe_slack_error
from bot.observed_request import observed_request
from bot.socket_mode.slack_websocket import SlackWebSocket
from bot.socket_mode.sleep_detector import TICK_SECONDS, SleepDetector
from deploys.errors import SlackRefusesToken, SlackUnreachable
from deploys.telemetry.metrics import SLACK_CONNECTED
from deploys.telemetry.metrics_pipe import METRICS_PIPE

log = structlog.get_logger()

SHUTDOWN_SECONDS = 3.0
"""When the process ends, requests under way still get their answer within this time."""
CLOSE_SECONDS = 1.0
OVERLAP_SECONDS = 3.0
"""A connection that was replaced stays open for its last answers, unless Slack closes it first."""
RETRY_SECONDS = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Between consecutive attempts to connect; after a minute without one it starts again with the first."""
RETRY_RESET_SECONDS = 60.0
_TOKEN_ADVICE = (
    "At api.slack.com/apps: your app, Basic Information, App-Level Tokens (scope connections:write); and "
    "Socket Mode has to be enabled."
)


class SocketModeClient:
    """Connects a Bolt app to Slack."""

    def __init__(self, app: App, client: WebClient, app_token: str) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._executor = ThreadPoolExecutor(MAX_CONCURRENT_REQUESTS, thread_name_prefix="answer")
        self._running: set[Future[None]] = set()
        self._lock = threading.Lock()
        self._current: SlackWebSocket | None = None
        self._replaced: list[tuple[SlackWebSocket, float]] = []
        self._reconnect_needed = threading.Event()
        self._closing = threading.Event()
        self._sleep_detector = SleepDetector()
        self._connection_thread = threading.Thread(
            target=self._stay_connected, name="slack-keeper", daemon=True
        )
        self._tick_thread = threading.Thread(target=self._tick, name="slack-ticker", daemon=True)

    def connect(self) -> None:
        """Connects, and stays connected until `close`.

        Raises:
            SlackRefusesToken: the app-level token is not valid, or Socket Mode is off.
            SlackSilent: Slack did not answer.
        """
        self._sleep_detector.start()
        self._tick_thread.start()
        try:
            self._switch_to(self._open())
        except SlackApiError as error:
            why = describe_slack_error(error)
            raise SlackRefusesToken(setting="SLACK_APP_TOKEN", error=why, advice=_TOKEN_ADVICE) from error
        except (OSError, websocket.WebSocketException) as error:
            raise SlackUnreachable(url=self._client.base_url, why=describe_slack_error(error)) from error
        self._connection_thread.start()

    def close(self) -> None:
        """Answers the requests under way, then disconnects. Slack delivers later ones to another process."""
        with self._lock:
            self._closing.set()
            under_way = set(self._running)
        wait(under_way, timeout=SHUTDOWN_SECONDS)
        connections = [each for each, _ in self._replaced] + ([self._current] if self._current else [])
        for connection in connections:
            connection.close()
        for connection in connections:
            connection.wait(CLOSE_SECONDS)
        self._reconnect_needed.set()  # wakes the connection thread, which then ends
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._connection_thread.is_alive():
            self._connection_thread.join(timeout=SHUTDOWN_SECONDS)

    # Keeping connected

    def _tick(self) -> None:
        while not self._closing.wait(TICK_SECONDS):
            self._sleep_detector.tick()

    def _stay_connected(self) -> None:
        """Opens a new connection when one is needed, with growing pauses if that does not help."""
        attempts, attempted_at = 0, -RETRY_RESET_SECONDS
        while not self._closing.is_set():
            METRICS_PIPE.looped()
            SLACK_CONNECTED.set(float(self._current is not None))
            self._close_replaced()
            if not self._reconnect_needed.wait(TICK_SECONDS):
                continue
            since = time.monotonic() - attempted_at
            attempts = 0 if since > RETRY_RESET_SECONDS else attempts
            if self._closing.wait(max(0.0, RETRY_SECONDS[min(attempts, len(RETRY_SECONDS) - 1)] - since)):
                return
            attempts, attempted_at = attempts + 1, time.monotonic()
            try:
                self._switch_to(self._open())
            except Exception as error:  # noqa: BLE001 - any error is tried again
                log.warning("no connection to Slack; trying again", error=describe_slack_error(error))

    def _open(self) -> SlackWebSocket:
        answer = self._client.apps_connections_open(app_token=self._app_token)
        return SlackWebSocket(answer["url"], self._on_message, self._on_end)

    def _switch_to(self, connection: SlackWebSocket) -> None:
        """Makes this the connection; the one before it stays open for its last answers."""
        with self._lock:
            if self._current is not None:
                self._replaced.append((self._current, time.monotonic() + OVERLAP_SECONDS))
            self._current = connection
            self._reconnect_needed.clear()
        connection.start()
        SLACK_CONNECTED.set(1)
        log.info("connected to Slack")

    def _close_replaced(self) -> None:
        with self._lock:
            over = [each for each, until in self._replaced if time.monotonic() >= until]
            self._replaced = [(each, until) for each, until in self._replaced if each not in over]
        for connection in over:
            connection.close()

    def _on_end(self, connection: SlackWebSocket) -> None:
        with self._lock:
            self._replaced = [(each, until) for each, until in self._replaced if each is not connection]
            if connection is self._current:
                self._current = None
                self._reconnect_needed.set()

    # Answering

    def _on_message(self, connection: SlackWebSocket, message: dict[str, Any]) -> None:
        if message.get("type") == "disconnect":
            log.info("Slack asks for a new connection", reason=message.get("reason"))
            if connection is self._current:
                self._reconnect_needed.set()
        elif message.get("envelope_id"):
            arrived = self._sleep_detector.earliest_arrival()
            with self._lock:
                if self._closing.is_set():
                    return
                answer = self._executor.submit(self._answer, connection, message, arrived, time.monotonic())
                self._running.add(answer)
            answer.add_done_callback(self._on_answered)

    def _on_answered(self, answer: Future[None]) -> None:
        with self._lock:
            self._running.discard(answer)
        if not answer.cancelled() and (error := answer.exception()):
            log.error("a payload of Slack's could not be read", error=str(error), exc_info=error)

    def _answer(
        self, connection: SlackWebSocket, envelope: dict[str, Any], arrived: float, read_at: float
    ) -> None:
        """arrived: of the uptime; read_at: when it was read, on the monotonic clock."""
        try:
            request = BoltRequest(
                mode="socket_mode", body=envelope.get("payload") or {}, context={"received_at": arrived}
            )
        except Exception as error:  # noqa: BLE001 - Bolt expects Slack's payloads, and may fail on others
            log.warning("refused a payload that is not like Slack's", error=type(error).__name__)
            return
        with observed_request(request.body, read_at):
            self._dispatch(connection, envelope, request)

    def _dispatch(self, connection: SlackWebSocket, envelope: dict[str, Any], request: BoltRequest) -> None:
        response = self._app.dispatch(request)
        if response.status != 200:
            log.warning(
                "not acknowledged, so that Slack sends it again or tells the user", status=response.status
            )
            return
        ack = {"envelope_id": envelope["envelope_id"], **_payload(response)}
        if not connection.send(ack) and not (self._current and self._current.send(ack)):
            log.warning("an answer did not reach Slack, because the connection ended")


def _payload(response: BoltResponse) -> dict[str, Any]:
    if not response.body:
        return {}
    if response.headers.get("content-type", [""])[0].startswith("application/json"):
        return {"payload": json.loads(response.body)}
    return {"payload": {"text": response.body}}
