"""What AWS or the network answered, as one of the errors of `deploys.errors`."""

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
    AwsDeniedByOwner,
    AwsDeniedByPolicy,
    AwsDeniedToRole,
    AwsError,
    AwsForbidden,
    AwsRefused,
    AwsUnavailable,
    AwsUncertain,
)
from deploys.mrkdwn import code as span
from deploys.mrkdwn import escape
from workers.ecs.error_codes import BROKEN, CREDENTIALS, DENIED, RACES, THROTTLED, TURNED_AWAY
from workers.ecs.session_names import is_ours

_RENEW = "Renew them where the workers run."

_NOT_AUTHORIZED = re.compile(
    r"User: (?P<who>.+?) is not authorized to perform: (?P<action>[A-Za-z0-9-]+:[A-Za-z0-9*]+)"
    r"(?: on resource: (?P<resource>\S+))?(?P<because>.*)",
    re.DOTALL,
)

_NO_POLICY = re.compile(r"no (?P<policy>[A-Za-z -]+?(?:policy|boundary)) allows")
"""Which of a caller's policies lacks the permission (IAM user guide, "Access denied error messages")."""

_MALFORMED = re.compile(
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
_CREDENTIALS_LATE = (boto.CredentialRetrievalError, boto.MetadataRetrievalError)
_NEVER_SENT = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)
_SENT = (boto.HTTPClientError, boto.SSLError, boto.IncompleteReadError, ResponseParserError)
"""Failures after which the request may have arrived."""


@contextmanager
def aws_call(action: str, *, changes: bool = False) -> Iterator[None]:
    """Turns what botocore raises in this block into a domain error.

    action: the permission that the call needs, for example `ecs:UpdateService`.

    changes: whether the call changes something, so that an unknown end has to be told apart.

    Raises: AwsUnavailable, AwsUncertain, AwsDenied, AwsForbidden, AwsCredentials or AwsRefused. The facts of
    each have `code`, AWS's error code or the name of botocore's exception, and `request_id`.
    """
    try:
        yield
    except boto.ParamValidationError as error:
        # Its text repeats the values, and a task definition's values may be secrets.
        raise _malformed(error, action) from None
    except boto.ClientError as error:
        raise answered(error, action, changes=changes) from error
    except (boto.BotoCoreError, ResponseParserError) as error:
        raise unanswered(error, action, changes=changes) from error


def answered(error: boto.ClientError, action: str, *, changes: bool) -> AwsError:
    """The domain error for an error that AWS answered with."""
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code") or "")
    message = str(response.get("Error", {}).get("Message") or "").strip()
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode") or 0)
    facts = {"action": action, "code": code, "request_id": metadata.get("RequestId", "")}
    said = escape(f"{code}: {message}" if message else code)
    if code in CREDENTIALS:
        return AwsCredentials(detail=f"{CREDENTIALS[code]} {_RENEW} ({said})", **facts)
    if permission := _NOT_AUTHORIZED.search(message):
        return _denied(permission, facts)
    if code in DENIED:
        return AwsDenied(detail=f"{_sentence(said)}", **facts)
    if code in THROTTLED or code in TURNED_AWAY or status == 503 or _is_race(message):
        return AwsUnavailable(detail=said, **facts)
    if code in BROKEN or status >= 500:
        return (AwsUncertain if changes else AwsUnavailable)(detail=said, **facts)
    return AwsRefused(detail=_sentence(f"{escape(message) or 'no reason given'} ({escape(code)})"), **facts)


def unanswered(error: Exception, action: str, *, changes: bool) -> AwsError:
    """The domain error for a call that got no answer, or was never made."""
    facts = {"action": action, "code": type(error).__name__, "request_id": ""}
    said = escape(str(error))
    if isinstance(error, _NO_CREDENTIALS):
        return AwsCredentials(detail=f"{_sentence(said)} {_RENEW}", **facts)
    if isinstance(error, _CREDENTIALS_LATE):
        return AwsUnavailable(detail=f"the credentials could not be fetched: {said}", **facts)
    if isinstance(error, _NEVER_SENT):
        return AwsUnavailable(detail=said, **facts)
    if isinstance(error, _SENT):
        return (AwsUncertain if changes else AwsUnavailable)(detail=said, **facts)
    return AwsRefused(detail=_sentence(said), **facts)


def _denied(permission: re.Match[str], facts: dict[str, str]) -> AwsDenied:
    """Names the permission that was missing, which need not be the one of the call: think of iam:PassRole."""
    who, resource = permission["who"], (permission["resource"] or "").rstrip(".,;:")
    because = permission["because"].strip(" .")
    detail = f"{span(who)} needs it on {span(resource)}" if resource else f"{span(who)} needs it"
    if because and "identity-based policy allows" not in because:
        detail += f" ({escape(because.strip('()'))})"
    asked = {**facts, "action": permission["action"], "resource": resource, "who": who}
    denier = _NO_POLICY.search(because)
    policy, account = denier["policy"] if denier else "", _account(resource)
    kind: type[AwsDenied] = AwsDeniedToRole if is_ours(who) else AwsDenied
    if "explicit deny" in because:
        kind = AwsForbidden
    elif account and ("resource-based" in policy or (not because and account != _account(who))):
        kind = AwsDeniedByOwner
    elif policy and not policy.startswith(("identity-based", "resource-based")):
        kind = AwsDeniedByPolicy
    return kind(detail=f"{detail}.", account=account, policy=policy, **asked)


def _account(arn: str) -> str:
    """The account that an ARN names; empty where it names none."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" else ""


def _malformed(error: boto.ParamValidationError, action: str) -> AwsRefused:
    fields = [".".join(filter(None, found)) for found in _MALFORMED.findall(str(error))]
    named = ", ".join(span(field) for field in sorted(set(fields))) or "not named"
    return AwsRefused(
        action=action,
        detail=f"the request does not fit this version of boto3 (fields: {named}).",
        code=type(error).__name__,
        request_id="",
    )


def _is_race(message: str) -> bool:
    return any(race in message.lower() for race in RACES)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
