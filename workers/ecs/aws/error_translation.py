"""Turns the errors of AWS and of the network into the errors of `deploys.errors`.

AWS's error codes are grouped by what they mean for the step that made the call. All others are refusals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from deploys.errors import (
    AwsCredentials,
    AwsDenied,
    AwsDeniedByOtherAccount,
    AwsDeniedByPolicy,
    AwsDeniedToRole,
    AwsError,
    AwsExplicitDeny,
    AwsRefused,
    AwsResultUnknown,
    AwsUnavailable,
)
from deploys.mrkdwn import code as span
from deploys.mrkdwn import escape_line
from deploys.quoting import quoted
from deploys.redaction import redact
from workers.ecs.aws.principals import is_slipway_session

THROTTLED_CODES = frozenset(
    {
        "EC2ThrottledException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
NOT_ACCEPTED_CODES = frozenset(
    {
        "ConcurrentUpdateException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
"""Codes of a service that did not accept the request."""
SERVER_FAILURE_CODES = frozenset(
    {"InternalError", "InternalFailure", "InternalServerError", "InternalServiceException", "ServerException"}
)
"""Codes of a service that failed during the request: what it had done by then is not known."""
DENIED_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "NotAuthorized",
        "UnauthorizedException",
        "UnauthorizedOperation",
    }
)
_SIGNATURE = "The signature is wrong: the secret key, or the clock where the workers run."
CREDENTIALS_BY_CODE = {
    "ExpiredToken": "They have expired.",
    "ExpiredTokenException": "They have expired.",
    "RequestExpired": "The request was signed too long ago: is the clock right where the workers run?",
    "InvalidAccessKeyId": "There is no such access key.",
    "InvalidClientTokenId": "There is no such access key.",
    "UnrecognizedClientException": "The access key or its session token is not valid.",
    "AuthFailure": "They could not be verified.",
    "InvalidSignatureException": _SIGNATURE,
    "SignatureDoesNotMatch": _SIGNATURE,
    "IncompleteSignature": "The signature is not complete.",
    "MissingAuthenticationToken": "None were sent.",
    "MissingAuthenticationTokenException": "None were sent.",
}

TEMPORARY_MESSAGES = ("too many concurrent attempts to create a new revision",)
"""Messages of ClientExceptions that pass by themselves: ECS has no error code for them."""

_NOT_AUTHORIZED = re.compile(
    r"User: (?P<who>.+?) is not authorized to perform: (?P<action>[A-Za-z0-9-]+:[A-Za-z0-9*]+)"
    r"(?: on resource: (?P<resource>\S+))?(?P<because>.*)",
    re.DOTALL,
)

_NO_POLICY = re.compile(r"no (?P<policy>[A-Za-z -]+?(?:policy|boundary)) allows")
"""Which of a caller's policies lacks the permission (IAM user guide, "Access denied error messages")."""

_INVALID_PARAMETER = re.compile(
    r'^(?:Invalid \w+ for parameter |(?:Missing required|Unknown) parameter in )([\w.\[\]]+)(?:: "(\w+)")?',
    re.MULTILINE,
)

_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.NoAuthTokenError,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.LoginError,
    boto.ProfileNotFound,
)
_CREDENTIALS_UNAVAILABLE = (boto.CredentialRetrievalError, boto.MetadataRetrievalError)
_NEVER_SENT = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)
_MAYBE_SENT = (boto.HTTPClientError, boto.SSLError, boto.IncompleteReadError, ResponseParserError)
"""Failures after which the request may have arrived."""


@contextmanager
def aws_call(action: str, *, changes: bool = False) -> Iterator[None]:
    """Turns whatever botocore raises in this block into one of our errors.

    action: the permission that the call needs, for example `ecs:UpdateService`.

    changes: whether the call changes something: then an unknown result is an error of its own.

    Raises AwsUnavailable, AwsResultUnknown, AwsDenied, AwsExplicitDeny, AwsCredentials or AwsRefused. The
    facts of each have `code`, which is AWS's error code or the name of botocore's exception, and
    `request_id`.
    """
    try:
        yield
    except boto.ParamValidationError as error:
        # Its text repeats the values, and those of a task definition may be secrets.
        raise _invalid_request(error, action) from None
    except boto.ClientError as error:
        raise error_from_response(error, action, changes=changes) from error
    except (boto.BotoCoreError, ResponseParserError) as error:
        raise error_without_response(error, action, changes=changes) from error


