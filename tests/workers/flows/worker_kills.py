"""Workers that are killed at an AWS call, and what must hold after every end."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.workers.engine_harness import EngineHarness

CHANGING_OPERATIONS = {
    "RegisterTaskDefinition",
    "UpdateService",
    "TagResource",
    "UntagResource",
    "StopServiceDeployment",
    "RunTask",
    "StopTask",
    "RegisterScalableTarget",
}


class WorkerKilled(BaseException):
    """kill -9 in the middle of a step."""


@contextmanager
def kill_worker(
    monkeypatch: pytest.MonkeyPatch, *, at_call: int, after: bool, operations: Set[str] = CHANGING_OPERATIONS
) -> Iterator[list[str]]:
    """Kills the worker at its n-th changing call, before or after AWS gets it."""
    made: list[str] = []
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation not in operations:
            return real(client, operation, parameters)
        made.append(operation)
        if len(made) == at_call and not after:
            raise WorkerKilled
        answer = real(client, operation, parameters)
        if len(made) == at_call:
            raise WorkerKilled
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield made


def run_to_end(harness: EngineHarness, service: str, tag: str, *, cancel_in: Phase | None = None) -> Deploy:
    """Runs a deploy to its end; another worker continues if one is killed."""
    deploy_id = harness.request_deploy(service, tag)
    cancelled = False
    deadline = harness.ecs.now() + 3000
    while (deploy := harness.get(deploy_id)).phase is not Phase.ENDED:
        assert harness.ecs.now() < deadline, harness.describe_deploys()
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.approval.decisions:
            harness.approve(deploy_id)
        if cancel_in is deploy.phase and not cancelled:
            harness.cancel(deploy_id)
            cancelled = True
        try:
            harness.run_next_due(deadline)
        except WorkerKilled:
            harness.expire_heartbeat(deploy_id)
            harness.engine = harness.new_engine()
    return deploy


def assert_clean_end(harness: EngineHarness, deploy: Deploy, service: str, count: int) -> None:
    """Checks what must hold after every end."""
    assert harness.describe_service(service)["desiredCount"] == count
    assert harness.running_tags(service) == {deploy.tag if deploy.outcome is Outcome.SUCCEEDED else "1.4.0"}
    assert harness.store.service_queue(service) == []
    assert harness.store.due(harness.ecs.now() + 1e6) == []
    assert harness.store.active() == []
    mine = [
        arn
        for arn in harness.ecs.client("ecs").list_task_definitions(familyPrefix=service)["taskDefinitionArns"]
        if deploy_id_of(harness, arn) == deploy.id
    ]
    assert len(mine) == 1, "registered more than once"


def deploy_id_of(harness: EngineHarness, arn: str) -> str | None:
    answer = harness.ecs.client("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    return next((tag["value"] for tag in answer["tags"] if tag["key"] == "slipway:deploy"), None)
