"""Connections to Redis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import AbstractBackoff, ExponentialWithJitterBackoff
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import BusyLoadingError, ResponseError
from redis.retry import Retry

from deploys.redis_outage import as_temporary_error

SOCKET_TIMEOUT_SECONDS = 5.0

if TYPE_CHECKING:
    _Reader = Connection
else:
    _Reader = object


class _TranslatingConnection(_Reader):
    """A connection whose refusals that pass (`RedisRefuses`) count as lost connections."""

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().read_response(*args, **kwargs)
        except (ResponseError, BusyLoadingError) as error:
            if refused := as_temporary_error(error):
                raise refused from error
            raise


class _Tcp(_TranslatingConnection, Connection):
    pass


class _Tls(_TranslatingConnection, SSLConnection):
    pass


class _Unix(_TranslatingConnection, UnixDomainSocketConnection):
    pass


_CONNECTIONS = {"redis": _Tcp, "rediss": _Tls, "unix": _Unix}


def connect(url: str) -> Redis:
    """A client for our own keys: short timeouts, a few retries (every script may be sent twice).

    RQ gets its own client from `connect_for_rq`, because it changes the socket timeout of its pool.
    """
    backoff = ExponentialWithJitterBackoff(base=0.05, cap=0.5)
    return make_client(url, timeout=SOCKET_TIMEOUT_SECONDS, retries=3, backoff=backoff)


def connect_for_rq(url: str) -> Redis:
    """A client for RQ alone."""
    return connect(url)


def make_client(url: str, *, timeout: float, retries: int, backoff: AbstractBackoff) -> Redis:
    """A client that waits for each answer for `timeout` seconds at most.

    Its commands raise RedisRefuses, a ConnectionError, if Redis takes none of their kind for now.
    """
    made: Redis = Redis.from_url(
        url,
        connection_class=_CONNECTIONS[urlsplit(url).scheme],
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        health_check_interval=30,
        driver_info=None,  # redis-py would read its own version from a file for each new connection
        retry=Retry(backoff, retries),
    )
    return made


def to_text(value: object) -> str:
    """What Redis answered, as text: bytes or str, as the client was made."""
    return value.decode() if isinstance(value, bytes) else str(value)


def to_texts(values: Iterable[object] | None) -> list[str]:
    """Several answers as text."""
    return [to_text(value) for value in values or ()]


def config_warnings(redis: Redis) -> list[str]:
    """What in the server's configuration could lose an accepted deploy; empty when all is well or unknown.

    Managed Redis services refuse CONFIG; then nothing is known.
    """
    try:
        config = redis.config_get("appendonly", "maxmemory-policy", "maxmemory")
    except Exception:  # noqa: BLE001 - refused, renamed or filtered: each managed service has its own way
        return []
    settings = {to_text(name): to_text(value) for name, value in config.items()}
    found = []
    if settings.get("appendonly") == "no":
        found.append(
            "Redis keeps no append-only file, so a crash of Redis loses deploys. Set `appendonly yes`, and "
            "`appendfsync always` to lose nothing that was accepted."
        )
    policy = settings.get("maxmemory-policy", "noeviction")
    if policy != "noeviction":
        found.append(
            f"Redis may drop keys when memory is short (maxmemory-policy {policy}). Set it to `noeviction`."
        )
    return found