def error_from_response(error: boto.ClientError, action: str, *, changes: bool) -> AwsError:
    """Our error for an error that AWS answered."""
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code") or "")
    message = redact(str(response.get("Error", {}).get("Message") or "").strip())
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode") or 0)
    facts = {"action": action, "code": code, "request_id": metadata.get("RequestId", "")}
    # More calls are no answer to an outage: of the values, those are hidden that are known by then.
    answer = f"{escape_line(code)}: {quoted(message, read=False)}" if message else escape_line(code)
    if code in CREDENTIALS_BY_CODE:
        return AwsCredentials(detail=f"{CREDENTIALS_BY_CODE[code]} ({answer})", **facts)
    if permission := _NOT_AUTHORIZED.search(message):
        return _access_denied(permission, facts)
    if code in DENIED_CODES:
        return AwsDenied(detail=_sentence(answer), **facts)
    if code in THROTTLED_CODES or code in NOT_ACCEPTED_CODES or status == 503 or _is_race(message):
        return AwsUnavailable(detail=answer, **facts)
    if code in SERVER_FAILURE_CODES or status >= 500:
        return (AwsResultUnknown if changes else AwsUnavailable)(detail=answer, **facts)
    said = f"{quoted(message) or 'no reason given'} ({escape_line(code)})"
    return AwsRefused(detail=_sentence(said), **facts)


def error_without_response(error: Exception, action: str, *, changes: bool) -> AwsError:
    """Our error for a call that got no answer, or was never sent."""
    facts = {"action": action, "code": type(error).__name__, "request_id": ""}
    message = quoted(str(error), read=False)
    if isinstance(error, _NO_CREDENTIALS):
        return AwsCredentials(detail=_sentence(message), **facts)
    if isinstance(error, _CREDENTIALS_UNAVAILABLE):
        return AwsUnavailable(detail=f"the credentials could not be fetched: {message}", **facts)
    if isinstance(error, _NEVER_SENT):
        return AwsUnavailable(detail=message, **facts)
    if isinstance(error, _MAYBE_SENT):
        return (AwsResultUnknown if changes else AwsUnavailable)(detail=message, **facts)
    return AwsRefused(detail=_sentence(message), **facts)


def _access_denied(permission: re.Match[str], facts: dict[str, str]) -> AwsDenied:
    """Names the missing permission, which need not be that of the call: it may be iam:PassRole."""
    who, resource = permission["who"], (permission["resource"] or "").rstrip(".,;:")
    because = permission["because"].strip(" .")
    detail = f"{span(who)} needs it on {span(resource)}" if resource else f"{span(who)} needs it"
    if because and "identity-based policy allows" not in because:
        detail += f" ({quoted(because.strip('()'), read=False)})"
    asked = {**facts, "action": permission["action"], "resource": resource, "who": who}
    denier = _NO_POLICY.search(because)
    policy, account = denier["policy"] if denier else "", _account_of(resource)
    kind: type[AwsDenied] = AwsDeniedToRole if is_slipway_session(who) else AwsDenied
    if "explicit deny" in because:
        kind = AwsExplicitDeny
    elif account and ("resource-based" in policy or (not because and account != _account_of(who))):
        kind = AwsDeniedByOtherAccount
    elif policy and not policy.startswith(("identity-based", "resource-based")):
        kind = AwsDeniedByPolicy
    return kind(detail=f"{detail}.", account=account, policy=policy, **asked)


def _account_of(arn: str) -> str:
    """The account in an ARN; empty if it has none."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" else ""


def _invalid_request(error: boto.ParamValidationError, action: str) -> AwsRefused:
    fields = [".".join(filter(None, found)) for found in _INVALID_PARAMETER.findall(str(error))]
    named = ", ".join(span(field) for field in sorted(set(fields))) or "not named"
    return AwsRefused(
        action=action,
        detail=f"the request does not fit this version of boto3 (fields: {named}).",
        code=type(error).__name__,
        request_id="",
    )


def _is_race(message: str) -> bool:
    return any(race in message.lower() for race in TEMPORARY_MESSAGES)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
