"""The bot over HTTP: `gunicorn -c python:bot.gunicorn "bot.web:app()"`. Slack posts to /slack/events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from redis import Redis
from redis.exceptions import RedisError
from slack_bolt import App, BoltRequest, BoltResponse

from bot.app import build_app
from bot.settings import WebSettings
from bot.slack_clock import clock_client
from bot.start import open_desk
from deploys.errors import NotStarted
from deploys.process import exit_with, settings_or_exit
from deploys.redis_outage import what_is_wrong

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

log = structlog.get_logger()

HEALTH = "/healthz"
EVENTS = "/slack/events"
LARGEST_BODY = 1_000_000
"""Bytes; Slack's payloads are far smaller, and the signature is checked only once all of it was read."""


def app() -> Door:
    """The WSGI application; ends the process with a clear message when it cannot start."""
    settings = settings_or_exit(WebSettings)
    try:
        desk = open_desk(settings)
    except NotStarted as error:
        exit_with(error)
    bolt = build_app(
        desk,
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        api_url=settings.slack_api_url,
    )
    return Door(
        bolt, desk.store.redis, start=lambda: desk.slack_clock.keep(clock_client(settings.slack_api_url))
    )


class Door:
    """Slack's requests to Bolt, GET /healthz to whoever asks, all else refused."""

    def __init__(self, bolt: App, redis: Redis, start: Callable[[], None] = lambda: None) -> None:
        self._bolt = bolt
        self._redis = redis
        self.start = start
        """To be called in each process that serves: threads do not outlive a fork."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        where = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if where in (("GET", HEALTH), ("HEAD", HEALTH)):
            return self._health(start_response)
        if where != ("POST", EVENTS):
            return _say(start_response, HTTPStatus.NOT_FOUND, "not found")
        try:
            request = read_request(environ)
        except NotOurs as error:
            log.warning("a request was refused unread", status=error.status, reason=str(error))
            return _say(start_response, error.status, str(error))
        return _answer(start_response, self._bolt.dispatch(request))

    def _health(self, start_response: StartResponse) -> Iterable[bytes]:
        try:
            self._redis.ping()
        except RedisError as error:
            return _say(start_response, HTTPStatus.SERVICE_UNAVAILABLE, f"Redis {what_is_wrong(error)}")
        return _say(start_response, HTTPStatus.OK, "ok")


class NotOurs(Exception):
    """A request that Slack did not send, or not so. The message is what its sender reads."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def read_request(environ: WSGIEnvironment) -> BoltRequest:
    """The request as Bolt takes it. Its signature is not checked yet: anybody may have sent it.

    Raises:
        NotOurs: it is no request of Slack's, whoever signed it.
    """
    if not re.fullmatch(r"[0-9]{1,12}", environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "0")):
        raise NotOurs(HTTPStatus.BAD_REQUEST, "not a request of Slack's")
    body = _body(environ)
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    try:
        return BoltRequest(body=body.decode(), query=environ.get("QUERY_STRING"), headers=headers)
    except Exception as error:  # Bolt reads a body as what it claims to be, and finds out that it is not
        reason = f"not a request of Slack's ({type(error).__name__})"
        raise NotOurs(HTTPStatus.BAD_REQUEST, reason) from error


def _body(environ: WSGIEnvironment) -> bytes:
    stated = environ.get("CONTENT_LENGTH") or "0"
    if not re.fullmatch(r"[0-9]{1,18}", stated):
        raise NotOurs(HTTPStatus.BAD_REQUEST, "not a length of a request")
    length = int(stated)
    if length > LARGEST_BODY:
        raise NotOurs(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) < length:
        raise NotOurs(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive whole in time")
    return body


def _answer(start_response: StartResponse, answer: BoltResponse) -> Iterable[bytes]:
    body = answer.body.encode()
    headers = [(name, value) for name, values in answer.headers.items() for value in values]
    status = HTTPStatus(answer.status)
    start_response(
        f"{status.value} {status.phrase}",
        [*(each for each in headers if each[0] != "content-length"), ("content-length", str(len(body)))],
    )
    return [body]


def _say(start_response: StartResponse, status: HTTPStatus, text: str) -> Iterable[bytes]:
    body = f"{text}\n".encode()
    headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
