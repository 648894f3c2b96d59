"""Right before each call that changes AWS, the time left of the lease is looked at: nothing comes between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from deploys.deploy import Outcome, Phase
from deploys.store import Store
from tests.workers.flows.scaled import cancel_in, crash, scaled, succeed
from tests.workers.yard import Yard
from workers.turn import Turn

READS = ("Describe", "List", "Get", "BatchGet", "AssumeRole")


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
    yard: Yard, monkeypatch: pytest.MonkeyPatch, go: Callable[[Yard], Any], outcome: Outcome
) -> None:
    scaled(yard)
    seen: list[str] = []
    noted(monkeypatch, Turn, "guard", lambda: seen.append("guard"))
    noted(monkeypatch, Store, "commit", lambda: seen.append("commit"))
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if client.meta.config.user_agent_extra == "slipway":
            seen.append(operation)
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)

    assert go(yard).outcome is outcome

    changes = [at for at, what in enumerate(seen) if what[0].isupper() and not what.startswith(READS)]
    assert changes
    assert [(seen[at - 1], seen[at]) for at in changes if seen[at - 1] != "guard"] == []


def noted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, note: Callable[[], None]) -> None:
    """Notes each call of this method, when it begins."""
    real = getattr(owner, name)

    def method(self: Any, *args: Any, **given: Any) -> Any:
        note()
        return real(self, *args, **given)

    monkeypatch.setattr(owner, name, method)
