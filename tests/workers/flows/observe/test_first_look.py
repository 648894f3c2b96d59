"""Reads before ECS's scheduler first runs: PRIMARY has desired count 0 and no pending tasks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import RolloutCounts
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.ecs_state_builders import OLD_REVISION, OTHER_DEPLOYMENT, a_deployment, service_with
from tests.workers.flows.external_rollouts import request_follow, start_external_rollout
from tests.workers.flows.native_deployments import configure_native_service
from workers.flows.observe.rollout_status import find_deployment_in_progress
from workers.thread import card_progress


@pytest.fixture
def late_scheduler(harness: EngineHarness) -> None:
    """ECS's scheduler runs 17 seconds after each change."""
    harness.ecs.region.durations = replace(harness.ecs.region.durations, scheduler_lag=17.0)


def collect_counts(harness: EngineHarness, deploy_id: str) -> list[RolloutCounts]:
    """The counts of each read of the rollout, until the deploy has ended."""
    rollouts: list[RolloutCounts] = []
    zero = False
    while (deploy := harness.get(deploy_id)).phase is not Phase.ENDED:
        if (
            deploy.phase in (Phase.FOLLOWING, Phase.FOLLOWING_EXTERNAL)
            and deploy.rollout.counts != RolloutCounts()
        ):
            rollouts.append(deploy.rollout.counts)
            assert "0 of 0" not in str(card_progress.task_count(deploy))
            assert ", 0 wanted" not in card_progress.counts_line(deploy)
            primary = harness.describe_service(deploy.service.ecs_service)["deployments"][0]
            zero = zero or primary["desiredCount"] == primary["pendingCount"] == 0
        harness.tick()
    assert zero, "ECS never showed PRIMARY before the first pass of its scheduler"
    return rollouts


@pytest.mark.usefixtures("late_scheduler")
@pytest.mark.parametrize(
    ("service", "tag", "outcome"),
    [
        ("web", "1.4.2", Outcome.SUCCEEDED),
        ("ledger", "1.4.2", Outcome.SUCCEEDED),
        ("shop", "1.4.2", Outcome.SUCCEEDED),
        ("web", "1.5.0-crash", Outcome.ROLLED_BACK),
        ("ledger", "1.5.0-crash", Outcome.ROLLED_BACK),
    ],
)
def test_the_counts_are_those_of_the_service_and_nothing_is_taken_for_an_end(
    harness: EngineHarness, service: str, tag: str, outcome: Outcome
) -> None:
    if service == "shop":
        configure_native_service(harness, service)
    wanted = harness.describe_service(service)["desiredCount"]
    deploy_id = harness.request_deploy(service, tag, approvals=0)

    counts = collect_counts(harness, deploy_id)

    assert {rollouts.new_desired for rollouts in counts} == {wanted}
    assert harness.get(deploy_id).outcome is outcome


@pytest.mark.usefixtures("late_scheduler")
def test_a_rollout_that_is_only_followed_has_its_counts_too(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.4.2")
    deploy_id = request_follow(harness)

    counts = collect_counts(harness, deploy_id)

    assert {rollouts.new_desired for rollouts in counts} == {3}
    assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED


def test_where_ecs_tells_no_state_a_rollout_that_has_not_begun_is_in_progress() -> None:
    primary = replace(a_deployment(state=""), desired=0, running=0)
    before = replace(a_deployment(OTHER_DEPLOYMENT, OLD_REVISION), status="ACTIVE", running=0, pending=0)
    ecs_service = replace(service_with(primary), deployments=(primary, before), desired=3)

    assert find_deployment_in_progress(ecs_service) is primary
