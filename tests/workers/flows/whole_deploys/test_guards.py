"""The lease is checked right before each call that changes AWS, with nothing in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from deploys.pauses import unanswered_pause
from deploys.records.phases import Outcome, Phase
from deploys.records.traffic import HookAction
from deploys.stores.deploy_store import DeployStore
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import (
    autoscale_billing,
    cancel_in_phase,
    run_crashing_version,
    run_to_success,
)
from tests.workers.flows.console_actions import READ_PREFIXES
from tests.workers.flows.native_deployments import (
    attach_alarm,
    configure_native_service,
    pause_hook,
    set_attached_alarm,
    wait_until,
    wait_until_baking,
    wait_until_ended,
)
from workers.step_context import StepContext


class CallSequence:
    """What the workers did, in order: guards, commits and AWS calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entries: list[str] = []
        self._record(monkeypatch, StepContext, "guard")
        self._record(monkeypatch, DeployStore, "commit")
        real = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if client.meta.config.user_agent_extra == "slipway":
                self.entries.append(operation)
            return real(client, operation, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)

    def _record(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        real = getattr(owner, name)

        def method(*args: Any, **given: Any) -> Any:
            self.entries.append(name)
            return real(*args, **given)

        monkeypatch.setattr(owner, name, method)

    def changes(self) -> list[tuple[str, str]]:
        """Each changing call, with what came right before it."""
        pairs = zip(["", *self.entries], self.entries, strict=False)
        return [(before, it) for before, it in pairs if it[0].isupper() and not it.startswith(READ_PREFIXES)]

    def unguarded(self) -> list[tuple[str, str]]:
        """The changing calls without a guard right before them."""
        return [pair for pair in self.changes() if pair[0] != "guard"]


@pytest.fixture
def call_sequence(monkeypatch: pytest.MonkeyPatch) -> CallSequence:
    return CallSequence(monkeypatch)


def run_rollout(harness: EngineHarness) -> Any:
    return harness.until_over(harness.request_deploy("web", "1.4.2"))


def run_rollback(harness: EngineHarness) -> Any:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)
    return harness.until_over(deploy_id)


@pytest.mark.parametrize(
    ("go", "outcome"),
    [
        (run_rollout, Outcome.SUCCEEDED),
        (run_rollback, Outcome.CANCELLED),
        (run_to_success, Outcome.SUCCEEDED),
        (run_crashing_version, Outcome.ROLLED_BACK),
        (cancel_in_phase(Phase.DRAINING), Outcome.CANCELLED),
        (cancel_in_phase(Phase.FOLLOWING), Outcome.CANCELLED),
    ],
    ids=["rolled out", "rolled back", "stopped and started", "crashing", "cancelled", "cancelled late"],
)
def test_each_change_is_guarded(
    harness: EngineHarness, call_sequence: CallSequence, go: Callable[[EngineHarness], Any], outcome: Outcome
) -> None:
    autoscale_billing(harness)

    assert go(harness).outcome is outcome

    assert call_sequence.changes()
    assert call_sequence.unguarded() == []


@pytest.mark.parametrize("action", list(HookAction))
def test_an_answer_at_a_pause_is_guarded(
    harness: EngineHarness, call_sequence: CallSequence, action: HookAction
) -> None:
    configure_native_service(harness, "shop", pause_hook())
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_until(harness, lambda: unanswered_pause(harness.get(deploy_id)))
    harness.answer_pause(deploy_id, action)
    wait_until_ended(harness, deploy_id)

    assert [change for _, change in call_sequence.changes()].count("ContinueServiceDeployment") == 1
    assert call_sequence.unguarded() == []


def test_stopping_a_rollout_is_guarded(harness: EngineHarness, call_sequence: CallSequence) -> None:
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_until(harness, lambda: unanswered_pause(harness.get(deploy_id)))
    harness.cancel(deploy_id)
    wait_until_ended(harness, deploy_id)

    assert [change for _, change in call_sequence.changes()].count("StopServiceDeployment") == 1
    assert call_sequence.unguarded() == []


def test_a_pause_during_the_rollback_is_continued_behind_a_guard(
    harness: EngineHarness, call_sequence: CallSequence
) -> None:
    attach_alarm(harness, "site", pause_hook("POST_SCALE_UP"), rollback=False)
    deploy_id = harness.request_deploy("site", "1.4.2")
    wait_until(harness, lambda: unanswered_pause(harness.get(deploy_id)))
    harness.answer_pause(deploy_id, HookAction.CONTINUE)
    wait_until_baking(harness, "site")
    set_attached_alarm(harness, "ALARM")
    wait_until_ended(harness, deploy_id)

    assert [change for _, change in call_sequence.changes()].count("ContinueServiceDeployment") == 2
    assert call_sequence.unguarded() == []
