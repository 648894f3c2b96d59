"""`/deploy follow web`: an external rollout is followed to its end, and Slipway changes nothing."""

from __future__ import annotations

import pytest

from deploys.errors import NotADeployer
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.external_rollouts import (
    changing_calls,
    end_message,
    request_follow,
    start_external_rollout,
    without_times,
)


def test_a_rollout_that_succeeds_is_followed_to_its_end(harness: EngineHarness) -> None:
    theirs = start_external_rollout(harness, "1.4.2")
    harness.ecs.advance(3)
    before = changing_calls(harness)

    deploy_id = request_follow(harness)
    following = harness.until_phase(deploy_id, Phase.FOLLOWING_EXTERNAL)
    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.tag) == (Outcome.SUCCEEDED, "1.4.2")
    assert following.ecs.deployment_id == theirs
    assert without_times(harness.thread_text(deploy_id, ThreadMessageKind.PROGRESS)) == (
        "Following deployment `ecs-svc/N`, started THEN: it moves `web` to `1.4.2` (revision `web:18`). I "
        "did not start it. I only follow it and change nothing; deploys of `web` wait until it ends."
    )
    assert end_message(harness, deploy_id) == (
        "*Succeeded.* The rollout I followed has ended: `web` runs `1.4.2` (revision `web:18`), 3 of 3 new "
        "tasks running, after SOME TIME."
    )
    assert changing_calls(harness) == before
    assert harness.leftover_keys() == []


def test_its_counts_are_shown_while_it_goes(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.4.2")
    deploy_id = request_follow(harness)

    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_running == 3)

    rollout = harness.get(deploy_id).rollout.counts
    assert (rollout.new_desired, rollout.old_running) == (3, 3)
    assert harness.get(deploy_id).plan is not None


def test_a_rollout_that_ecs_rolls_back_is_explained(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.5.0-crash")
    before = changing_calls(harness)

    deploy_id = request_follow(harness)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    text = end_message(harness, deploy_id)
    assert text.startswith(
        "*Rolled back* to `web:17`, by ECS, not by me: ECS gave up on the new revision and rolls back by "
        "itself"
    )
    assert "exited with code 1" in text
    assert changing_calls(harness) == before


def test_trouble_is_told_while_it_goes_on(harness: EngineHarness) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    harness.ecs.client("ecs").update_service(
        cluster="production", service="web", deploymentConfiguration=breaker
    )
    start_external_rollout(harness, "1.5.0-crash")
    deploy_id = request_follow(harness)

    harness.until(lambda: harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM))

    text = harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)
    assert text.startswith("New tasks are failing; ECS keeps trying:")
    assert harness.get(deploy_id).in_progress


def test_the_breakers_progress_is_on_the_record(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.5.0-crash")
    deploy_id = request_follow(harness)

    harness.until(lambda: harness.get(deploy_id).rollout.counts.failed_tasks)

    assert harness.get(deploy_id).rollout.counts.breaker_threshold == 3


def test_a_rollout_that_fails_without_a_rollback_is_called_failed(harness: EngineHarness) -> None:
    harness.ecs.client("ecs").update_service(
        cluster="production",
        service="web",
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": False}},
    )
    start_external_rollout(harness, "1.5.0-crash")

    deploy_id = request_follow(harness)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert end_message(harness, deploy_id).startswith(
        "*Failed*: the rollout to `1.5.0-crash` (revision `web:18`) was stopped. ECS says: `Service "
        "deployment stopped because the circuit breaker threshold was exceeded`. ECS does not bring back "
        "what ran before. The service is set to 3 tasks of `web:18`, and 3 tasks of `web:17` run. I only "
        "followed it and changed nothing. `/deploy web 1.4.0` brings back what ran before; `/deploy web TAG` "
        "rolls out another version.\n• "
    )


def test_a_newer_one_supersedes_it_and_can_be_followed_in_turn(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.4.1")
    deploy_id = request_follow(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING_EXTERNAL)
    start_external_rollout(harness, "1.4.2")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert end_message(harness, deploy_id) == (
        "*Superseded*: a newer deployment `ecs-svc/N` moves the service to `web:19`, so the rollout I "
        "followed goes no further. `/deploy follow web` follows the newer one."
    )
    assert harness.until_over(request_follow(harness)).outcome is Outcome.SUCCEEDED


def test_without_service_deployments_the_deployments_list_tells(harness: EngineHarness) -> None:
    harness.ecs.faults.add(kind="access-denied", operation="ListServiceDeployments", times=1000)
    start_external_rollout(harness, "1.4.2")

    assert harness.until_over(request_follow(harness)).outcome is Outcome.SUCCEEDED


def test_nothing_in_progress_is_refused_with_what_runs(harness: EngineHarness) -> None:
    deploy_id = request_follow(harness)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert end_message(harness, deploy_id) == (
        "*Refused*, nothing was changed: No deployment of `web` is in progress, so there is nothing to "
        "follow. It was set to `1.4.0` (revision `web:17`) by deployment `ecs-svc/N`, started THEN, which "
        "completed; 3 of 3 tasks running."
    )


def test_nothing_in_progress_is_seen_twice(harness: EngineHarness) -> None:
    deploy_id = request_follow(harness)
    harness.engine.advance(deploy_id)
    assert harness.get(deploy_id).in_progress

    start_external_rollout(harness, "1.4.2")

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("service", "refusal"),
    [
        ({"ecs_service": "gone"}, "ECS has no service `gone` in cluster `production`"),
        ({"cluster": "other"}, "ECS has no service `web` in cluster `other`"),
    ],
)
def test_a_service_that_is_not_there_is_refused(
    harness: EngineHarness, service: dict[str, str], refusal: str
) -> None:
    deploy = harness.until_over(request_follow(harness, **service))

    assert deploy.outcome is Outcome.REFUSED
    assert deploy.outcome_reason.startswith(refusal)


def test_access_is_asked_again_when_it_runs(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.4.2")
    harness.access.refusals[ALICE] = NotADeployer(service="web", deployers="nobody")

    assert harness.until_over(request_follow(harness)).outcome is Outcome.REFUSED
