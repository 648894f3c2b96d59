"""What a load needs, and the simulation that the model is checked with."""

from __future__ import annotations

import pytest

from benchmarks.capacity import model
from benchmarks.capacity.model import Load, costs_of, need, round_seconds, seconds_until_all_began
from benchmarks.capacity.simulation import CONFIRM_SECONDS, STEP_SECONDS, Simulation, simulate
from benchmarks.percentiles import percentile
from tests.benchmarks.sample_results import COMPLETE, results

COSTS = costs_of(results(COMPLETE))


def test_the_costs_are_a_line_through_the_fewest_and_the_most_in_flight() -> None:
    assert COSTS is not None
    assert COSTS.worker_cpu_in_flight == pytest.approx(0.0004)
    assert COSTS.worker_cpu_idle == pytest.approx(0.046)
    assert COSTS.commands_in_flight == pytest.approx(2.0)
    assert COSTS.commands_idle == pytest.approx(80.0)


@pytest.mark.parametrize("missing", ["one_deploy", "redis", "ack", "in_flight/1000", "in_flight/10"])
def test_there_are_no_costs_without_one_of_their_figures(missing: str) -> None:
    assert costs_of(results({name: each for name, each in COMPLETE.items() if name != missing})) is None


def test_a_load_needs_workers_for_what_is_in_flight_and_for_what_begins() -> None:
    assert COSTS is not None
    load = Load(
        services=1000, deploys_per_hour=7200, accounts=10, rollout_seconds=500
    )  # 2/s, 1,000 in flight

    needed = need(load, COSTS)

    assert needed.in_flight == 1000
    assert needed.worker_cores == pytest.approx(0.046 + 0.4 + 2 * 0.5)
    assert needed.workers == 3
    assert needed.megabytes == 3 * 160 / 2
    assert (needed.schedulers, needed.web_processes) == (2, 2)
    assert needed.used["RegisterTaskDefinition"] == pytest.approx(0.4)
    assert needed.used["Slack's edits"] == pytest.approx(3.0)
    assert needed.used["Redis"] == pytest.approx((80 + 2000 + 2 * 1000) / (4000 * model.BUSY_SHARE))
    assert needed.used["DescribeServices, at a round of 5.3 s"] == pytest.approx(100 / 10 / 5.3 / 10)
    assert needed.round_seconds == 5.3
    assert needed.first_limit == "Slack's edits"


@pytest.mark.parametrize(
    ("accounts", "first"), [(1, "RegisterTaskDefinition"), (10, "Slack's messages"), (50, "Slack's messages")]
)
def test_one_account_is_limited_by_registering_and_many_by_slack(accounts: int, first: str) -> None:
    assert COSTS is not None
    needed = need(Load(services=1000, deploys_per_hour=1000, accounts=accounts), COSTS)
    without_edits = {name: used for name, used in needed.used.items() if name != "Slack's edits"}

    assert max(without_edits, key=lambda each: without_edits[each]) == first


def simulated(count: int) -> Simulation:
    return simulate(count, rollout_seconds=120, seconds=160, seed=7, in_flight=True)


@pytest.mark.parametrize("in_flight", [10, 100, 500])
def test_the_simulation_finds_every_end_within_a_round_and_the_second_read(in_flight: int) -> None:
    found = simulated(in_flight)

    assert len(found.lags) == in_flight
    assert max(found.lags) <= round_seconds(in_flight) + CONFIRM_SECONDS + 2


def test_the_simulation_never_asks_for_more_than_half_of_a_limit() -> None:
    found = simulated(1000)

    for start in found.looks[::50]:
        assert len([each for each in found.looks if start <= each < start + 10]) <= 50 + 10 * 10 + 1


def test_a_thousand_in_flight_make_the_round_longer_as_the_model_says() -> None:
    """All end within two minutes, so that the second reads take a part of the calls too."""
    found = simulated(1000)
    p50 = percentile(found.lags, 50)

    assert len(found.lags) == 1000
    assert p50 is not None
    assert round_seconds(1000) / 2 <= p50 <= 2 * round_seconds(1000)


def test_all_that_were_asked_for_at_once_begin_in_their_order_when_the_model_says() -> None:
    found = simulate(60, rollout_seconds=60, seconds=200, seed=1, in_flight=False)

    began = [each.began_at for each in found.deploys]
    assert began == sorted(each for each in began if each is not None)
    assert found.registered[-1] == pytest.approx(seconds_until_all_began(60), abs=2 + STEP_SECONDS)
    assert seconds_until_all_began(60, accounts=6) == 0


def test_ends_are_told_before_the_edits_that_slack_limits() -> None:
    """Ten ends a second for a minute: messages take 3.3 a second, edits 0.67."""
    found = simulate(100, rollout_seconds=30, seconds=120, seed=3, in_flight=True)

    assert len(found.told_after) == 100
    assert max(found.told_after) < 10
    assert len(found.edits) < 100
