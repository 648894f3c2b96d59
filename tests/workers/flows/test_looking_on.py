"""`/deploy follow web`: somebody else's rollout is followed to its end, and nothing of it is changed."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from deploys.errors import NotADeployer
from tests.workers.flows.followed import begin_elsewhere, changing, ending, follow, steady
from tests.workers.yard import ALICE, Yard


def test_a_rollout_that_succeeds_is_followed_to_its_end(yard: Yard) -> None:
    theirs = begin_elsewhere(yard, "1.4.2")
    yard.ecs.advance(3)
    before = changing(yard)

    deploy_id = follow(yard)
    seen = yard.until_phase(deploy_id, Phase.LOOKING_ON)
    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.tag) == (Outcome.SUCCEEDED, "1.4.2")
    assert seen.deployment_id == theirs
    assert steady(yard.said(deploy_id, MilestoneKind.PROGRESS)) == (
        "Following deployment `ecs-svc/N`, begun THEN: it moves `web` to `1.4.2` (revision `web:18`). I did "
        "not begin it. I look on and change nothing; deploys of `web` wait until it is over."
    )
    assert ending(yard, deploy_id) == (
        "*Succeeded.* The rollout that I followed is over: `web` runs `1.4.2` (revision `web:18`), 3 of 3 "
        "new tasks running, after SOME TIME."
    )
    assert changing(yard) == before
    assert yard.leftovers() == []


def test_its_counts_are_shown_while_it_goes(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.2")
    deploy_id = follow(yard)

    yard.until(lambda: yard.get(deploy_id).rollout.new_running == 3)

    rollout = yard.get(deploy_id).rollout
    assert (rollout.new_desired, rollout.old_running) == (3, 3)
    assert yard.get(deploy_id).plan is not None


def test_a_rollout_that_ecs_rolls_back_is_explained(yard: Yard) -> None:
    begin_elsewhere(yard, "1.5.0-crash")
    before = changing(yard)

    deploy_id = follow(yard)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    told = ending(yard, deploy_id)
    assert told.startswith(
        "*Rolled back* to `web:17`, by ECS and not by me: ECS gave up on the new revision and rolls back by "
        "itself"
    )
    assert "exited with code 1" in told
    assert changing(yard) == before


def test_trouble_is_told_while_it_goes_on(yard: Yard) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    yard.ecs.client("ecs").update_service(
        cluster="production", service="web", deploymentConfiguration=breaker
    )
    begin_elsewhere(yard, "1.5.0-crash")
    deploy_id = follow(yard)

    yard.until(lambda: yard.said(deploy_id, MilestoneKind.TROUBLE))

    told = yard.said(deploy_id, MilestoneKind.TROUBLE)
    assert told.startswith("New tasks are in trouble; ECS goes on trying:")
    assert yard.get(deploy_id).live


def test_the_breakers_progress_is_on_the_record(yard: Yard) -> None:
    begin_elsewhere(yard, "1.5.0-crash")
    deploy_id = follow(yard)

    yard.until(lambda: yard.get(deploy_id).rollout.failed_tasks)

    assert yard.get(deploy_id).rollout.breaker_threshold == 3


def test_a_rollout_that_fails_without_a_way_back_is_called_failed(yard: Yard) -> None:
    yard.ecs.client("ecs").update_service(
        cluster="production",
        service="web",
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": False}},
    )
    begin_elsewhere(yard, "1.5.0-crash")

    deploy_id = follow(yard)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert ending(yard, deploy_id).startswith(
        "*Failed*: the rollout to `1.5.0-crash` (revision `web:18`) was stopped. ECS says: `Service "
        "deployment stopped because the circuit breaker threshold was exceeded`. ECS does not bring back "
        "what ran before. The service is set to 3 tasks of `web:18`, and 3 tasks of `web:17` run. I only "
        "followed it and changed nothing. `/deploy web 1.4.0` brings back what ran before; `/deploy web TAG` "
        "rolls out another version.\n• "
    )


def test_a_newer_one_supersedes_it_and_can_be_followed_in_turn(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.1")
    deploy_id = follow(yard)
    yard.until_phase(deploy_id, Phase.LOOKING_ON)
    begin_elsewhere(yard, "1.4.2")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert ending(yard, deploy_id) == (
        "*Superseded*: a newer deployment `ecs-svc/N` moves the service to `web:19`, so the rollout that I "
        "followed goes no further. `/deploy follow web` follows the newer one."
    )
    assert yard.until_over(follow(yard)).outcome is Outcome.SUCCEEDED


def test_without_service_deployments_the_deployments_list_tells(yard: Yard) -> None:
    yard.ecs.faults.add(kind="access-denied", operation="ListServiceDeployments", times=1000)
    begin_elsewhere(yard, "1.4.2")

    assert yard.until_over(follow(yard)).outcome is Outcome.SUCCEEDED


def test_nothing_in_progress_is_refused_with_what_runs(yard: Yard) -> None:
    deploy_id = follow(yard)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert ending(yard, deploy_id) == (
        "*Refused*, nothing was changed: No deployment of `web` is in progress, so there is nothing to "
        "follow. It was set to `1.4.0` (revision `web:17`) by deployment `ecs-svc/N`, begun THEN, which "
        "completed; 3 of 3 tasks running."
    )


def test_nothing_in_progress_is_seen_twice(yard: Yard) -> None:
    deploy_id = follow(yard)
    yard.engine.advance(deploy_id)
    assert yard.get(deploy_id).live

    begin_elsewhere(yard, "1.4.2")

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("service", "refusal"),
    [
        ({"ecs_service": "gone"}, "ECS has no service `gone` in cluster `production`"),
        ({"cluster": "other"}, "ECS has no service `web` in cluster `other`"),
    ],
)
def test_a_service_that_is_not_there_is_refused(yard: Yard, service: dict[str, str], refusal: str) -> None:
    deploy = yard.until_over(follow(yard, **service))

    assert deploy.outcome is Outcome.REFUSED
    assert deploy.reason.startswith(refusal)


def test_access_is_asked_again_when_it_runs(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.2")
    yard.gate.refusals[ALICE] = NotADeployer(service="web", deployers="nobody")

    assert yard.until_over(follow(yard)).outcome is Outcome.REFUSED
