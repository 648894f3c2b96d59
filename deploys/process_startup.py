"""How each process starts: its settings or a clear error, the log, and Redis."""

from __future__ import annotations

import ctypes
import gc
import io
import json
import logging
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Any, NoReturn, TextIO, TypeVar

import structlog
from pydantic import SecretStr
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from structlog.typing import EventDict, ExcInfo

from deploys.errors import RedisUnreachable, SlipwayError
from deploys.redaction import keep_secret, password_of, redact, redact_values
from deploys.redis_connection import config_warnings
from deploys.redis_outage import RedisOutage, RedisTemporaryError
from deploys.redis_trust import trust_warnings
from deploys.safe_text import one_safe_line, remove_unsafe
from deploys.settings import Settings, load_settings

LEAST_KEY_LENGTH = 16
"""Shorter keys are none of AWS's, but words such as `test` (characters)."""
REDIS_TIMEOUT_SECONDS = 15.0
"""How long Redis may be silent at the start."""

_M_ARENA_MAX = -8
"""The name of the setting in glibc's malloc.h (mallopt(3))."""

_OWN_LOGGER = logging.getLogger("slipway")

AnySettings = TypeVar("AnySettings", bound=Settings)


def load_settings_or_exit(cls: type[AnySettings]) -> AnySettings:
    """The settings of this process. If they are wrong, prints that to standard error and exits with 2."""
    try:
        settings = load_settings(cls)
    except SlipwayError as error:
        exit_with(error)
    keep_own_secrets(settings)
    set_up_logging(settings)
    _share_one_arena()
    return settings


def _share_one_arena() -> None:
    """Threads take their memory from one place. By default glibc gives each a place of its own, which a
    process that waits for most of its time pays for with 4 MB or more. Call it before threads start."""
    with suppress(OSError, AttributeError):  # other C libraries have no such places
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def keep_own_secrets(settings: Settings) -> None:
    """Nothing that this process logs or sends contains its tokens, keys and passwords."""
    fields = [getattr(settings, name) for name in type(settings).model_fields]
    keep_secret(each.get_secret_value() for each in fields if isinstance(each, SecretStr))
    keep_secret(password_of(settings.redis_url))
    keys = [os.environ.get(name, "") for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
    keep_secret(key for key in keys if len(key) >= LEAST_KEY_LENGTH)


def exit_with(error: SlipwayError) -> NoReturn:
    """Says on standard error why the process cannot start, and exits with 2. With LOG_FORMAT=json that is one
    line of JSON, too."""
    message = redact(error.message)
    text = remove_unsafe(message)
    if os.environ.get("LOG_FORMAT", "").lower() == "json":
        text = json.dumps({"event": message, "level": "error"})
    sys.stderr.write(f"{text}\n")
    sys.exit(2)


def set_up_logging(settings: Settings) -> None:
    """One line an event, for people or as JSON: also for what libraries log, and for an exception that ends a
    thread or the process. Libraries log from warnings upwards."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    as_json = settings.log_format == "json"
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=_traceback,
        )
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([structlog.processors.format_exc_info] if as_json else [_safe_values]),
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _OWN_LOGGER,
    )
    handler = logging.StreamHandler(_unbuffered_stderr())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    _OWN_LOGGER.setLevel(level)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: _log_end("the process", error)
    threading.excepthook = lambda args: _log_end("a thread", args.exc_value)


def _unbuffered_stderr() -> TextIO:
    """Standard error without a lock of its own.

    A process forked while a thread holds the lock of `sys.stderr` waits for it for ever; so does a signal
    handler that interrupts its holder. The lock of a logging handler is safe in both.
    """
    return io.TextIOWrapper(
        io.FileIO(sys.stderr.fileno(), "w", closefd=False),
        encoding="utf-8",
        errors="backslashreplace",
        write_through=True,
    )


def _log_end(of: str, error: BaseException | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        structlog.get_logger().error(f"an exception ended {of}", exc_info=error)


def _safe_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """On a terminal a value from outside cannot give commands or begin a new line. JSON escapes it."""
    return {key: one_safe_line(value) if isinstance(value, str) else value for key, value in event.items()}


def _without_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Whatever is logged, by whomever: errors of libraries quote addresses and what they were sent."""
    return {key: value if key in _STRUCTLOG_KEYS else redact_values(value) for key, value in event.items()}


_STRUCTLOG_KEYS = frozenset({"exc_info", "level", "timestamp", "_record", "_from_structlog"})


def _traceback(out: TextIO, exc_info: ExcInfo) -> None:
    """Without local variables, which the default shows: they may be secrets."""
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, exc_info)
    out.write(redact(remove_unsafe(plain.getvalue())))


def exempt_start_from_collection() -> None:
    """To be called once the process is ready: what its start has made lives as long as the process. A garbage
    collection that goes through all of it takes 40 ms, in the middle of an answer or of a job, and makes a
    forked process copy the memory that it shares. The last ones, when a process ends, take seconds on a busy
    machine.

    The memory that the start has freed goes back to the system, which is 3 MB of a worker."""
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):  # glibc has it, other C libraries do not
        ctypes.CDLL(None).malloc_trim(0)


def warn_about_redis_config(redis: Redis) -> None:
    """Logs what in Redis's configuration could lose a deploy that was accepted, and what lets strangers write
    there, whatever LOG_LEVEL is."""
    log = structlog.get_logger()
    for complaint in trust_warnings(redis):
        log.critical(complaint)
    for complaint in config_warnings(redis):
        log.warning(complaint)


def wait_for_redis(redis: Redis, *, timeout: float = REDIS_TIMEOUT_SECONDS) -> None:
    """Waits until Redis answers: `patience` seconds if it is silent, as long as it takes if it refuses, as it
    does while it loads its data. Without patience nothing is waited for.

    Raises:
        RedisSilent: it did not answer, or it refuses us.
    """
    outage = RedisOutage()
    until = time.monotonic() + timeout
    while True:
        try:
            redis.ping()
        except RedisTemporaryError as error:
            if not timeout:
                raise RedisUnreachable(why=redact(str(error))) from error
            outage.record_failure(error)
            until = time.monotonic() + timeout
        except (AuthenticationError, ResponseError) as error:
            raise RedisUnreachable(why=redact(str(error))) from error
        except RedisError as error:
            if time.monotonic() >= until:
                raise RedisUnreachable(why=redact(str(error))) from error
        else:
            outage.record_recovery()
            return
        time.sleep(0.5)
