"""How each of our processes starts: settings or a clear refusal, and the log."""

from __future__ import annotations

import io
import logging
import sys
import time
from typing import Any, NoReturn, TextIO, TypeVar

import structlog
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from structlog.typing import EventDict, ExcInfo

from deploys.connection import complaints
from deploys.errors import RedisSilent, SlipwayError
from deploys.safe_text import safe, safe_line
from deploys.settings import Settings, load

PATIENCE_SECONDS = 15.0
"""How long Redis may be silent at the start."""

AnySettings = TypeVar("AnySettings", bound=Settings)


def settings_or_exit(cls: type[AnySettings]) -> AnySettings:
    """The settings of this process; when they are wrong, says so on standard error and exits with 2."""
    try:
        settings = load(cls)
    except SlipwayError as error:
        exit_with(error)
    set_up_logging(settings)
    return settings


def exit_with(error: SlipwayError) -> NoReturn:
    """Says on standard error why the process cannot start, and exits with 2."""
    sys.stderr.write(f"{safe(error.message)}\n")
    sys.exit(2)


def set_up_logging(settings: Settings) -> None:
    """One line an event, for people or as JSON. RQ's and Bolt's own lines come from warnings upwards."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=max(level, logging.WARNING), format="%(levelname)s %(name)s: %(message)s")
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=_traceback,
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if settings.log_format == "json" else _safe_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _safe_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """On a terminal a value from outside commands nothing, and begins no line of its own. JSON escapes it."""
    return {key: safe_line(value) if isinstance(value, str) else value for key, value in event.items()}


def _traceback(out: TextIO, exc_info: ExcInfo) -> None:
    """Without local variables, which the default shows: they may be secrets."""
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, exc_info)
    out.write(safe(plain.getvalue()))


def warn_about(redis: Redis) -> None:
    """Logs what in Redis's configuration could lose a deploy that was accepted."""
    log = structlog.get_logger()
    for complaint in complaints(redis):
        log.warning(complaint)


def wait_for(redis: Redis, *, patience: float = PATIENCE_SECONDS) -> None:
    """Waits until Redis answers.

    Raises:
        RedisSilent: it did not, or it refuses us.
    """
    until = time.monotonic() + patience
    while True:
        try:
            redis.ping()
        except (AuthenticationError, ResponseError) as error:
            raise RedisSilent(why=str(error)) from error
        except RedisError as error:
            if time.monotonic() >= until:
                raise RedisSilent(why=str(error)) from error
            time.sleep(0.5)
        else:
            return
