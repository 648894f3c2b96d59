"""boto3 clients: who Slipway is to AWS, how long a call may take, and where each client is kept."""

from __future__ import annotations

from collections.abc import Iterable
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config

from workers.ecs.answers import listen
from workers.ecs.calls import aws_call

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_logs import CloudWatchLogsClient

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
WORST_CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS
"""How long one call may take (seconds): a lease must have more than this left before a call that changes."""

WARMED = ("ecs", "ecr", "logs", "application-autoscaling")


def _config() -> Config:
    """No retries inside a call: a step that is tried again is the state machine's business."""
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        user_agent_extra="slipway",
    )


class Region:
    """The clients of one region, for one set of credentials. Each is built on first use and kept."""

    def __init__(self, aws: Aws, name: str) -> None:
        self.name = name
        self._aws = aws
        self._clients: dict[str, Any] = {}

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
    def scaling(self) -> ApplicationAutoScalingClient:
        """Application Auto Scaling."""
        return cast("ApplicationAutoScalingClient", self.client("application-autoscaling"))

    def elsewhere(self, name: str) -> Region:
        """Another region, with the same credentials: images and logs may live there."""
        return self if name == self.name else self._aws.region(name)

    def client(self, service: str) -> Any:
        """The client for this service, by boto3's name for it."""
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = self._aws.build(service, self.name)
        return client


class Aws:
    """Everything that Slipway may reach in AWS.

    Endpoints and credentials come from boto3's own environment (AWS_PROFILE, AWS_ENDPOINT_URL, ...). The
    clients of a region hang on one `Region` object, so a role to assume for some services is a second kind
    of `Region` and nothing that calls one has to change.
    """

    def __init__(self) -> None:
        with aws_call("any call"):
            self._session = boto3.Session()
        self._regions: dict[str, Region] = {}
        self._building = RLock()  # boto3 sessions are not safe for building clients in several threads

    def region(self, region: str) -> Region:
        """The region with this name: always the same object."""
        with self._building:
            return self._regions.setdefault(region, Region(self, region))

    def warm(self, regions: Iterable[str]) -> None:
        """Builds the clients of these regions, which takes a good part of a second, before a worker forks.

        Nothing is sent, so no connection is shared between processes.
        """
        for name in regions:
            for service in WARMED:
                self.region(name).client(service)

    def refresh_credentials(self) -> None:
        """Fetches credentials where they are missing or soon out of date, such as those of an assumed role.

        For a worker before it forks: else every job would fetch its own, within the time of its first call.
        """
        with aws_call("any call"):
            credentials = self._session.get_credentials()
            if credentials is not None:
                credentials.get_frozen_credentials()

    def build(self, service: str, region: str) -> Any:
        """A new client. `Region` keeps it."""
        with self._building, aws_call(f"any call to {service} in {region}"):
            client = self._session.client(service, region_name=region, config=_config())  # type: ignore[call-overload]
            listen(client)
            return client
