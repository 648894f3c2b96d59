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

from bot.app import AT_ONCE
from bot.identity import why_slack_failed
from bot.socket.connection import Connection
from bot.socket.wakefulness import TICK_SECONDS, Wakefulness
from deploys.errors import SlackRefusesToken, SlackSilent

log = structlog.get_logger()

LAST_ANSWERS_SECONDS = 3.0
"""At the end, what was begun is still answered."""
GOODBYE_SECONDS = 1.0
LINGER_SECONDS = 3.0
"""A connection that was replaced stays open for its last answers, unless Slack closes it first."""
PAUSES_SECONDS = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Between attempts to connect that follow one another; after a quiet minute it begins anew."""
QUIET_SECONDS = 60.0
_TOKEN_ADVICE = (
    "At api.slack.com/apps: your app, Basic Information, App-Level Tokens (scope connections:write); and "
    "Socket Mode has to be enabled."
)


class SocketMode:
    """Connects a Bolt app to Slack."""

    def __init__(self, app: App, client: WebClient, app_token: str) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._answers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="answer")
        self._under_way: set[Future[None]] = set()
        self._lock = threading.Lock()
        self._current: Connection | None = None
        self._leaving: list[tuple[Connection, float]] = []
        self._lost = threading.Event()
        self._closing = threading.Event()
        self._wakefulness = Wakefulness()
        self._keeper = threading.Thread(target=self._keep, name="slack-keeper", daemon=True)
        self._ticker = threading.Thread(target=self._tick, name="slack-ticker", daemon=True)

    def connect(self) -> None:
        """Connects, and stays connected until `close`.

        Raises:
            SlackRefusesToken: the app-level token is not valid, or Socket Mode is off.
            SlackSilent: Slack did not answer.
        """
        self._wakefulness.begin()
        self._ticker.start()
        try:
            self._take(self._open())
        except SlackApiError as error:
            why = why_slack_failed(error)
            raise SlackRefusesToken(setting="SLACK_APP_TOKEN", error=why, advice=_TOKEN_ADVICE) from error
        except (OSError, websocket.WebSocketException) as error:
            raise SlackSilent(url=self._client.base_url, why=why_slack_failed(error)) from error
        self._keeper.start()

    def close(self) -> None:
        """Answers what was begun, then disconnects. What comes later is Slack's to deliver elsewhere."""
        with self._lock:
            self._closing.set()
            under_way = set(self._under_way)
        wait(under_way, timeout=LAST_ANSWERS_SECONDS)
        connections = [each for each, _ in self._leaving] + ([self._current] if self._current else [])
        for connection in connections:
            connection.close()
        for connection in connections:
            connection.wait(GOODBYE_SECONDS)
        self._lost.set()  # wakes the keeper, which then ends
        self._answers.shutdown(wait=False, cancel_futures=True)
        if self._keeper.is_alive():
            self._keeper.join(timeout=LAST_ANSWERS_SECONDS)

    # Keeping connected

    def _tick(self) -> None:
        while not self._closing.wait(TICK_SECONDS):
            self._wakefulness.tick()

    def _keep(self) -> None:
        """Opens a new connection when one is needed, with growing pauses when that does not help."""
        attempts, attempted_at = 0, -QUIET_SECONDS
        while not self._closing.is_set():
            self._let_go()
            if not self._lost.wait(TICK_SECONDS):
                continue
            since = time.monotonic() - attempted_at
            attempts = 0 if since > QUIET_SECONDS else attempts
            if self._closing.wait(max(0.0, PAUSES_SECONDS[min(attempts, len(PAUSES_SECONDS) - 1)] - since)):
                return
            attempts, attempted_at = attempts + 1, time.monotonic()
            try:
                self._take(self._open())
            except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
                log.warning("no connection to Slack; it is tried again", error=why_slack_failed(error))

    def _open(self) -> Connection:
        answer = self._client.apps_connections_open(app_token=self._app_token)
        return Connection(answer["url"], self._heard, self._ended)

    def _take(self, connection: Connection) -> None:
        """From here this is the connection; the one before it lingers."""
        with self._lock:
            if self._current is not None:
                self._leaving.append((self._current, time.monotonic() + LINGER_SECONDS))
            self._current = connection
            self._lost.clear()
        connection.start()
        log.info("connected to Slack")

    def _let_go(self) -> None:
        with self._lock:
            over = [each for each, until in self._leaving if time.monotonic() >= until]
            self._leaving = [(each, until) for each, until in self._leaving if each not in over]
        for connection in over:
            connection.close()

    def _ended(self, connection: Connection) -> None:
        with self._lock:
            self._leaving = [(each, until) for each, until in self._leaving if each is not connection]
            if connection is self._current:
                self._current = None
                self._lost.set()

    # Answering

    def _heard(self, connection: Connection, message: dict[str, Any]) -> None:
        if message.get("type") == "disconnect":
            log.info("Slack asks for a new connection", reason=message.get("reason"))
            if connection is self._current:
                self._lost.set()
        elif message.get("envelope_id"):
            arrived = self._wakefulness.arrival()
            with self._lock:
                if self._closing.is_set():
                    return
                answer = self._answers.submit(self._answer, connection, message, arrived)
                self._under_way.add(answer)
            answer.add_done_callback(self._done)

    def _done(self, answer: Future[None]) -> None:
        with self._lock:
            self._under_way.discard(answer)
        if not answer.cancelled() and (error := answer.exception()):
            log.error("a payload of Slack's could not be read", error=str(error), exc_info=error)

    def _answer(self, connection: Connection, envelope: dict[str, Any], arrived: float) -> None:
        try:
            request = BoltRequest(
                mode="socket_mode", body=envelope.get("payload") or {}, context={"received_at": arrived}
            )
        except Exception as error:  # noqa: BLE001 - Bolt reads it as what Slack's payloads are, and finds none
            log.warning("a payload that is not as Slack's are was refused", error=type(error).__name__)
            return
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
