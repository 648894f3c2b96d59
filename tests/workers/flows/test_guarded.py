"""Each call that changes AWS is made right after the lease was found long enough for it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.client import BaseClient

from deploys.deploy import Outcome, Phase
from deploys.pauses import unanswered
from deploys.traffic import HookAction
from tests.workers.flows.natives import a_pause, configure, until, until_over
from tests.workers.flows.test_crashes import CHANGES
from tests.workers.flows.test_native import quiet, until_baking, watch_alarm
from tests.workers.yard import Yard
from workers.turn import Turn


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The changing calls of the worker that no guard stood before."""
    guards = 0
    found: list[str] = []
    real_guard, real_call = Turn.guard, BaseClient._make_api_call  # type: ignore[attr-defined]

    def guard(turn: Turn) -> None:
        nonlocal guards
        real_guard(turn)
        guards = 1

    def call(client: Any, operation: str, parameters: Any) -> Any:
        nonlocal guards
        if operation in CHANGES | {"ContinueServiceDeployment"}:
            if not guards:
                found.append(operation)
            guards = 0
        return real_call(client, operation, parameters)

    monkeypatch.setattr(Turn, "guard", guard)
    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return found


def without(found: list[str], *, of_the_test: int = 0) -> list[str]:
    """But for what the test itself did, first of all, in the place of the console."""
    return found[of_the_test:]


@pytest.mark.parametrize("action", list(HookAction))
def test_at_a_pause(yard: Yard, unguarded: list[str], action: HookAction) -> None:
    configure(yard, "shop", a_pause())
    deploy_id = yard.ask("shop", "1.4.2")
    until(yard, lambda: unanswered(yard.get(deploy_id)))
    yard.answer(deploy_id, action)
    until_over(yard, deploy_id)

    assert len(yard.ecs.calls("ContinueServiceDeployment")) == 1
    assert without(unguarded, of_the_test=1) == []


def test_when_it_is_stopped(yard: Yard, unguarded: list[str]) -> None:
    deploy_id = yard.ask("shop", "1.4.2")
    until(yard, lambda: unanswered(yard.get(deploy_id)))
    yard.cancel(deploy_id)
    until_over(yard, deploy_id)

    assert len(yard.ecs.calls("StopServiceDeployment")) == 1
    assert unguarded == []


def test_on_a_way_back_that_pauses(yard: Yard, unguarded: list[str]) -> None:
    watch_alarm(yard, "site", a_pause("POST_SCALE_UP"), rollback=False)
    deploy_id = yard.ask("site", "1.4.2")
    until(yard, lambda: unanswered(yard.get(deploy_id)))
    yard.answer(deploy_id, HookAction.CONTINUE)
    until_baking(yard, "site")
    quiet(yard, "ALARM")
    until_over(yard, deploy_id)

    assert len(yard.ecs.calls("ContinueServiceDeployment")) == 2
    assert without(unguarded, of_the_test=1) == []


@pytest.mark.parametrize("cancelled", [False, True])
@pytest.mark.parametrize("service", ["web", "ledger"])
def test_where_no_traffic_is_shifted(yard: Yard, unguarded: list[str], service: str, cancelled: bool) -> None:
    deploy_id = yard.ask(service, "1.4.2")
    yard.until(lambda: yard.get(deploy_id).phase in (Phase.AWAITING_APPROVAL, Phase.FOLLOWING))
    if yard.get(deploy_id).phase is Phase.AWAITING_APPROVAL:
        yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    if cancelled:
        yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is (Outcome.CANCELLED if cancelled else Outcome.SUCCEEDED)
    assert unguarded == []
