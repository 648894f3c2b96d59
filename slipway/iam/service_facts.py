"""What the policy of a service names that services.yml does not say: read in AWS, or a placeholder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploys.catalogue.service import Service

PLACEHOLDER = re.compile(
    r"\bACCOUNT(?:_OF_THE_WORKERS)?\b|\b(?:FAMILY|REPOSITORY|LOG_GROUP|TASK_ROLE|EXECUTION_ROLE)_OF_[\w-]+"
)
"""What a policy has in place of something that is not known."""

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
"""Of the regions that begin so (botocore's partitions.json); all others are in `aws`."""


@dataclass(frozen=True)
class ServiceFacts:
    """A service as ECS has it, as far as its permissions depend on that."""

    account: str
    """The account of the ECS service."""
    families: tuple[str, ...]
    """The families of its task definitions."""
    passed_roles: tuple[str, ...]
    """ARNs of the task role and the execution role."""
    repositories: tuple[str, ...]
    """ARNs of the private ECR repositories of its images."""
    log_streams: tuple[str, ...]
    """ARNs of its containers' log streams in CloudWatch Logs, with stars."""
    is_scaled: bool = True
    """Whether Application Auto Scaling scales it, or may, if that is not known."""
    is_privileged: bool = False
    """Whether a container is privileged."""


def unknown_facts(service: Service, account: str = "") -> ServiceFacts:
    """Placeholders for a service that was not read. account: if that is known."""
    account = account or (service.role.account if service.role else "ACCOUNT")
    partition = partition_of(service)
    here = f"{service.region}:{account}"
    return ServiceFacts(
        account=account,
        families=(f"FAMILY_OF_{service.name}",),
        passed_roles=tuple(
            f"arn:{partition}:iam::{account}:role/{kind}_OF_{service.name}"
            for kind in ("TASK_ROLE", "EXECUTION_ROLE")
        ),
        repositories=(f"arn:{partition}:ecr:{here}:repository/REPOSITORY_OF_{service.name}",),
        log_streams=(f"arn:{partition}:logs:{here}:log-group:LOG_GROUP_OF_{service.name}:log-stream:*",),
    )


def partition_of(service: Service) -> str:
    """The AWS partition that the service is in."""
    if service.role:
        return service.role.arn.split(":")[1]
    return partition_of_region(service.region)


def partition_of_region(region: str) -> str:
    """The AWS partition of a Region."""
    return next((name for begin, name in _PARTITIONS.items() if region.startswith(begin)), "aws")
