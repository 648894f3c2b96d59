"""boto3 clients: their credentials, their timeouts, and where each client is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config

from deploys.catalogue.nested_keys import Role
from deploys.catalogue.service import Service
from workers.ecs.aws.assumed_roles import AssumedRole, TemporaryCredentials
from workers.ecs.aws.aws_session import new_session
from workers.ecs.aws.call_budget import OWN_ACCOUNT, ask_before_calls
from workers.ecs.aws.call_metrics import watch_calls
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.aws.lease_check import LEASE_CHECK
from workers.ecs.aws.request_ids import REQUEST_IDS
from workers.ecs.aws.response_check import check_responses

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_logs import CloudWatchLogsClient

CONNECT_SECONDS = 2.0
"""Until a connection counts as failed: Linux repeats a lost SYN after one second (RFC 6298)."""
READ_SECONDS = 8.0
"""Until a call without an answer counts as failed. ECS answers within about a second."""
MAX_CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS
"""How long one call may take (seconds): nobody else may be able to take the deploy for longer than that when
a call begins that changes something (`deploys.stores.claim_holder.HEARTBEAT_SECONDS`)."""

ACCOUNT_RETRY_SECONDS = 300.0
"""After this long STS is asked again for the workers' account, if it did not answer (seconds)."""
SERVICES_BUILT_AHEAD = ("ecs", "ecr", "logs", "cloudwatch", "application-autoscaling")


def _config() -> Config:
    """Without retries inside a call: steps are retried by the engine."""
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        user_agent_extra="slipway",
    )


class RegionClients:
    """The clients of one region, for one set of credentials. Each is built at its first use and kept."""

    def __init__(self, aws: AwsClients, name: str, role: AssumedRole | None = None) -> None:
        self.name = name
        self._aws = aws
        self._role = role
        """The role whose credentials are used. None: the workers' own credentials."""
        self._credentials: TemporaryCredentials | None = None
        self._clients: dict[str, Any] = {}

    @property
    def account(self) -> str:
        """The account whose limits its calls count for, as the budget names it."""
        return self._aws.budget_account(self._role.account if self._role else "")

    @property
    def ecs(self) -> ECSClient:
        """Amazon ECS."""
        return cast("ECSClient", self.client("ecs"))

    @property
    def ecr(self) -> ECRClient:
        """Amazon ECR, private registries."""
        return cast("ECRClient", self.client("ecr"))

    @property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        return cast("CloudWatchLogsClient", self.client("logs"))

    @property
    def cloudwatch(self) -> CloudWatchClient:
        """CloudWatch alarms."""
        return cast("CloudWatchClient", self.client("cloudwatch"))

    @property
    def scaling(self) -> ApplicationAutoScalingClient:
        """Application Auto Scaling."""
        return cast("ApplicationAutoScalingClient", self.client("application-autoscaling"))

    def in_region(self, name: str) -> RegionClients:
        """Another region, with the same credentials: images and logs may be there."""
        if name == self.name:
            return self
        if self._role is None:
            return self._aws.region(name)
        return self._aws.region(name, self._role.role, self._role.session_name)

    def ensure_credentials(self) -> None:
        """Renews a role's credentials if they end soon, so that the next call does not have to.

        Raises:
            RoleDenied, AwsError: the service's role could not be assumed.
        """
        if self._role is not None:
            self._role.ensure_fresh()

    def client(self, service: str) -> Any:
        """The client of this AWS service, by boto3's name for it.

        Raises:
            RoleDenied, AwsError: the service's role could not be assumed.
        """
        credentials = self._role.credentials() if self._role else None
        if credentials is not self._credentials:
            self._credentials, self._clients = credentials, {}
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = self._aws.build_client(service, self.name, credentials)
        return client


