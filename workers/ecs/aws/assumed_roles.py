"""Roles that are assumed for services, for example in another account, and their temporary credentials."""

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
"""How long a role's credentials last: the shortest time that STS gives (STS API reference, AssumeRole,
DurationSeconds). A job takes less than a minute."""
RENEW_SECONDS = 120.0
"""Credentials with less time left are not used for a call (seconds)."""
FRESH_SECONDS = 300.0
"""Credentials with less time left are renewed before a call that changes something (seconds). It is more than
`RENEW_SECONDS`, so that such a call never waits for STS first: its guard allows no time for that."""


@dataclass(frozen=True)
class TemporaryCredentials:
    """Temporary credentials of a role. Printed, they do not show what is secret."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: float
    """On the clock of the AssumedRole that fetched them (seconds)."""
    account: str = field(default="", repr=False)
    """The role's account."""


class AssumedRole:
    """One role under one session name. Its credentials are fetched at first use and before they end."""

    def __init__(
        self, role: Role, session_name: str, sts: Callable[[], Any], now: Callable[[], float]
    ) -> None:
        self.role = role
        self.session_name = session_name
        self._sts = sts
        self._now = now
        self._credentials: TemporaryCredentials | None = None
        self._fetching = RLock()

    @property
    def account(self) -> str:
        """The account that it belongs to, whose limits its calls count for."""
        return self.role.arn.split(":")[4]

    def credentials(self) -> TemporaryCredentials:
        """Credentials that last for one call.

        Raises:
            RoleDenied: AWS does not let the workers assume it.
            AwsError: STS did not answer, or does not accept who the workers are.
        """
        return self._valid_for(RENEW_SECONDS)

    def ensure_fresh(self) -> None:
        """Makes sure that the next call needs no new credentials. Raises the errors of `credentials`."""
        self._valid_for(FRESH_SECONDS)

    def _valid_for(self, seconds: float) -> TemporaryCredentials:
        with self._fetching:
            if self._credentials is None or self._credentials.expires_at - self._now() < seconds:
                self._credentials = self._fetch()
            return self._credentials

    def _fetch(self) -> TemporaryCredentials:
        # Counted from before the call instead of from AWS's end time, which would need both clocks to agree.
        expires_at = self._now() + SESSION_SECONDS
        request: dict[str, Any] = {
            "RoleArn": self.role.arn,
            "RoleSessionName": self.session_name,
            "DurationSeconds": SESSION_SECONDS,
        }
        if self.role.external_id:
            request["ExternalId"] = self.role.external_id
        try:
            with aws_call(ASSUME_ROLE_ACTION):
                answer = self._sts().assume_role(**request)["Credentials"]
        except (AwsCredentials, AwsExplicitDeny):
            raise
        except AwsDenied as error:
            raise self._role_denied(error) from error
        return TemporaryCredentials(
            answer["AccessKeyId"],
            answer["SecretAccessKey"],
            answer["SessionToken"],
            expires_at,
            self.account,
        )

    def _role_denied(self, error: AwsDenied) -> RoleDenied:
        """AWS's answer is the same if the role is missing, trusts others or has another external id."""
        external = (
            "with the external id in `services.yml`"
            if self.role.external_id
            else "without an external id, because `services.yml` has none"
        )
        facts = {**error.facts, "role": code(self.role.arn), "external": external}
        return RoleDenied(**{**facts, "who": code(error.facts.get("who") or "the workers")})
