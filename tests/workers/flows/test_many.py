"""More than ECS gives or takes at once: 100 tasks, 100 events, registrations beyond its rate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.builders import NOW
from tests.workers.flows.test_crashes import assert_sound
from tests.workers.flows.test_rollout import a_deployment, service_with
from tests.workers.flows.test_stop_start import assert_strict_order
from tests.workers.yard import Yard
from workers.ecs.seen import EventSeen
from workers.ecs.why import explain
from workers.flows.evidence import earlier_lost

FAILED_CHECK = "(service web) (task {}) failed container health checks."


@pytest.mark.parametrize(
    ("before", "since", "said"),
    [(0, 100, "(said at least 100 times)"), (1, 99, "(said 99 times)"), (0, 99, "(said 99 times)")],
    ids=["more may be lost", "one is older", "fewer than ECS keeps"],
)
def test_only_the_newest_hundred_events_come_back_and_a_count_of_them_says_so(
    before: int, since: int, said: str
) -> None:
    times = [NOW + 1] * since + [NOW - 1] * before
    events = tuple(EventSeen(str(n), at, FAILED_CHECK.format(n)) for n, at in enumerate(times))
    seen = replace(service_with(a_deployment()), events=events)

    (cause,) = explain((), events, NOW, earlier_lost=earlier_lost(seen, NOW))

    assert cause.endswith(said)


def test_more_than_a_hundred_old_tasks_are_all_proven_stopped(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="billing", desiredCount=101)
    yard.until(lambda: yard.service("billing")["runningCount"] == 101)
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "All 101 old tasks are proven STOPPED" in yard.said(deploy_id, MilestoneKind.PROGRESS)
    assert_strict_order(yard, "billing")


@dataclass
class Limit:
    """ECS's limit on RegisterTaskDefinition, as a token bucket; `refused` counts."""

    yard: Yard
    burst: int
    every: float
    """Seconds."""
    refused: int = 0

    @contextmanager
    def holds(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        real = BaseClient._make_api_call  # type: ignore[attr-defined]
        begun, taken = self.yard.ecs.now(), 0

        def call(client: Any, operation: str, parameters: Any) -> Any:
            nonlocal taken
            if operation == "RegisterTaskDefinition":
                if taken >= self.burst + (self.yard.ecs.now() - begun) // self.every:
                    self.refused += 1
                    raise ClientError({"Error": {"Code": "ThrottlingException"}}, operation)
                taken += 1
            return real(client, operation, parameters)

        with monkeypatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", call)
            yield


def test_many_deploys_at_once_get_over_the_limit_on_registering_and_each_registers_once(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = {"web": 3, "api": 2, "site": 2}
    limit = Limit(yard, burst=1, every=10)
    with limit.holds(monkeypatch):
        ids = {name: yard.ask(name, "1.4.2") for name in tasks}
        deploys = {name: yard.until_over(deploy_id) for name, deploy_id in ids.items()}

    assert limit.refused
    for name, deploy in deploys.items():
        assert deploy.outcome is Outcome.SUCCEEDED
        assert_sound(yard, deploy, name, tasks[name])
