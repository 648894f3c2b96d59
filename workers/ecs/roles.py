"""Roles that are assumed for services, as in another account: the keys are there before they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from deploys.catalogue.service import Role
from deploys.errors import AwsCredentials, AwsDenied, AwsForbidden, RoleDenied
from deploys.mrkdwn import code
from workers.ecs.calls import aws_call

ACTION = "sts:AssumeRole"
SESSION_SECONDS = 900
"""How long a role's keys last: the shortest that STS gives (STS API reference, AssumeRole, DurationSeconds).
A job takes less than a minute."""
RENEW_SECONDS = 120.0
"""Keys with less than this left are not used for a call."""
READY_SECONDS = 300.0
"""Keys with less than this left are not good enough before a call that changes something. It is more than
`RENEW_SECONDS`, so that such a call never waits for STS first, which its guard did not allow time for."""


@dataclass(frozen=True)
class Keys:
    """Temporary credentials. What is secret in them does not show when they are printed."""

    access_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    ends: float
    """On the clock of whoever fetched them (seconds)."""


class AssumedRole:
    """One role under one session name. Its keys are fetched on first use, and again before they end."""

    def __init__(self, role: Role, session: str, sts: Callable[[], Any], now: Callable[[], float]) -> None:
        self.role = role
        self.session = session
        self._sts = sts
        self._now = now
        self._keys: Keys | None = None
        self._fetching = RLock()

    def keys(self) -> Keys:
        """Keys that are good for one call.

        Raises:
            RoleDenied: AWS does not let the workers assume it.
            AwsError: STS did not answer, or does not accept who the workers are.
        """
        return self._with_left(RENEW_SECONDS)

    def ready(self) -> None:
        """Makes sure that the next call needs no new keys. Raises as `keys`."""
        self._with_left(READY_SECONDS)

    def _with_left(self, seconds: float) -> Keys:
        with self._fetching:
            if self._keys is None or self._keys.ends - self._now() < seconds:
                self._keys = self._fetch()
            return self._keys

    def _fetch(self) -> Keys:
        # Counted from before the call, and not by AWS's time of the end, which needs both clocks to agree.
        ends = self._now() + SESSION_SECONDS
        request: dict[str, Any] = {
            "RoleArn": self.role.arn,
            "RoleSessionName": self.session,
            "DurationSeconds": SESSION_SECONDS,
        }
        if self.role.external_id:
            request["ExternalId"] = self.role.external_id
        try:
            with aws_call(ACTION):
                given = self._sts().assume_role(**request)["Credentials"]
        except (AwsCredentials, AwsForbidden):
            raise
        except AwsDenied as error:
            raise self._denied(error) from error
        return Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], ends)

    def _denied(self, error: AwsDenied) -> RoleDenied:
        """AWS says the same whether the role is missing, trusts others or has another external id."""
        external = (
            "with the external id that stands in `services.yml`"
            if self.role.external_id
            else "without asking for an external id, as none stands in `services.yml`"
        )
        facts = {**error.facts, "role": code(self.role.arn), "external": external}
        return RoleDenied(**{**facts, "who": code(error.facts.get("who") or "the workers")})
