"""Connections to Redis."""

from __future__ import annotations

from collections.abc import Iterable

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

STATE_TIMEOUT_SECONDS = 5.0


def connect(url: str) -> Redis:
    """A client for our own keys: short timeouts, a few retries (every script may be sent twice).

    RQ gets a client of its own from `connect_for_rq`: it changes its pool's socket timeout.
    """
    client: Redis = Redis.from_url(
        url,
        socket_timeout=STATE_TIMEOUT_SECONDS,
        socket_connect_timeout=STATE_TIMEOUT_SECONDS,
        health_check_interval=30,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), 3),
    )
    return client


def connect_for_rq(url: str) -> Redis:
    """A client for RQ alone."""
    client: Redis = Redis.from_url(url, socket_connect_timeout=STATE_TIMEOUT_SECONDS)
    return client


def text(value: object) -> str:
    """What Redis answered, as text: bytes or str, as the client was made."""
    return value.decode() if isinstance(value, bytes) else str(value)


def texts(values: Iterable[object] | None) -> list[str]:
    """Several answers as text."""
    return [text(value) for value in values or ()]


def complaints(redis: Redis) -> list[str]:
    """What in the server's configuration could lose an accepted deploy; empty when all is well or unknown.

    Managed Redis services refuse CONFIG; then nothing can be said.
    """
    try:
        config = redis.config_get("appendonly", "maxmemory-policy", "maxmemory")
    except Exception:  # noqa: BLE001 - refused, renamed or filtered: each managed service has its own way
        return []
    settings = {text(name): text(value) for name, value in config.items()}
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
