"""The bot in Socket Mode: `python -m bot`. Two of them share the work."""

from __future__ import annotations

import signal
import sys
import threading

import structlog

from bot.app import build_app
from bot.app_context import open_app_context
from bot.settings import BotSettings
from bot.slack_client import SlackClient
from bot.slack_clock import clock_client
from bot.socket_mode import SocketModeClient
from deploys.catalogue.catalogue_file import look_regularly
from deploys.errors import StartupError
from deploys.process_startup import exempt_start_from_collection, exit_with, load_settings_or_exit
from deploys.stores.heartbeats import HeartbeatThread
from deploys.telemetry.metrics import BOT
from deploys.telemetry.metrics_server import serve_metrics
from deploys.telemetry.tracing import TRACING

log = structlog.get_logger()


def main() -> int:
    """Serves until SIGTERM or SIGINT; what was begun is answered first."""
    settings = load_settings_or_exit(BotSettings)
    serve_metrics(BOT, settings)
    TRACING.start(BOT)
    stop = threading.Event()
    try:
        context = open_app_context(settings)
        for number in (signal.SIGTERM, signal.SIGINT):  # until here there is nothing to finish
            signal.signal(number, lambda *_: stop.set())
        app = build_app(context, signing_secret="", api_url=settings.slack_api_url)
        socket = SocketModeClient(
            app, SlackClient(base_url=settings.slack_api_url), settings.slack_app_token.get_secret_value()
        )
        context.open_connections()
        socket.connect()
    except StartupError as error:
        exit_with(error)
    context.slack_clock.start_reading(clock_client(settings.slack_api_url))
    heartbeats = HeartbeatThread(context.store.redis, BOT)
    heartbeats.start()
    look_regularly(context.read_catalogue, until=stop)
    exempt_start_from_collection()
    log.info("bot started", team=context.identity.team, services=len(context.catalogue.services))
    stop.wait()
    socket.close()
    heartbeats.stop()
    log.info("bot stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
