"""What the worker, the scheduler and the receiver of events read from the environment."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from deploys.catalogue.text_values import REGION_PATTERN
from deploys.settings import (
    Settings,
    SlackSettings,
    days_between,
    percent_between,
    refuse,
    seconds_between,
    split_url,
    url_with_scheme,
)
from deploys.stores.aws_budget import DEFAULT_PERCENT

MIN_KEY_LENGTH = 32
MAX_RETENTION_DAYS = 3660
MAX_WORKER_PROCESSES = 64


def _channel(value: Any) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]{6,}", str(value)):
        refuse(f"is {value!r}, which is not the id of a channel such as C0123ABCD.")
    return str(value)


def _split_keys(value: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in value.split(","))


def _long_keys(value: SecretStr) -> SecretStr:
    if short := [len(each) for each in _split_keys(value.get_secret_value()) if len(each) < MIN_KEY_LENGTH]:
        refuse(
            f"has a key of {short[0]} characters, but needs at least {MIN_KEY_LENGTH}; make one with "
            "`openssl rand -hex 32`."
        )
    return value


def _days(value: Any) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or not 1 <= int(value) <= MAX_RETENTION_DAYS:
        refuse(f"is {value!r}, but has to be a whole number of days from 1 to {MAX_RETENTION_DAYS}.")
    return int(value)


def _worker_processes(value: Any) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", str(value)) or not 1 <= int(value) <= MAX_WORKER_PROCESSES:
        refuse(f"is {value!r}, but has to be a whole number from 1 to {MAX_WORKER_PROCESSES}.")
    return int(value)


def _queue_url(value: Any) -> str:
    parts = split_url(str(value))
    if parts is None or parts.scheme not in ("https", "http") or not _QUEUE_PATH.fullmatch(parts.path):
        refuse(
            f"is {value!r}, which is not the URL of a queue such as "
            "https://sqs.eu-west-1.amazonaws.com/123456789012/slipway-events."
        )
    return str(value)


def _region_of(queue_url: str) -> str:
    """The region in the host of a queue's URL; empty if it has none, as behind a proxy."""
    parts = split_url(queue_url)
    found = _QUEUE_HOST.search(parts.hostname or "") if parts else None
    return found["region"] if found else ""


_QUEUE_PATH = re.compile(r"/[0-9]{12}/[A-Za-z0-9_-]{1,80}(\.fifo)?")
_QUEUE_HOST = re.compile(rf"(?:^|\.)sqs(?:-fips)?\.(?P<region>{REGION_PATTERN.strip('^$')})\.")
"""Also those of VPC endpoints and of other partitions (AWS general reference, "SQS endpoints")."""

AuditChannel = Annotated[str | None, BeforeValidator(_channel)]


class WorkerSettings(SlackSettings):
    """`worker`: moves deploys in ECS, and publishes them to Slack."""

    worker_processes: Annotated[int, BeforeValidator(_worker_processes)] = Field(
        default=2,
        description="How many workers `python -m workers` runs side by side. They share most of their "
        "memory, and one port for metrics.",
    )
    lease_seconds: Annotated[float, seconds_between(30, 600)] = Field(
        default=60.0,
        description="The longest that a worker has a deploy to itself while it runs one step (seconds). "
        "What a worker had that died is free sooner, after about 13 seconds.",
    )
    watch_seconds: Annotated[float, seconds_between(0.2, 60)] = Field(
        default=5.0,
        description="Seconds between two reads of a cluster's rollouts. From about 400 rollouts on, or if "
        "`AWS_BUDGET_PERCENT` is small, they are read less often.",
    )
    aws_budget_percent: Annotated[float, percent_between(1, 1000)] = Field(
        default=DEFAULT_PERCENT,
        description="Percent of the calls that AWS takes from one account in one region, as it publishes "
        "them, that all workers together make at most. The rest is left to others. Set the same for all: "
        "more than 100 only if AWS has raised your limits.",
    )
    settle_seconds: Annotated[float, seconds_between(20, 3600)] = Field(
        default=75.0,
        validate_default=True,  # a longer lease asks for a longer time here too
        description="Seconds after a deploy's end until its service is checked once more. Longer than "
        "LEASE_SECONDS, so that no call of a delayed step can come later.",
    )
    restore_tag_key: Annotated[SecretStr, AfterValidator(_long_keys)] = Field(
        description="Slipway's own key: it signs the tags by which a stopped service is brought back if "
        "Redis is lost. At least 32 characters, the same for every worker; make one with `openssl rand -hex "
        "32`. To replace it, write the new one in front, with a comma, and remove the old one when no "
        "stop-start deploy that began with it is under way.",
    )
    record_retention_days: Annotated[int, BeforeValidator(_days)] = Field(
        default=365,
        description="Days for which Redis keeps the record of a deploy after its end.",
    )
    message_retention_days: Annotated[float, days_between(1, 3650)] = Field(
        default=30.0,
        description="Days after a deploy's end until the texts of its thread, and what else its "
        "record quotes of AWS and of logs, are removed from Redis. Slack keeps its messages.",
    )
    aws_profile: str | None = Field(
        default=None, description="The profile of ~/.aws/config from which boto3 takes its credentials."
    )
    aws_endpoint_url: Annotated[
        str | None, url_with_scheme("https", "http", example="http://localhost:4566")
    ] = Field(
        default=None, description="Base address of AWS for boto3: a proxy, a VPC endpoint or the sandbox."
    )

    audit_channel: AuditChannel = Field(
        default=None,
        description="Id of a channel in which Slipway tells what people decided and what was refused. Invite "
        "the bot to it. The same for the workers and the scheduler. Without it nothing is told.",
    )

    @property
    def restore_tag_keys(self) -> tuple[str, ...]:
        """The keys; the first signs."""
        return _split_keys(self.restore_tag_key.get_secret_value())

    @field_validator("settle_seconds")
    @classmethod
    def _outlives_the_lease(cls, value: float, info: ValidationInfo) -> float:
        lease = info.data.get("lease_seconds")
        if lease is not None and value <= lease:
            refuse(f"is {value:g}, but has to be more than LEASE_SECONDS ({lease:g}).")
        return value


class SchedulerSettings(Settings):
    """`scheduler`: enqueues jobs for what is due. It needs only Redis."""

    audit_channel: AuditChannel = Field(
        default=None, description="As for the worker: it posts there, when the scheduler asks for it."
    )
    audit_retention_days: Annotated[int, BeforeValidator(_days)] = Field(
        default=365,
        description="Days for which the audit trail is kept in Redis. An entry takes about 1 kB, and a "
        "deploy has about 12.",
    )


class EventsSettings(Settings):
    """`events`: receives events of ECS. It needs Redis and the queue."""

    slipway_events_queue: Annotated[str | None, BeforeValidator(_queue_url)] = Field(
        default=None,
        description="URL of the SQS queue into which EventBridge puts events of ECS. Without it there are no "
        "events, and ECS is read every WATCH_SECONDS.",
    )

    @property
    def queue_region(self) -> str:
        """The queue's region: from its URL, or else the one of the process."""
        return _region_of(self.slipway_events_queue or "") or self.aws_region or self.aws_default_region or ""

    @field_validator("slipway_events_queue")
    @classmethod
    def _has_a_region(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and not (
            _region_of(value) or info.data.get("aws_region") or info.data.get("aws_default_region")
        ):
            refuse("names no AWS region, so AWS_REGION has to be set.")
        return value
