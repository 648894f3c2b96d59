"""ECS's limits: 100 tasks, 100 events, the rate of registrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import NOW
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.ecs_state_builders import a_deployment, service_with
from tests.workers.flows.strict_order import assert_strict_order
from tests.workers.flows.worker_kills import assert_clean_end
from workers.ecs.reasons.cause_summary import find_causes
from workers.ecs.state import ServiceEventState
from workers.flows.observe.failure_evidence import are_events_truncated

FAILED_CHECK_EVENT = "(service web) (task {}) failed container health checks."


@pytest.mark.parametrize(
    ("before", "since", "expected"),
    [(0, 100, "(at least 100 times)"), (1, 99, "(99 times)"), (0, 99, "(99 times)")],
    ids=["more may be lost", "one is older", "fewer than ECS keeps"],
)
def test_only_the_newest_hundred_events_come_back_and_a_count_of_them_says_so(
    before: int, since: int, expected: str
) -> None:
    times = [NOW + 1] * since + [NOW - 1] * before
    events = tuple(ServiceEventState(str(n), at, FAILED_CHECK_EVENT.format(n)) for n, at in enumerate(times))
    ecs_service = replace(service_with(a_deployment()), events=events)

    (cause,) = find_causes((), events, NOW, events_may_be_missing=are_events_truncated(ecs_service, NOW))

    assert cause.text.endswith(expected)


def test_more_than_a_hundred_old_tasks_are_all_proven_stopped(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="billing", desiredCount=101)
    harness.until(lambda: harness.describe_service("billing")["runningCount"] == 101)
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "All 101 old tasks are proven STOPPED" in harness.thread_text(
        deploy_id, ThreadMessageKind.PROGRESS
    )
    assert_strict_order(harness, "billing")


@dataclass
class RegistrationLimit:
    """ECS's rate limit of RegisterTaskDefinition, as a token bucket; `refused` counts."""

    harness: EngineHarness
    burst: int
    refill_seconds: float
    """Seconds."""
    refused: int = 0

    @contextmanager
    def apply(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        real = BaseClient._make_api_call  # type: ignore[attr-defined]
        begun, taken = self.harness.ecs.now(), 0

        def call(client: Any, operation: str, parameters: Any) -> Any:
            nonlocal taken
            if operation == "RegisterTaskDefinition":
                if taken >= self.burst + (self.harness.ecs.now() - begun) // self.refill_seconds:
                    self.refused += 1
                    raise ClientError({"Error": {"Code": "ThrottlingException"}}, operation)
                taken += 1
            return real(client, operation, parameters)

        with monkeypatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", call)
            yield


def test_many_deploys_at_once_get_over_the_limit_on_registering_and_each_registers_once(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = {"web": 3, "api": 2, "site": 2}
    limit = RegistrationLimit(harness, burst=1, refill_seconds=10)
    with limit.apply(monkeypatch):
        ids = {name: harness.request_deploy(name, "1.4.2") for name in tasks}
        deploys = {name: harness.until_over(deploy_id) for name, deploy_id in ids.items()}

    assert limit.refused
    for name, deploy in deploys.items():
        assert deploy.outcome is Outcome.SUCCEEDED
        assert_clean_end(harness, deploy, name, tasks[name])