class AwsClients:
    """All clients of AWS, by region and role.

    Endpoints and credentials come from boto3's own environment (AWS_PROFILE, AWS_ENDPOINT_URL, ...). Each
    region has one `RegionClients` object, and another for each role of a service, whose credentials come from
    STS. It is kept as long as this process, which a worker forks for some jobs.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, external_ids: dict[str, str] | None = None
    ) -> None:
        """external_ids: of the roles in services.yml, by ARN. No record has them."""
        with aws_call("any call"):
            self._session = new_session()
        self._now = now
        self._external_ids = {} if external_ids is None else external_ids
        self._regions: dict[tuple[str, AssumedRole | None], RegionClients] = {}
        self._assumed_roles: dict[tuple[Role, str], AssumedRole] = {}
        self._building = RLock()  # boto3 sessions are not safe for building clients in several threads
        self._own_account = ""
        """The number of the workers' own account; empty: not known, and not needed without roles."""
        self._role_regions: set[str] = set()
        """The regions of services with a role."""
        self._account_asked_at = -math.inf

    def build_for(self, services: Iterable[Service]) -> None:
        """Builds what these services need, before a worker forks. What is known of other roles is kept: a
        deploy under way goes back with the role that it came with."""
        known = list(services)
        for role in (each.role for each in known if each.role):
            if role.external_id:
                self._external_ids[role.arn] = role.external_id
        self.build_ahead({each.region for each in known})
        self._role_regions = {each.region for each in known if each.role}
        self.build_ahead(self._role_regions, ("sts",))

    def region(self, region: str, role: Role | None = None, session_name: str = "") -> RegionClients:
        """The clients of this region, with the credentials of the role if one is given: always the same
        object.

        session_name: the name of the role's session (`principals`); each session has its own credentials.
        """
        with self._building:
            assumed_role = self._assumed_role(role, session_name, region) if role else None
            return self._regions.setdefault((region, assumed_role), RegionClients(self, region, assumed_role))

    def for_service(self, service: Service, session_name: str) -> RegionClients:
        """The clients for a service: of its region, with its role. session_name: as for `region`."""
        role = service.role
        if role is not None and not role.external_id:
            role = Role(arn=role.arn, external_id=self._external_ids.get(role.arn, ""))
        return self.region(service.region, role, session_name)

    def _assumed_role(self, role: Role, session_name: str, region: str) -> AssumedRole:
        """STS is asked in the service's region: a global endpoint is one more thing that may fail."""
        kept = self._assumed_roles.get((role, session_name))
        if kept is None:
            kept = AssumedRole(role, session_name, lambda: self.region(region).client("sts"), self._now)
            self._assumed_roles[role, session_name] = kept
        return kept

    def build_ahead(self, regions: Iterable[str], services: Iterable[str] = SERVICES_BUILT_AHEAD) -> None:
        """Builds the clients of these regions before a worker forks: that takes almost a second.

        Nothing is sent, so processes share no connection.
        """
        for name in regions:
            for service in services:
                client = self.region(name).client(service)
                client.can_paginate(next(iter(client.meta.method_to_api_mapping)))  # reads how to paginate

    def refresh_credentials(self) -> None:
        """Fetches the workers' credentials if they are missing or end soon, for example those of an instance
        role.

        A worker does this before it forks: otherwise every job would fetch its own, during its first call.
        So it is with the number of their account, if a service has a role.
        """
        with aws_call("any call"):
            credentials = self._session.get_credentials()
            if credentials is not None:
                credentials.get_frozen_credentials()
        if self._role_regions and not self._own_account:
            self._find_own_account()

    def _find_own_account(self) -> None:
        """Asks STS, which answers whatever a policy says (STS API reference, GetCallerIdentity)."""
        now = self._now()
        if now - self._account_asked_at < ACCOUNT_RETRY_SECONDS:
            return
        self._account_asked_at = now
        with aws_call("sts:GetCallerIdentity"):
            answer = self.region(min(self._role_regions)).client("sts").get_caller_identity()
        self._own_account = answer["Account"]

    def budget_account(self, account: str) -> str:
        """The account as the budget names it: the workers' own one is the same with a role and without.

        account: its number; empty for the workers' own credentials. Until the own number is known, that of a
        role stands for an account of its own.
        """
        return OWN_ACCOUNT if account in ("", self._own_account) else account

    def build_client(self, service: str, region: str, credentials: TemporaryCredentials | None = None) -> Any:
        """A new client, with these credentials or else with the workers' own. `RegionClients` keeps it."""
        options = (
            {
                "aws_access_key_id": credentials.access_key,
                "aws_secret_access_key": credentials.secret_key,
                "aws_session_token": credentials.session_token,
            }
            if credentials
            else {}
        )
        with self._building, aws_call(f"any call to {service} in {region}"):
            client = self._session.client(service, region_name=region, config=_config(), **options)  # type: ignore[call-overload]
            ask_before_calls(client, self.budget_account(credentials.account if credentials else ""))
            check_responses(client)
            REQUEST_IDS.watch(client)
            watch_calls(client)
            LEASE_CHECK.watch(client)
            return client
