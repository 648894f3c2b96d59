"""Redis does not answer, or accepts nothing for now because it is full, read-only or loading: logged, and
waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from deploys.outage import Outage

RETRY_DELAYS_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Between attempts of a process that has nothing to do without Redis; the last one is repeated."""

TEMPORARY_ERRORS = {
    "READONLY": "is read-only, as during a failover or if REDIS_URL leads to a replica",
    "UNBLOCKED": "is failing over",
    "OOM": "is full: it has reached its `maxmemory`",
    "LOADING": "is still loading its data",
    "MASTERDOWN": "is a replica that has lost its primary",
    "NOREPLICAS": "takes no writes, because too few of its replicas are connected",
    "MISCONF": "takes no writes, because it cannot save to its disk",
    "CLUSTERDOWN": "is a cluster that is down",
    "TRYAGAIN": "is moving its data to another node",
    "BUSY": "is busy with a script",
}
"""The codes of Redis's errors that pass without a change to the command, and what each means
(redis.io, "RESP protocol specification", and the source of Redis and Valkey: `shared` in server.c)."""


class RedisTemporaryError(RedisConnectionError):
    """Redis refused a command as it would refuse any other now.

    It counts as a lost connection, so that redis-py connects again and retries: after a failover the same
    address leads to another server.
    """

    def __init__(self, code: str, answer: str) -> None:
        self.code = code
        super().__init__(f"Redis {TEMPORARY_ERRORS[code]} ({answer})")


def as_temporary_error(error: RedisError) -> RedisTemporaryError | None:
    """The temporary error behind an error of redis-py; None if it is about the command itself.

    redis-py cuts off the codes that it has a class for. A transaction or script names the code of the command
    that was refused within it.
    """
    answer = str(error)
    code = getattr(error, "status_code", None) or answer.partition(" ")[0]
    if code == "EXECABORT":
        code = answer.partition("because of: ")[2].partition(" ")[0]
    return RedisTemporaryError(code, answer) if code in TEMPORARY_ERRORS else None


def describe_error(error: RedisError) -> str:
    """Completes a sentence that begins with "Redis"."""
    if isinstance(error, RedisTemporaryError):
        return TEMPORARY_ERRORS[error.code]
    return "answers with an error" if isinstance(error, ResponseError) else "does not answer"


class RedisOutage(Outage[RedisError]):
    """An outage of Redis."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__("Redis", describe_error, RETRY_DELAYS_SECONDS, now)

    @contextmanager
    def tolerate_errors(self) -> Iterator[None]:
        """For what may be left out: an error of Redis is noted and goes no further."""
        try:
            yield
        except RedisError as error:
            self.record_failure(error)


REDIS_OUTAGE = RedisOutage()
"""For this process and those forked from it: whichever part notices an outage first logs it."""
