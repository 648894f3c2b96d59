"""Roles that are assumed for services, as in another account: the keys are there before they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from deploys.catalogue.nested_keys import Role
from deploys.errors import AwsCredentials, AwsDenied, AwsExplicitDeny, RoleDenied
from deploys.mrkdwn import code
from workers.ecs.aws.error_translation import aws_call

ASSUME_ROLE_ACTION = "sts:AssumeRole"
SESSION_SECONDS = 900
"""How long a role's keys last: the shortest that STS gives (STS API reference, AssumeRole, DurationSeconds).
A job takes less than a minute."""
RENEW_SECONDS = 120.0
"""Keys with less than this left are not used for a call."""
FRESH_SECONDS = 300.0
"""Keys with less than this left are not good enough before a call that changes something. It is more than
`RENEW_SECONDS`, so that such a call never waits for STS first, which its guard did not allow time for."""


@dataclass(frozen=True)
class TemporaryCredentials:
    """Temporary credentials. What is secret in them does not show when they are printed."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: float
    """On the clock of whoever fetched them (seconds)."""


class AssumedRole:
    """One role under one session name. Its keys are fetched on first use, and again before they end."""

    def __init__(
        self, role: Role, session_name: str, sts: Callable[[], Any], now: Callable[[], float]
    ) -> None:
        self.role = role
        self.session_name = session_name
        self._sts = sts
        self._now = now
        self._credentials: TemporaryCredentials | None = None
        self._fetching = RLock()

    def credentials(self) -> TemporaryCredentials:
        """Keys that are good for one call.

        Raises:
            RoleDenied: AWS does not let the workers assume it.
            AwsError: STS did not answer, or does not accept who the workers are.
        """
        return self._valid_for(RENEW_SECONDS)

    def ensure_fresh(self) -> None:
        """Makes sure that the next call needs no new keys. Raises as `keys`."""
        self._valid_for(FRESH_SECONDS)

    def _valid_for(self, seconds: float) -> TemporaryCredentials:
        with self._fetching:
            if self._credentials is None or self._credentials.expires_at - self._now() < seconds:
                self._credentials = self._fetch()
            return self._credentials

    def _fetch(self) -> TemporaryCredentials:
        # Counted from before the call, and not by AWS's time of the end, which needs both clocks to agree.
        ends = self._now() + SESSION_SECONDS
        request: dict[str, Any] = {
            "RoleArn": self.role.arn,
            "RoleSessionName": self.session_name,
            "DurationSeconds": SESSION_SECONDS,
        }
        if self.role.external_id:
            request["ExternalId"] = self.role.external_id
        try:
            with aws_call(ASSUME_ROLE_ACTION):
                given = self._sts().assume_role(**request)["Credentials"]
        except (AwsCredentials, AwsExplicitDeny):
            raise
        except AwsDenied as error:
            raise self._role_denied(error) from error
        return TemporaryCredentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], ends
        )

    def _role_denied(self, error: AwsDenied) -> RoleDenied:
        """AWS says the same whether the role is missing, trusts others or has another external id."""
        external = (
            "with the external id that stands in `services.yml`"
            if self.role.external_id
            else "without asking for an external id, as none stands in `services.yml`"
        )
        facts = {**error.facts, "role": code(self.role.arn), "external": external}
        return RoleDenied(**{**facts, "who": code(error.facts.get("who") or "the workers")})
