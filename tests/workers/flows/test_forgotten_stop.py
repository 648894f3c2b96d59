"""A request to go back that ECS takes and forgets: said once, and made good another way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from deploys.deploy import Outcome, Phase
from deploys.traffic import HookAction
from tests.workers.flows.natives import a_pause, configure, replies, until_over
from tests.workers.flows.test_native_trouble import paused
from tests.workers.yard import ALICE, BOB, Yard
from workers.ecs import rollouts, services

FORGOTTEN = (
    "ECS took the request to stop the rollout, and goes on with it all the same. So I set `{}` in an update "
    "instead, which starts its tasks anew."
)


@dataclass
class Forgotten:
    """Counts the requests that ECS takes and does nothing about."""

    asked: int = 0

    def __call__(self, *_: Any) -> None:
        self.asked += 1


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Forgotten:
    forgotten = Forgotten()
    monkeypatch.setattr(rollouts, "stop", forgotten)
    return forgotten


@pytest.mark.parametrize(("service", "old"), [("web", "web:17"), ("shop", "shop:31")])
def test_a_stop_that_ecs_forgets_is_asked_once_and_the_old_version_is_set_instead(
    yard: Yard, stop: Forgotten, service: str, old: str
) -> None:
    if service == "shop":
        configure(yard, "shop")
    deploy_id = yard.ask(service, "1.4.2")
    yard.until(lambda: yard.get(deploy_id).service_deployment_arn)
    asked_at = yard.ecs.now()
    yard.cancel(deploy_id)
    until_over(yard, deploy_id)

    assert stop.asked == 1
    assert replies(yard, deploy_id) == [
        f"Rolling back to `{old}`: cancelled by <@{ALICE}>.",
        FORGOTTEN.format(old),
        f"*Cancelled* by <@{ALICE}>: rolled back to `{old}`.",
    ]
    told = next(m for m in yard.get(deploy_id).milestones if m.text == FORGOTTEN.format(old))
    assert 30 <= told.at - asked_at < 60
    assert not told.broadcast
    assert yard.images_running(service) == {"1.4.0"}


def test_it_is_said_once_where_the_update_gets_no_answer_either(yard: Yard, stop: Forgotten) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).service_deployment_arn)
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING_BACK)
    yard.ecs.faults.add(operation="ecs:UpdateService", kind="throttle", times=2)
    yard.ecs.faults.add(operation="ecs:UpdateService", kind="timeout-after", skip=2)
    yard.until_over(deploy_id)

    assert replies(yard, deploy_id).count(FORGOTTEN.format("web:17")) == 1
    assert yard.get(deploy_id).outcome is Outcome.CANCELLED
    assert yard.images_running("web") == {"1.4.0"}


def test_a_rollout_that_completes_before_that_is_undone_without_blaming_ecs(
    yard: Yard, stop: Forgotten
) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).serving_at)
    yard.tick(15)
    yard.cancel(deploy_id)
    yard.until_over(deploy_id)

    assert stop.asked == 1
    assert replies(yard, deploy_id)[1:] == [
        f"Rolling back to `web:17`: cancelled by <@{ALICE}>.",
        f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`.",
    ]


def test_a_stale_look_after_that_update_is_no_way_back_that_does_not_hold(
    yard: Yard, stop: Forgotten, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = services.update

    def update(*args: Any, **changes: Any) -> Any:
        answer = real(*args, **changes)
        yard.ecs.faults.add(operation="DescribeServices", kind="stale", seconds=8, times=1)
        return answer

    deploy_id = yard.ask("web", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).service_deployment_arn)
    monkeypatch.setattr(services, "update", update)
    yard.cancel(deploy_id)
    yard.until_over(deploy_id)

    assert "does not hold" not in yard.said(deploy_id)


def test_roll_back_at_a_pause_that_ecs_forgets_is_said_once_and_what_happens_next(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = paused(yard, a_pause(minutes=60))
    monkeypatch.setattr(rollouts, "continue_", Forgotten())
    yard.answer(deploy_id, HookAction.ROLLBACK)
    until_over(yard, deploy_id)

    why = f"<@{BOB}> pressed *Roll back* at the pause once the test traffic has moved."
    assert replies(yard, deploy_id)[-3:] == [
        f"Rolling back to `shop:31`: {why}",
        "ECS took *Roll back*, and goes on with the rollout all the same. So I stop the rollout instead.",
        f"*Rolled back* to `shop:31`: {why}",
    ]
    assert len(yard.ecs.calls("StopServiceDeployment")) == 1
