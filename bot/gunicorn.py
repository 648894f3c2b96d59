"""gunicorn's configuration for the bot: `gunicorn -c python:bot.gunicorn "bot.web:app()"`.

Set the address and the number of processes with gunicorn's own options, `--bind` and `--workers`.
"""

from typing import Any

from bot.app import MAX_CONCURRENT_REQUESTS

worker_class = "bot.http_server.HttpWorker"
logger_class = "bot.http_server.HttpLog"
threads = MAX_CONCURRENT_REQUESTS
preload_app = True  # settings are checked once, before anything listens
timeout = 30
graceful_timeout = 5
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Runs in each process that serves, once it is ready."""
    worker.wsgi.start()


def worker_exit(server: Any, worker: Any) -> None:
    """Runs in each process that ends, also if it never served."""
    if wsgi := getattr(worker, "wsgi", None):
        wsgi.stop()
