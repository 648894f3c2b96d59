"""A worker is killed at any call: another one takes over, and the deploy still ends well."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.strict_order import assert_strict_order
from tests.workers.flows.worker_kills import assert_clean_end, kill_worker, run_to_end


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_rolling_deploy_survives_a_death_at_each_change(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with kill_worker(monkeypatch, at_call=at, after=after) as made:
        deploy = run_to_end(harness, "web", "1.4.2")

    assert len(made) >= at, "the death never came"
    assert deploy.outcome is Outcome.SUCCEEDED
    assert_clean_end(harness, deploy, "web", 3)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6])
def test_a_stop_start_deploy_survives_a_death_at_each_change(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with kill_worker(monkeypatch, at_call=at, after=after) as made:
        deploy = run_to_end(harness, "billing", "1.4.2")

    assert len(made) >= at, "the death never came"
    assert deploy.outcome is Outcome.SUCCEEDED
    assert_clean_end(harness, deploy, "billing", 2)
    assert_strict_order(harness, "billing")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [5, 6, 7, 8])
def test_the_rollback_of_a_stop_start_deploy_survives_a_death_at_each_change(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with kill_worker(monkeypatch, at_call=at, after=after) as made:
        deploy = run_to_end(harness, "billing", "1.4.2", cancel_in=Phase.FOLLOWING)

    assert len(made) >= at, "the death never came"
    assert deploy.outcome is Outcome.CANCELLED
    assert_clean_end(harness, deploy, "billing", 2)
    assert_strict_order(harness, "billing")


def test_the_changes_of_clean_runs_are_all_covered(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kill_worker(monkeypatch, at_call=0, after=False) as made:
        run_to_end(harness, "web", "1.4.2")
        rolling = len(made)
        run_to_end(harness, "billing", "1.4.2")
        stop_start = len(made) - rolling
        run_to_end(harness, "ledger", "1.4.2", cancel_in=Phase.FOLLOWING)
        back = len(made) - rolling - stop_start

    assert (rolling, stop_start, back) == (2, 6, 9)
