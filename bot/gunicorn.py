"""How gunicorn runs the bot: `gunicorn -c python:bot.gunicorn "bot.web:app()"`.

Where it listens is gunicorn's own matter: `--bind`, GUNICORN_CMD_ARGS or PORT.
"""

from bot.app import AT_ONCE

worker_class = "gthread"
workers = 1
threads = AT_ONCE
preload_app = True  # settings are checked once, before anything listens
timeout = 30
graceful_timeout = 5
control_socket_disable = True
