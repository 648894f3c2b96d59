"""Never silence: whatever happens to a request, whoever made it reads a sentence."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from bot import reply_texts
from bot.app_context import AppContext
from bot.private_reply import PrivateReply
from deploys.errors import MembershipUnknown, Refused

log = structlog.get_logger()


def run_and_answer(
    handler: Callable[[], PrivateReply | None], context: AppContext, **about: str
) -> PrivateReply | None:
    """What the work answers, or why it did not work.

    Raises:
        RedisError: Redis does not answer.
    """
    try:
        return handler()
    except Refused as error:
        if isinstance(error, MembershipUnknown):
            context.jobs.read_user_groups()
        log.info("refused", why=type(error).__name__, **about)
        return reply_texts.refused(error)
    except RedisError:
        raise
    except Exception as error:
        reference = new_error_reference()
        log.error(
            "a request failed", reference=reference, error=type(error).__name__, exc_info=error, **about
        )
        return reply_texts.internal_error(reference)


def new_error_reference() -> str:
    """A short name for one failure, the same in the log and in what the person reads."""
    return secrets.token_hex(4)
