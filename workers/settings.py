"""What the worker and the scheduler read from the environment."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from deploys.settings import Settings, SlackSettings, days_between, refuse, seconds_between, url_with_scheme

MIN_KEY_LENGTH = 32
MAX_RETENTION_DAYS = 3660


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


AuditChannel = Annotated[str | None, BeforeValidator(_channel)]


class WorkerSettings(SlackSettings):
    """`worker`: moves deploys in ECS, and publishes them to Slack."""

    lease_seconds: Annotated[float, seconds_between(30, 600)] = Field(
        default=60.0,
        description="The longest that a worker has a deploy to itself while it runs one step (seconds). "
        "What a worker had that died is free sooner, after about 13 seconds.",
    )
    watch_seconds: Annotated[float, seconds_between(0.2, 60)] = Field(
        default=5.0, description="Seconds between two reads of a cluster's rollouts."
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
