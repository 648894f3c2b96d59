"""The facts of a service's policy, from its ECS service and the task definition that it runs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from deploys.errors import ImageUnreadable
from slipway.iam.service_facts import ServiceFacts
from workers.ecs.images.image_reference import find_ecr_repository, parse_image
from workers.ecs.state import RevisionState, ServiceState
from workers.ecs.task_definitions import containers_by_name


def facts_from_ecs(
    ecs_service: ServiceState, revision: RevisionState, *, may_be_scaled: bool
) -> ServiceFacts:
    """What the policy names.

    may_be_scaled: whether Application Auto Scaling scales it, or whether that is not known.
    """
    partition, region, account = _owner(ecs_service.arn)
    containers = list(containers_by_name(revision).values())
    return ServiceFacts(
        account=account,
        families=(revision.family,),
        passed_roles=_unique(_passed_roles(revision.raw, partition, account)),
        repositories=_unique(_repositories(containers, partition)),
        log_streams=_unique(_log_streams(containers, partition, region, account)),
        is_scaled=may_be_scaled,
        is_privileged=any(each.get("privileged") for each in containers),
    )


def _owner(arn: str) -> tuple[str, str, str]:
    _, partition, _, region, account, _ = arn.split(":", 5)
    return partition, region, account


def _passed_roles(raw: Any, partition: str, account: str) -> Iterator[str]:
    """ECS takes the name of a role, too, and answers what was registered (ECS API reference)."""
    for member in ("taskRoleArn", "executionRoleArn"):
        if role := cast("str", raw.get(member) or ""):
            yield role if role.startswith("arn:") else f"arn:{partition}:iam::{account}:role/{role}"


def _repositories(containers: list[dict[str, Any]], partition: str) -> Iterator[str]:
    """Of every container: a rollback checks the images that it does not change, too."""
    for container in containers:
        try:
            repository = find_ecr_repository(parse_image(container["image"]))
        except ImageUnreadable:
            continue
        if repository:
            where = f"{repository.region}:{repository.account}"
            yield f"arn:{partition}:ecr:{where}:repository/{repository.name}"


def _log_streams(
    containers: list[dict[str, Any]], partition: str, region: str, account: str
) -> Iterator[str]:
    """`prefix/container/task-id`; without a prefix, a stream has the id that the container's runtime gave it
    (ECS developer guide, awslogs log driver)."""
    for container in containers:
        configuration = container.get("logConfiguration") or {}
        options = configuration.get("options") or {}
        group = options.get("awslogs-group")
        if configuration.get("logDriver") != "awslogs" or not group:
            continue
        where = f"arn:{partition}:logs:{options.get('awslogs-region') or region}:{account}"
        prefix = options.get("awslogs-stream-prefix")
        stream = f"{prefix}/{container['name']}/*" if prefix else "*"
        yield f"{where}:log-group:{group}:log-stream:{stream}"


def _unique(items: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
