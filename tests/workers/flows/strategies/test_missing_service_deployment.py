"""A rollout that shifts traffic, and whose service deployment ECS does not show."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.phases import Outcome
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.native_deployments import (
    configure_native_service,
    pause_hook,
    wait_until,
    wait_until_ended,
    waiting_hook_ids,
)
from workers.messages import rollback_reasons

DENIED = {"kind": "access-denied"}
UNKNOWN = {"kind": "error", "code": "UnsupportedFeatureException", "status": 400}


def hide_service_deployments(harness: EngineHarness, fault: dict[str, Any]) -> None:
    for operation in ("ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments"):
        harness.ecs.faults.add(operation=operation, times=None, **fault)


def wait_until_paused_in_ecs(harness: EngineHarness) -> None:
    wait_until(harness, lambda: waiting_hook_ids(harness, "site"))
    for _ in range(4):
        harness.tick(5)


def alerts_of_hidden_rollout(harness: EngineHarness, deploy_id: str) -> list[str]:
    alerts = [
        m
        for m in harness.get(deploy_id).thread_messages
        if m.kind is ThreadMessageKind.PROBLEM and m.broadcast
    ]
    return [m.text for m in alerts if m.text.startswith("*Needs attention*: ECS does not show me")]


@pytest.mark.parametrize("fault", [DENIED, UNKNOWN])
def test_what_cannot_be_seen_is_said_once_and_the_deadline_tells_what_it_counts(
    harness: EngineHarness, fault: dict[str, Any]
) -> None:
    configure_native_service(harness, "site", pause_hook("PRE_SCALE_UP"))
    hide_service_deployments(harness, fault)
    deploy_id = harness.request_deploy("site", "1.4.2", deadline=120)

    wait_until_paused_in_ecs(harness)

    [text] = alerts_of_hidden_rollout(harness, deploy_id)
    assert text.startswith(
        "*Needs attention*: ECS does not show me the progress of this rollout. Stages, traffic and pauses "
        "are not reported here, and no button answers a pause: answer it in ECS. The time at pauses counts "
        "towards the deadline of 2 min. ECS service deployments cannot be used here "
        "(ecs:DescribeServiceDeployments: "
    )
    assert rollback_reasons.rollout_overdue(harness.get(deploy_id)) == (
        "the rollout did not finish within its deadline of 2 min. Bake and step times do not count; the "
        "time at pauses does, as I did not see them."
    )


def test_nothing_is_missing_where_ecs_shows_it(harness: EngineHarness) -> None:
    configure_native_service(harness, "site", pause_hook("PRE_SCALE_UP"))
    deploy_id = harness.request_deploy("site", "1.4.2")

    wait_until_paused_in_ecs(harness)

    assert alerts_of_hidden_rollout(harness, deploy_id) == []


def test_where_no_traffic_is_shifted_nothing_was_promised(harness: EngineHarness) -> None:
    hide_service_deployments(harness, DENIED)
    deploy_id = harness.request_deploy("web", "1.4.2")

    harness.until_over(deploy_id)

    assert alerts_of_hidden_rollout(harness, deploy_id) == []


def test_ecs_own_rollback_is_not_taken_for_somebody_elses_deployment(harness: EngineHarness) -> None:
    hide_service_deployments(harness, DENIED)
    deploy_id = harness.request_deploy("shop", "1.5.0-crash")

    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        "*Rolled back* to `shop:31`: ECS rolls the new revision back."
    )
