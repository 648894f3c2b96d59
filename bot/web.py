"""The bot over HTTP: `gunicorn -c python:bot.gunicorn "bot.web:app()"`. Slack posts to /slack/events."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from redis import Redis
from redis.exceptions import RedisError
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler

from bot.app import build_app
from bot.settings import WebSettings
from bot.start import open_desk
from deploys.errors import NotStarted
from deploys.process import exit_with, settings_or_exit
from deploys.redis_outage import what_is_wrong

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

log = structlog.get_logger()

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
    return Door(bolt, desk.store.redis)


class Door:
    """Slack's requests to Bolt, GET /healthz to whoever asks, all else refused."""

    def __init__(self, bolt: App, redis: Redis) -> None:
        self._slack = SlackRequestHandler(bolt, path="/slack/events")
        self._redis = redis

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and environ["PATH_INFO"] == "/healthz":
            return self._health(start_response)
        if _length(environ) > LARGEST_BODY:
            return _say(start_response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
        if not environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "0").isdecimal():
            return _say(start_response, HTTPStatus.BAD_REQUEST, "not a request of Slack's")
        try:
            return self._slack(environ, start_response)
        except (
            ValueError
        ):  # not UTF-8, or not the JSON it claims to be: Bolt reads it before it checks who sent it
            return _say(start_response, HTTPStatus.BAD_REQUEST, "not a request of Slack's")

    def _health(self, start_response: StartResponse) -> Iterable[bytes]:
        try:
            self._redis.ping()
        except RedisError as error:
            return _say(start_response, HTTPStatus.SERVICE_UNAVAILABLE, f"Redis {what_is_wrong(error)}")
        return _say(start_response, HTTPStatus.OK, "ok")


def _length(environ: WSGIEnvironment) -> int:
    stated = environ.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isdecimal() else LARGEST_BODY + 1


def _say(start_response: StartResponse, status: HTTPStatus, text: str) -> Iterable[bytes]:
    body = f"{text}\n".encode()
    headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
