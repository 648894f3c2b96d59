"""Whatever goes wrong with a request, its sender reads a sentence, and the log has more under the same
reference."""

from __future__ import annotations

import secrets

import structlog
from redis.exceptions import RedisError
from slack_bolt import BoltRequest, BoltResponse

from bot import attempts
from bot.app_context import AppContext
from bot.payload_check import is_command
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.errors import MembershipUnknown, Refused, UnknownSchema
from deploys.mrkdwn import code
from deploys.redis_outage import RedisTemporaryError, describe_error

log = structlog.get_logger()


def answer_error(error: Exception, context: AppContext, asked: Request) -> PrivateReply:
    """Why a request was refused, or that it failed; the audit says so too."""
    user = asked.user
    if not isinstance(error, Refused | UnknownSchema):
        reference = _new_reference()
        reply = _answer_internal_error("a request failed", error, reference, user=user)
        attempts.write_refusal(error, asked, context, reference=reference)
        return reply
    attempts.write_refusal(error, asked, context)
    if isinstance(error, MembershipUnknown):
        context.jobs.read_user_groups()
    log.info("refused", why=type(error).__name__, user=user)
    return PrivateReply(error.message)


def answer_lost_redis(error: RedisError) -> PrivateReply:
    """Redis stopped answering, or began to refuse, after the request was begun."""
    reference = _log_redis_error(error)
    lost = (
        f"Redis {describe_error(error)}"
        if isinstance(error, RedisTemporaryError)
        else "I lost the connection to Redis"
    )
    return PrivateReply(
        f"{lost}, so I do not know whether this was done. Look at `/deploy status` before you send it "
        f"again. If it happens again, tell the people who run Slipway the reference {code(reference)}."
    )


def answer_unhandled_error(error: Exception, request: BoltRequest) -> BoltResponse:
    """The last resort, if not even the answer worked: Redis is away, or a payload is not like Slack's.

    A command is answered with a sentence. Clicks and events get an error: Slack then shows the person a
    warning at the button, and delivers an event again.
    """
    if isinstance(error, RedisError):
        reply = _answer_absent_redis(error)
    else:
        reply = _answer_internal_error("a request could not be handled", error, _new_reference())
    if is_command(request.body) and request.context.authorize_result:
        return BoltResponse(status=200, body=reply.to_slack())
    return BoltResponse(status=500, body="")


def _answer_absent_redis(error: RedisError) -> PrivateReply:
    """Redis did not answer, or refused, before anything was read or written."""
    reference = _log_redis_error(error)
    cannot = (
        f"Redis {describe_error(error)}" if isinstance(error, RedisTemporaryError) else "I cannot reach Redis"
    )
    return PrivateReply(
        f"{cannot}, so nothing was changed. Try again in a minute. If it happens again, tell the people who "
        f"run Slipway the reference {code(reference)}."
    )


def _log_redis_error(error: RedisError) -> str:
    reference = _new_reference()
    log.error(f"Redis {describe_error(error)}", reference=reference, error=str(error))
    return reference


def _answer_internal_error(event: str, error: Exception, reference: str, **facts: str) -> PrivateReply:
    log.error(event, reference=reference, error=type(error).__name__, exc_info=error, **facts)
    return PrivateReply(
        "Something went wrong on my side. `/deploy status` shows what is under way. Tell the people who run "
        f"Slipway the reference {code(reference)}: the log has more under it."
    )


def _new_reference() -> str:
    """A short name for one failure, the same in the log and in what the person reads."""
    return secrets.token_hex(4)
