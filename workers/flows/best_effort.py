"""Reads that only explain something. No deploy depends on one to end or to roll back, whatever it raises."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeVar

import structlog
from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException

from deploys.errors import AwsUnavailable, Conflict, InternalError, LeaseTooShort, SlipwayError

log = structlog.get_logger()

T = TypeVar("T")

TRIES_BEFORE_GIVING_UP = 3
"""Failed tries of a step, after which it goes on without a read that AWS does not answer (count)."""
_STEP_ERRORS = (LeaseTooShort, Conflict, BaseTimeoutException, RedisError)
"""These say nothing about the read: the step itself cannot go on."""


def attempt(read: Callable[[], T], *, attempts: int = TRIES_BEFORE_GIVING_UP) -> T | SlipwayError:
    """The result of the read, or the error it failed with. An unexpected error is logged and returned as an
    InternalError.

    attempts: failed tries of the step so far. Below TRIES_BEFORE_GIVING_UP, an error that passes by itself is
    raised, so that the step is tried again. By default, there is no second try.
    """
    try:
        return read()
    except _STEP_ERRORS:
        raise
    except SlipwayError as error:
        if isinstance(error, AwsUnavailable) and attempts < TRIES_BEFORE_GIVING_UP:
            raise
        return error
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("a read failed", reference=reference)
        return InternalError(reference=reference)


def best_effort(read: Callable[[], T], default: T, *, attempts: int = TRIES_BEFORE_GIVING_UP) -> T:
    """The result of the read, or `default` if it fails. attempts: as for `attempt`."""
    found = attempt(read, attempts=attempts)
    if isinstance(found, SlipwayError):
        log.debug("went on without a read", error=found.message)
        return default
    return found
