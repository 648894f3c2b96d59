"""Cancels a deploy at the moment its record meets a condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from deploys.errors import Refused
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from tests.workers.engine_harness import BOB, EngineHarness


@dataclass
class Canceller:
    """Cancels as alice as soon as the record meets the condition, before the worker does anything else."""

    harness: EngineHarness
    condition: Callable[[Deploy], bool]
    nth: int = 1
    """The number of the matching record at which she cancels."""
    deploy_id: str = ""
    matches: int = 0
    refusal: Refused | None = None

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Wraps the store's claim and commit."""
        claim, commit = DeployStore.claim, DeployStore.commit

        def claimed(store: DeployStore, *args: Any, **kwargs: Any) -> Claim | None:
            found = claim(store, *args, **kwargs)
            if found and found.deploy.phase is Phase.WAITING:  # this phase is never committed
                self._cancel_if_due(found.deploy)
            return found

        def committed(store: DeployStore, *args: Any, **kwargs: Any) -> Claim:
            claim_left = commit(store, *args, **kwargs)
            self._cancel_if_due(claim_left.deploy)
            return claim_left

        monkeypatch.setattr(DeployStore, "claim", claimed)
        monkeypatch.setattr(DeployStore, "commit", committed)

    @property
    def has_cancelled(self) -> bool:
        """Whether the condition was met."""
        return self.matches >= self.nth

    def _cancel_if_due(self, deploy: Deploy) -> None:
        if deploy.id != self.deploy_id or self.has_cancelled or not self.condition(deploy):
            return
        self.matches += 1
        if self.has_cancelled:
            try:
                self.harness.cancel(deploy.id)
            except Refused as refused:
                self.refusal = refused


@dataclass
class ServiceBefore:
    """The state of a service before the deploy."""

    desired_count: int
    deployments: list[str]
    revision: str
    revisions: list[str]
    tasks: set[str]

    @classmethod
    def read(cls, harness: EngineHarness, name: str) -> ServiceBefore:
        service = harness.describe_service(name)
        ecs = harness.ecs.client("ecs")
        return cls(
            desired_count=service["desiredCount"],
            deployments=[deployment["id"] for deployment in service["deployments"]],
            revision=service["taskDefinition"],
            revisions=ecs.list_task_definitions(familyPrefix=name)["taskDefinitionArns"],
            tasks=set(ecs.list_tasks(cluster="production", serviceName=name)["taskArns"]),
        )


def is_in_phase(phase: Phase) -> Callable[[Deploy], bool]:
    """Whether the record is in this phase."""
    return lambda deploy: deploy.phase is phase


def request_reaching(harness: EngineHarness, phase: Phase, service: str) -> str:
    """Requests a deploy that passes through this phase; its id. Bob approves."""
    changes: dict[str, Any] = {"approvals": 1, "approvers": (BOB,)}
    if phase in (Phase.RESTORING, Phase.FOLLOWING_ROLLBACK):
        return harness.request_deploy(service, "1.5.0-slow", deadline=60, **changes)
    if phase is Phase.SETTLING and service == "web":
        harness.ecs.faults.add(operation="UpdateService", kind="timeout-after", seconds=0.05)
    return harness.request_deploy(service, "1.4.2", **changes)


def run_to_end(harness: EngineHarness, canceller: Canceller) -> Deploy:
    """Runs the deploy to its end."""

    def over() -> bool:
        deploy = harness.get(canceller.deploy_id)
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.approval.decisions and not deploy.cancel:
            harness.approve(deploy.id)
        return deploy.phase is Phase.ENDED

    harness.until(over)
    assert canceller.has_cancelled, "the moment never came"
    return harness.get(canceller.deploy_id)
