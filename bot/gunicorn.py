"""How gunicorn runs the bot: `gunicorn -c python:bot.gunicorn "bot.web:app()"`.

Where it listens and how many processes there are is gunicorn's own matter: `--bind`, `--workers`.
"""

from bot.app import AT_ONCE

worker_class = "gthread"
threads = AT_ONCE
preload_app = True  # settings are checked once, before anything listens
timeout = 30
graceful_timeout = 5
control_socket_disable = True
