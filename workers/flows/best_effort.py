"""Looks that explain or time something: a way out of a deploy never depends on one, whatever it raises."""

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
"""Failed tries of a step after which it goes on without a look that AWS should soon answer (count)."""
_STEP_ERRORS = (LeaseTooShort, Conflict, BaseTimeoutException, RedisError)
"""What says nothing of the look: the step itself is not to go on."""


def attempt(read: Callable[[], T], *, attempts: int = TRIES_BEFORE_GIVING_UP) -> T | SlipwayError:
    """What the look gives, or why it failed. What nobody expected is logged, and is an InternalError.

    attempts: failed tries of the step so far. Below TRIES, a failure that passes by itself is raised, so that
    the step is tried again; by default there is no second try.
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
        log.exception("a look failed", reference=reference)
        return InternalError(reference=reference)


def best_effort(read: Callable[[], T], default: T, *, attempts: int = TRIES_BEFORE_GIVING_UP) -> T:
    """What the look gives, or `otherwise` if it fails. attempts: as for `attempt`."""
    found = attempt(read, attempts=attempts)
    if isinstance(found, SlipwayError):
        log.debug("went on without a look", error=found.message)
        return default
    return found
