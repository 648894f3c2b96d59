"""Right before each call that changes AWS, the time left of the lease is looked at: nothing comes between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from deploys.deploy import Outcome, Phase
from deploys.pauses import unanswered
from deploys.store import Store
from deploys.traffic import HookAction
from tests.workers.flows.natives import a_pause, configure, until, until_over
from tests.workers.flows.scaled import cancel_in, crash, scaled, succeed
from tests.workers.flows.test_native import quiet, until_baking, watch_alarm
from tests.workers.yard import Yard
from workers.turn import Turn

READS = ("Describe", "List", "Get", "BatchGet", "AssumeRole")


class Order:
    """What workers did, in order: guards, commits and their calls of AWS."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        self._note(monkeypatch, Turn, "guard")
        self._note(monkeypatch, Store, "commit")
        real = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if client.meta.config.user_agent_extra == "slipway":
                self.seen.append(operation)
            return real(client, operation, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)

    def _note(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        real = getattr(owner, name)

        def method(*args: Any, **given: Any) -> Any:
            self.seen.append(name)
            return real(*args, **given)

        monkeypatch.setattr(owner, name, method)

    def changes(self) -> list[tuple[str, str]]:
        """Each changing call, behind what came right before it."""
        pairs = zip(["", *self.seen], self.seen, strict=False)
        return [(before, it) for before, it in pairs if it[0].isupper() and not it.startswith(READS)]

    def unguarded(self) -> list[tuple[str, str]]:
        """Those that no guard came right before."""
        return [pair for pair in self.changes() if pair[0] != "guard"]


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> Order:
    return Order(monkeypatch)


def roll(yard: Yard) -> Any:
    return yard.until_over(yard.ask("web", "1.4.2"))


def roll_back(yard: Yard) -> Any:
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.cancel(deploy_id)
    return yard.until_over(deploy_id)


@pytest.mark.parametrize(
    ("go", "outcome"),
    [
        (roll, Outcome.SUCCEEDED),
        (roll_back, Outcome.CANCELLED),
        (succeed, Outcome.SUCCEEDED),
        (crash, Outcome.ROLLED_BACK),
        (cancel_in(Phase.DRAINING), Outcome.CANCELLED),
        (cancel_in(Phase.FOLLOWING), Outcome.CANCELLED),
    ],
    ids=["rolled out", "rolled back", "stopped and started", "crashing", "cancelled", "cancelled late"],
)
def test_each_change_is_guarded(
    yard: Yard, order: Order, go: Callable[[Yard], Any], outcome: Outcome
) -> None:
    scaled(yard)

    assert go(yard).outcome is outcome

    assert order.changes()
    assert order.unguarded() == []


@pytest.mark.parametrize("action", list(HookAction))
def test_an_answer_at_a_pause_is_guarded(yard: Yard, order: Order, action: HookAction) -> None:
    configure(yard, "shop", a_pause())
    deploy_id = yard.ask("shop", "1.4.2")
    until(yard, lambda: unanswered(yard.get(deploy_id)))
    yard.answer(deploy_id, action)
    until_over(yard, deploy_id)

    assert [change for _, change in order.changes()].count("ContinueServiceDeployment") == 1
    assert order.unguarded() == []


def test_stopping_a_rollout_is_guarded(yard: Yard, order: Order) -> None:
    deploy_id = yard.ask("shop", "1.4.2")
    until(yard, lambda: unanswered(yard.get(deploy_id)))
    yard.cancel(deploy_id)
    until_over(yard, deploy_id)

    assert [change for _, change in order.changes()].count("StopServiceDeployment") == 1
    assert order.unguarded() == []


def test_a_pause_on_the_way_back_is_continued_behind_a_guard(yard: Yard, order: Order) -> None:
    watch_alarm(yard, "site", a_pause("POST_SCALE_UP"), rollback=False)
    deploy_id = yard.ask("site", "1.4.2")
    until(yard, lambda: unanswered(yard.get(deploy_id)))
    yard.answer(deploy_id, HookAction.CONTINUE)
    until_baking(yard, "site")
    quiet(yard, "ALARM")
    until_over(yard, deploy_id)

    assert [change for _, change in order.changes()].count("ContinueServiceDeployment") == 2
    assert order.unguarded() == []
