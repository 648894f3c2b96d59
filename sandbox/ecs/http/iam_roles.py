"""IAM roles that can be assumed, and the sessions that STS opened for them. moto makes the keys."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from sandbox.ecs.http.responses import AwsResponse, error_response

_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):role/(?:\S+/)?(?P<name>[\w+=,.@-]{1,64})")
_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")
_EXPIRATION = re.compile(rb"<Expiration>[^<]*</Expiration>")
_HOUR = 3600


@dataclass(frozen=True)
class RoleSession:
    """The session of a role that a set of keys belongs to."""

    arn: str
    """As AWS names it in its error messages."""
    role: str
    """ARN of the role."""
    expires_at: float
    """Seconds since the epoch."""


class IamRoles:
    """Roles by their ARNs. Anybody may assume one who names its external id, if it has one."""

    def __init__(self) -> None:
        self._external_ids: dict[str, str] = {}
        self._sessions: dict[str, RoleSession] = {}

    def add_role(self, arn: str, external_id: str) -> str:
        """Add a role and return its account. Raises ValueError if `arn` is not the ARN of a role."""
        role = _ARN.fullmatch(arn)
        if role is None:
            raise ValueError(
                f"{arn!r} is not the ARN of a role, such as arn:aws:iam::210987654321:role/slipway"
            )
        self._external_ids[arn] = external_id
        return role["account"]

    def can_assume(self, params: dict[str, Any]) -> bool:
        """Whether STS would give out keys. It accepts an external id for a role that has none."""
        wanted = self._external_ids.get(params.get("RoleArn", ""))
        return wanted is not None and wanted in ("", params.get("ExternalId", ""))

    def exists(self, arn: str) -> bool:
        """Whether there is a role with this ARN, which includes its path."""
        return arn in self._external_ids

    def find_by_name(self, name: str) -> str | None:
        """The ARN of the role with this name; names are unique in an account, whatever the path."""
        return next((arn for arn in self._external_ids if arn.rsplit("/", 1)[-1] == name), None)

    def remember_session(self, params: dict[str, Any], answer: AwsResponse, now: float) -> AwsResponse:
        """Remember the keys in moto's answer. They expire by the sandbox's clock."""
        role, key = _ARN.fullmatch(params["RoleArn"]), _KEY.search(answer.body)
        if answer.status >= 400 or role is None or key is None:
            return answer
        expires_at = now + int(params.get("DurationSeconds") or _HOUR)
        arn = f"arn:aws:sts::{role['account']}:assumed-role/{role['name']}/{params['RoleSessionName']}"
        self._sessions[key[1].decode()] = RoleSession(arn, params["RoleArn"], expires_at)
        expiration = datetime.fromtimestamp(expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = _EXPIRATION.sub(f"<Expiration>{expiration}</Expiration>".encode(), answer.body)
        return AwsResponse(answer.status, answer.headers, body)

    def find_session(self, access_key: str) -> RoleSession | None:
        """The session that these keys belong to; None if they do not belong to a role."""
        return self._sessions.get(access_key)


def caller_identity_response(arn: str, account: str, access_key: str) -> AwsResponse:
    """GetCallerIdentity: of a session the ARN of the session, not of its role."""
    xml = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>{escape(arn)}</Arn><UserId>{escape(access_key)}</UserId>"
        f"<Account>{account}</Account></GetCallerIdentityResult>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )
    return AwsResponse(200, (("Content-Type", "text/xml"),), xml.encode())


def expired_token_response(service: str) -> AwsResponse:
    """The answer of AWS to keys that have expired."""
    message = "The security token included in the request is expired"
    if service == "sts":
        return error_response(service, "ExpiredToken", message, 403)
    return error_response(service, "ExpiredTokenException", message)
