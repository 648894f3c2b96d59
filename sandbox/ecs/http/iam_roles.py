"""IAM roles that may be assumed, and the keys that STS gave out for them. Making the keys is moto's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.ecs.http.responses import AwsResponse, error_response

_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):role/(?:\S+/)?(?P<name>[\w+=,.@-]{1,64})")
_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")
_EXPIRATION = re.compile(rb"<Expiration>[^<]*</Expiration>")
_HOUR = 3600


@dataclass(frozen=True)
class RoleSession:
    """What some keys stand for."""

    arn: str
    """As AWS names it in its refusals."""
    expires_at: float
    """Seconds since the epoch."""


class IamRoles:
    """Roles by their ARNs. Who may assume one is not asked: its external id is, where it has one."""

    def __init__(self) -> None:
        self._external_ids: dict[str, str] = {}
        self._sessions: dict[str, RoleSession] = {}

    def add_role(self, arn: str, external_id: str) -> str:
        """Let a role be assumed; returns its account. Raises ValueError for what is no role's ARN."""
        role = _ARN.fullmatch(arn)
        if role is None:
            raise ValueError(
                f"{arn!r} is not the ARN of a role, such as arn:aws:iam::210987654321:role/slipway"
            )
        self._external_ids[arn] = external_id
        return role["account"]

    def can_assume(self, params: dict[str, Any]) -> bool:
        """Whether STS would say yes. It takes an external id where the role asks for none."""
        wanted = self._external_ids.get(params.get("RoleArn", ""))
        return wanted is not None and wanted in ("", params.get("ExternalId", ""))

    def remember_session(self, params: dict[str, Any], answer: AwsResponse, now: float) -> AwsResponse:
        """Take note of the keys in moto's answer, which end by the sandbox's clock."""
        role, key = _ARN.fullmatch(params["RoleArn"]), _KEY.search(answer.body)
        if answer.status >= 400 or role is None or key is None:
            return answer
        ends = now + int(params.get("DurationSeconds") or _HOUR)
        arn = f"arn:aws:sts::{role['account']}:assumed-role/{role['name']}/{params['RoleSessionName']}"
        self._sessions[key[1].decode()] = RoleSession(arn, ends)
        told = datetime.fromtimestamp(ends, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = _EXPIRATION.sub(f"<Expiration>{told}</Expiration>".encode(), answer.body)
        return AwsResponse(answer.status, answer.headers, body)

    def find_session(self, access_key: str) -> RoleSession | None:
        """Who these keys stand for; None where they are not a role's."""
        return self._sessions.get(access_key)


def expired_token_response(service: str) -> AwsResponse:
    """What AWS says to keys that have ended."""
    message = "The security token included in the request is expired"
    if service == "sts":
        return error_response(service, "ExpiredToken", message, 403)
    return error_response(service, "ExpiredTokenException", message)
