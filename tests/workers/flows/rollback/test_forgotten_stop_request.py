"""ECS accepts a stop request and forgets it: Slipway reports it once and rolls back by an update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.traffic import HookAction
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.native_deployments import (
    configure_native_service,
    pause_hook,
    request_until_paused,
    thread_replies,
    wait_until_ended,
)
from workers.ecs import service_deployments, services

STOP_FORGOTTEN = (
    "ECS accepted the request to stop the rollout but continues it. So I set `{}` by an update instead, "
    "which starts its tasks again."
)


@dataclass
class ForgottenRequest:
    """Counts the requests that ECS accepts and ignores."""

    calls: int = 0

    def __call__(self, *_: Any) -> None:
        self.calls += 1


@pytest.fixture
def forgotten_stop(monkeypatch: pytest.MonkeyPatch) -> ForgottenRequest:
    forgotten = ForgottenRequest()
    monkeypatch.setattr(service_deployments, "stop", forgotten)
    return forgotten


@pytest.mark.parametrize(("service", "old"), [("web", "web:17"), ("shop", "shop:31")])
def test_a_stop_that_ecs_forgets_is_asked_once_and_the_old_version_is_set_instead(
    harness: EngineHarness, forgotten_stop: ForgottenRequest, service: str, old: str
) -> None:
    if service == "shop":
        configure_native_service(harness, "shop")
    deploy_id = harness.request_deploy(service, "1.4.2")
    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_desired)
    asked_at = harness.ecs.now()
    harness.cancel(deploy_id)
    wait_until_ended(harness, deploy_id)

    assert forgotten_stop.calls == 1
    assert thread_replies(harness, deploy_id) == [
        f"Rolling back to `{old}`: cancelled by <@{ALICE}>.",
        STOP_FORGOTTEN.format(old),
        f"*Cancelled* by <@{ALICE}>: rolled back to `{old}`.",
    ]
    message = next(m for m in harness.get(deploy_id).thread_messages if m.text == STOP_FORGOTTEN.format(old))
    assert 30 <= message.at - asked_at < 60
    assert not message.broadcast
    assert harness.running_tags(service) == {"1.4.0"}


def test_it_is_said_once_where_the_update_gets_no_answer_either(
    harness: EngineHarness, forgotten_stop: ForgottenRequest
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_desired)
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    harness.ecs.faults.add(operation="ecs:UpdateService", kind="throttle", times=2)
    harness.ecs.faults.add(operation="ecs:UpdateService", kind="timeout-after", skip=2)
    harness.until_over(deploy_id)

    assert thread_replies(harness, deploy_id).count(STOP_FORGOTTEN.format("web:17")) == 1
    assert harness.get(deploy_id).outcome is Outcome.CANCELLED
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_rollout_that_completes_before_that_is_undone_without_blaming_ecs(
    harness: EngineHarness, forgotten_stop: ForgottenRequest
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)
    harness.tick(15)
    harness.cancel(deploy_id)
    harness.until_over(deploy_id)

    assert forgotten_stop.calls == 1
    assert thread_replies(harness, deploy_id)[1:] == [
        f"Rolling back to `web:17`: cancelled by <@{ALICE}>.",
        f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`.",
    ]


def test_a_stale_look_after_that_update_is_no_rollback_that_does_not_hold(
    harness: EngineHarness, forgotten_stop: ForgottenRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = services.update

    def update(*args: Any, **changes: Any) -> Any:
        answer = real(*args, **changes)
        harness.ecs.faults.add(operation="DescribeServices", kind="stale", seconds=8, times=1)
        return answer

    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(10)
    monkeypatch.setattr(services, "update", update)
    harness.cancel(deploy_id)
    harness.until_over(deploy_id)

    assert "does not hold" not in harness.thread_text(deploy_id)


def test_roll_back_at_a_pause_that_ecs_forgets_is_said_once_and_what_happens_next(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = request_until_paused(harness, pause_hook(minutes=60))
    monkeypatch.setattr(service_deployments, "continue_past_hook", ForgottenRequest())
    harness.answer_pause(deploy_id, HookAction.ROLLBACK)
    wait_until_ended(harness, deploy_id)

    why = f"<@{BOB}> pressed *Roll back* at the pause once the test traffic has moved."
    assert thread_replies(harness, deploy_id)[-3:] == [
        f"Rolling back to `shop:31`: {why}",
        "ECS accepted *Roll back* but continues the rollout. So I stop the rollout instead.",
        f"*Rolled back* to `shop:31`: {why}",
    ]
    assert len(harness.ecs.calls("StopServiceDeployment")) == 1
