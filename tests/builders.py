"""Builders of records, so that a test names only what it is about."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.service import Pin, Service, Strategy
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.phases import Phase
from deploys.records.plan import ContainerChange, Plan
from deploys.records.request import DeployRequest
from deploys.records.restore_point import RestorePoint
from workers.tag_signature import TagSigner

NOW = 1_790_000_000.0
RESTORE_TAG_KEY = "a-key-of-the-tests-long-enough-to-sign-with"
SIGNER = TagSigner((RESTORE_TAG_KEY,))
ARN = "arn:aws:ecs:eu-west-1:123456789012"
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


def a_service(name: str = "web", **changes: Any) -> Service:
    """A rolling service that every member may deploy, by tag, so that tests read what runs."""
    fields: dict[str, Any] = {
        "name": name,
        "cluster": "production",
        "ecs_service": name,
        "region": "eu-west-1",
        "strategy": Strategy.ROLLING,
        "pin": Pin.TAG,
        "deployers": ("everyone",),
    }
    return Service(**{**fields, **changes})


def a_stop_start_service(name: str = "ledger", **changes: Any) -> Service:
    """A service that bob approves and that stops before it starts."""
    fields: dict[str, Any] = {
        "strategy": Strategy.STOP_START,
        "approvers": ("U02BOB0000",),
        "approvals": 1,
    }
    return a_service(name, **{**fields, **changes})


def a_native_service(name: str = "shop", **changes: Any) -> Service:
    """A service whose ECS service shifts traffic; bob lets it continue."""
    return a_service(name, **{"strategy": Strategy.NATIVE, "approvers": ("U02BOB0000",), **changes})


def a_plan(**changes: Any) -> Plan:
    """From 1.4.0 to 1.4.2."""
    fields: dict[str, Any] = {
        "old_revision": f"{ARN}:task-definition/web:1",
        "old_tag": "1.4.0",
        "changes": (
            ContainerChange(
                container="web", old_image=f"{REGISTRY}/web:1.4.0", new_image=f"{REGISTRY}/web:1.4.2"
            ),
        ),
        "digest": "sha256:" + "a" * 64,
        "desired_count": 3,
        "minimum_healthy_percent": 100,
        "maximum_percent": 200,
    }
    return Plan(**{**fields, **changes})


def a_deploy(service: Service | None = None, **changes: Any) -> Deploy:
    """`/deploy web 1.4.2`, asked for by alice in #deploys."""
    fields: dict[str, Any] = {
        "id": new_deploy_id(),
        "service": service or a_service(),
        "tag": "1.4.2",
        "request": DeployRequest(
            requester="U01ALICE00", team="T01SLIPWAY", channel="C01DEPLOYS", requested_at=NOW
        ),
        "phase": Phase.PLANNING,
        "phase_since": NOW,
    }
    return Deploy(**fields).evolve(**changes)


def a_batch(*deploys: Deploy, **changes: Any) -> tuple[Batch, list[Deploy]]:
    """What alice asked for at once, in #deploys; with the deploys as they belong to it."""
    batch_id = changes.pop("id", None) or new_deploy_id()
    fields: dict[str, Any] = {
        "id": batch_id,
        "name": ",".join(each.service.name for each in deploys),
        "tag": deploys[0].tag,
        "deploys": tuple(each.id for each in deploys),
        "request": DeployRequest(
            requester="U01ALICE00",
            team="T01SLIPWAY",
            channel="C01DEPLOYS",
            requested_at=deploys[0].request.requested_at,
        ),
    }
    return Batch(**fields).evolve(**changes), [each.evolve(batch_id=batch_id) for each in deploys]


def a_restore_point(**changes: Any) -> RestorePoint:
    """One task of ledger:1."""
    fields: dict[str, Any] = {
        "revision": f"{ARN}:task-definition/ledger:1",
        "desired_count": 1,
        "task_arns": (f"{ARN}:task/production/{'1' * 32}",),
    }
    return RestorePoint(**{**fields, **changes})
