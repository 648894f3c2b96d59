"""Never silence: whatever happens to a request, whoever made it reads a sentence."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from bot import replies
from bot.desk import Desk
from bot.reply import Reply
from deploys.errors import MembershipUnknown, Refused

log = structlog.get_logger()


def answered(work: Callable[[], Reply | None], desk: Desk, **about: str) -> Reply | None:
    """What the work answers, or why it did not work.

    Raises:
        RedisError: Redis does not answer.
    """
    try:
        return work()
    except Refused as error:
        if isinstance(error, MembershipUnknown):
            desk.bell.groups()
        log.info("refused", why=type(error).__name__, **about)
        return replies.refused(error)
    except RedisError:
        raise
    except Exception as error:
        reference = new_reference()
        log.error(
            "a request failed", reference=reference, error=type(error).__name__, exc_info=error, **about
        )
        return replies.broken(reference)


def new_reference() -> str:
    """A short name for one failure, the same in the log and in what the person reads."""
    return secrets.token_hex(4)
