"""Looks that come before the first pass of ECS's scheduler: PRIMARY wants 0 tasks, and has none pending."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploys.deploy import Outcome, Phase, Rollout
from tests.workers.flows.followed import begin_elsewhere, follow
from tests.workers.flows.natives import configure
from tests.workers.flows.test_rollout import OLD, OTHERS, a_deployment, service_with
from tests.workers.yard import Yard
from workers.flows.rollout import in_progress
from workers.thread import progress


@pytest.fixture
def late_scheduler(yard: Yard) -> None:
    """ECS's scheduler looks 12 seconds after each change."""
    yard.ecs.region.lifetimes = replace(yard.ecs.region.lifetimes, scheduler_lag=12.0)


def all_counts(yard: Yard, deploy_id: str) -> list[Rollout]:
    """What each look at the rollout showed, until the deploy is over."""
    seen: list[Rollout] = []
    zero = False
    while (deploy := yard.get(deploy_id)).phase is not Phase.ENDED:
        if deploy.phase in (Phase.FOLLOWING, Phase.LOOKING_ON) and deploy.rollout != Rollout():
            seen.append(deploy.rollout)
            assert "0 of 0" not in str(progress.count(deploy))
            assert ", 0 wanted" not in progress.counts(deploy)
            primary = yard.service(deploy.service.ecs_service)["deployments"][0]
            zero = zero or primary["desiredCount"] == primary["pendingCount"] == 0
        yard.tick()
    assert zero, "ECS never showed PRIMARY before the first pass of its scheduler"
    return seen


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
    yard: Yard, service: str, tag: str, outcome: Outcome
) -> None:
    if service == "shop":
        configure(yard, service)
    wanted = yard.service(service)["desiredCount"]
    deploy_id = yard.ask(service, tag, approvals=0)

    counts = all_counts(yard, deploy_id)

    assert {seen.new_desired for seen in counts} == {wanted}
    assert yard.get(deploy_id).outcome is outcome


@pytest.mark.usefixtures("late_scheduler")
def test_a_rollout_that_is_only_followed_has_its_counts_too(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.2")
    deploy_id = follow(yard)

    counts = all_counts(yard, deploy_id)

    assert {seen.new_desired for seen in counts} == {3}
    assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED


def test_where_ecs_tells_no_state_a_rollout_that_has_not_begun_is_in_progress() -> None:
    primary = replace(a_deployment(state=""), desired=0, running=0)
    before = replace(a_deployment(OTHERS, OLD), status="ACTIVE", running=0, pending=0)
    seen = replace(service_with(primary), deployments=(primary, before), desired=3)

    assert in_progress(seen) is primary
