"""The bot over HTTP: `gunicorn -c python:bot.gunicorn "bot.web:app()"`. Slack posts to /slack/events."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from redis import Redis
from redis.exceptions import RedisError
from slack_bolt import App, BoltRequest, BoltResponse

from bot.app import build_app
from bot.app_context import open_app_context
from bot.observed_request import observed_request
from bot.settings import WebSettings
from bot.slack_clock import clock_client
from deploys.catalogue.catalogue_file import look_regularly
from deploys.errors import StartupError
from deploys.process_startup import exempt_start_from_collection, exit_with, load_settings_or_exit
from deploys.redis_outage import describe_error
from deploys.stores.heartbeats import HeartbeatThread
from deploys.telemetry.metrics import WEB
from deploys.telemetry.metrics_server import serve_metrics
from deploys.telemetry.tracing import TRACING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

log = structlog.get_logger()

HEALTH_PATH = "/healthz"
EVENTS_PATH = "/slack/events"
MAX_BODY_BYTES = 1_000_000
"""Bytes; Slack's payloads are far smaller, and the signature is checked only once all of it was read."""


def app() -> WebApp:
    """The WSGI application; ends the process with a clear message when it cannot start."""
    settings = load_settings_or_exit(WebSettings)
    serve_metrics(WEB, settings)
    try:
        context = open_app_context(settings)
    except StartupError as error:
        exit_with(error)
    bolt = build_app(
        context,
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        api_url=settings.slack_api_url,
    )

    heartbeats = HeartbeatThread(context.store.redis, WEB)

    def start() -> None:
        TRACING.start(WEB)
        context.slack_clock.start_reading(clock_client(settings.slack_api_url))
        context.open_connections()
        heartbeats.start()
        look_regularly(context.read_catalogue, until=threading.Event())
        exempt_start_from_collection()

    exempt_start_from_collection()  # gunicorn forks what this process has made
    return WebApp(bolt, context.store.redis, start, heartbeats.stop)


class WebApp:
    """Passes Slack's requests to Bolt, answers GET /healthz, and refuses everything else."""

    def __init__(
        self,
        bolt: App,
        redis: Redis,
        start: Callable[[], None] = lambda: None,
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        self._bolt = bolt
        self._redis = redis
        self.start = start
        """To be called in each process that serves, because threads do not outlive a fork."""
        self.stop = stop
        """To be called in each process that has served, before it ends."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        where = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if where in (("GET", HEALTH_PATH), ("HEAD", HEALTH_PATH)):
            return self._respond_health(start_response)
        if where != ("POST", EVENTS_PATH):
            return _respond_text(start_response, HTTPStatus.NOT_FOUND, "not found")
        try:
            arrived = time.monotonic()
            request = read_request(environ)
        except InvalidRequest as error:
            log.warning("refused an unreadable request", status=error.status, reason=str(error))
            return _respond_text(start_response, error.status, str(error))
        with observed_request(request.body, arrived):
            answer = self._bolt.dispatch(request)
        return _respond(start_response, answer)

    def _respond_health(self, start_response: StartResponse) -> Iterable[bytes]:
        try:
            self._redis.ping()
        except RedisError as error:
            return _respond_text(
                start_response, HTTPStatus.SERVICE_UNAVAILABLE, f"Redis {describe_error(error)}"
            )
        return _respond_text(start_response, HTTPStatus.OK, "ok")


class InvalidRequest(Exception):
    """A request that Slack did not send like this. Its sender reads the message."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def read_request(environ: WSGIEnvironment) -> BoltRequest:
    """The request as Bolt takes it. Its signature is not checked yet: anybody may have sent it.

    Raises:
        InvalidRequest: it cannot be a request of Slack's, with any signature.
    """
    if not re.fullmatch(r"[0-9]{1,12}", environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "0")):
        raise InvalidRequest(HTTPStatus.BAD_REQUEST, "not a request of Slack's")
    body = _read_body(environ)
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    try:
        return BoltRequest(body=body.decode(), query=environ.get("QUERY_STRING"), headers=headers)
    except Exception as error:  # Bolt reads a body as what it claims to be, and finds out that it is not
        reason = f"not a request of Slack's ({type(error).__name__})"
        raise InvalidRequest(HTTPStatus.BAD_REQUEST, reason) from error


def _read_body(environ: WSGIEnvironment) -> bytes:
    stated = environ.get("CONTENT_LENGTH") or "0"
    if not re.fullmatch(r"[0-9]{1,18}", stated):
        raise InvalidRequest(HTTPStatus.BAD_REQUEST, "not a length of a request")
    length = int(stated)
    if length > MAX_BODY_BYTES:
        raise InvalidRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) < length:
        raise InvalidRequest(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive whole in time")
    return body


def _respond(start_response: StartResponse, answer: BoltResponse) -> Iterable[bytes]:
    body = answer.body.encode()
    headers = [(name, value) for name, values in answer.headers.items() for value in values]
    status = HTTPStatus(answer.status)
    start_response(
        f"{status.value} {status.phrase}",
        [*(each for each in headers if each[0] != "content-length"), ("content-length", str(len(body)))],
    )
    return [body]


def _respond_text(start_response: StartResponse, status: HTTPStatus, text: str) -> Iterable[bytes]:
    body = f"{text}\n".encode()
    headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
