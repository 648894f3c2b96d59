"""An answer to a question, or why there is none: whoever asked reads one of the two."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException

from deploys.errors import AwsUnavailable, SlipwayError
from deploys.mrkdwn import code
from deploys.redis_outage import describe_error

log = structlog.get_logger()

REFUSAL_PREFIX = ":no_entry_sign: "
"""What every refusal begins with, as on a card; the words behind it say the same."""


def answer_or_refusal(query: Callable[[], str], *, cannot: str, refused: str) -> str:
    """What was found, or why nothing was: `refused` when the answer is no, `cannot` when there is none. Both
    are sentences that the reason ends."""
    try:
        return query()
    except AwsUnavailable as error:
        reason = f"AWS does not answer {error.facts['action']} for now ({error.facts['detail']}). "
        return f"{REFUSAL_PREFIX}{cannot}: {reason}Ask again in a minute."
    except SlipwayError as error:
        return f"{REFUSAL_PREFIX}{refused}: {error.message}"
    except RedisError as error:
        log.warning("a question failed", error=str(error))
        return f"{REFUSAL_PREFIX}{cannot}: my memory, Redis, {describe_error(error)}. Ask again in a minute."
    except BaseTimeoutException:
        return f"{REFUSAL_PREFIX}{cannot}: AWS took too long to answer. Ask again in a minute."
    except Exception as error:
        reference = secrets.token_hex(4)
        log.error("a question failed", reference=reference, error=type(error).__name__, exc_info=error)
        return (
            f"{REFUSAL_PREFIX}{cannot}: that went wrong on my side. Tell whoever runs Slipway the reference "
            f"{code(reference)}: the workers' log says more under it."
        )


def is_refusal(text: str) -> bool:
    """Whether an answer says that there is none."""
    return text.startswith(REFUSAL_PREFIX)
