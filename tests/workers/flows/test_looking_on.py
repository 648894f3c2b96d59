"""`/deploy follow web`: somebody else's rollout is followed to its end, and nothing of it is changed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from deploys.errors import AwsDenied, AwsRefused, AwsUnavailable, NotADeployer
from tests.builders import NOW, REGISTRY, a_deploy, a_plan, a_service
from tests.workers.yard import ALICE, BOB, Yard
from workers.flows import trouble
from workers.flows.goals import revision_to_return_to
from workers.flows.steps import STEPS

READS = ("Describe", "List", "Get", "BatchGet")


def begin_elsewhere(yard: Yard, tag: str, service: str = "web") -> str:
    """A pipeline registers a revision and updates the service; the deployment's id."""
    ecs = yard.ecs.client("ecs")
    running = yard.service(service)["taskDefinition"]
    content = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    containers = [dict(each) for each in content["containerDefinitions"]]
    containers[0]["image"] = f"{REGISTRY}/{service}:{tag}"
    request = {key: content[key] for key in kept if key in content}
    registered = ecs.register_task_definition(**request, containerDefinitions=containers)
    arn = registered["taskDefinition"]["taskDefinitionArn"]
    updated = ecs.update_service(cluster="production", service=service, taskDefinition=arn)
    return str(next(d["id"] for d in updated["service"]["deployments"] if d["status"] == "PRIMARY"))


def follow(yard: Yard, service: str = "web", **changes: Any) -> str:
    """`/deploy follow web` by alice; the deploy's id."""
    deploy = a_deploy(
        a_service(service, **changes), verb=Verb.FOLLOW, tag="", requester=ALICE, requested_at=yard.ecs.now()
    )
    return yard.store.request(deploy).deploy.id


def changing(yard: Yard) -> list[str]:
    """The calls so far that change something in AWS."""
    return [call.operation for call in yard.ecs.calls() if not call.operation.startswith(READS)]


def ending(yard: Yard, deploy_id: str) -> str:
    """The last word in the thread, without times."""
    return steady(yard.said(deploy_id, MilestoneKind.END))


def steady(text: str) -> str:
    text = re.sub(r"<!date\^[^>]*>", "THEN", text)
    text = re.sub(r"\b\d+ (min|s)\b( \d\d s)?", "SOME TIME", text)
    return re.sub(r"ecs-svc/\d+", "ecs-svc/N", text)


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


def test_whoever_cancels_stops_following_and_nothing_else(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.2")
    before = changing(yard)
    deploy_id = follow(yard)
    yard.until(lambda: yard.get(deploy_id).rollout.new_running)
    yard.cancel(deploy_id, BOB)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert re.fullmatch(
        "I no longer follow deployment `ecs-svc/N`, as <@U02BOB0000> asked. Nothing was changed: it goes on "
        r"in ECS. When I last looked, \d of 3 new tasks ran, and 3 old tasks.",
        ending(yard, deploy_id),
    )
    assert changing(yard) == before
    yard.ecs.advance(600)
    assert yard.images_running("web") == {"1.4.2"}


def test_cancelled_before_a_rollout_was_found(yard: Yard) -> None:
    deploy_id = follow(yard)
    yard.engine.advance(deploy_id)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert ending(yard, deploy_id) == (
        "<@U01ALICE00> stopped this before a rollout was found. Nothing was changed."
    )


def test_past_the_deadline_it_is_no_longer_followed(yard: Yard) -> None:
    begin_elsewhere(yard, "1.5.0-noroom")
    before = changing(yard)

    deploy_id = follow(yard, deadline=120)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.EXPIRED
    assert ending(yard, deploy_id) == (
        "*No longer followed*: deployment `ecs-svc/N` did not end within the deadline of SOME TIME since I "
        "began to follow it. It is not mine to roll back, so nothing was changed. When I last looked, 0 of 3 "
        "new tasks ran, and 3 old tasks. `/deploy follow web` follows it on."
    )
    assert changing(yard) == before


def test_a_deploy_asked_for_meanwhile_waits_and_starts_when_it_is_over(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.1")
    followed = follow(yard)
    yard.until_phase(followed, Phase.LOOKING_ON)
    waiting = yard.ask("web", "1.4.2")
    yard.tick()
    assert yard.get(waiting).phase is Phase.WAITING

    assert yard.until_over(followed).outcome is Outcome.SUCCEEDED
    assert yard.until_over(waiting).outcome is Outcome.SUCCEEDED
    assert yard.images_running("web") == {"1.4.2"}


def test_a_deploy_refused_for_it_says_how_to_follow(yard: Yard) -> None:
    theirs = begin_elsewhere(yard, "1.4.1")

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert (deploy.outcome, deploy.in_the_way) == (Outcome.REFUSED, theirs)
    assert steady(deploy.reason) == (
        "Another deployment of `web` is in progress (ecs-svc/N, revision `web:18`), and it is not mine. "
        "`/deploy follow web` follows it to its end in a thread; a deploy asked for "
        "meanwhile waits for that. Or ask again when it has ended."
    )


def test_the_same_wish_twice_is_one(yard: Yard) -> None:
    assert follow(yard) == follow(yard)


def test_errors_are_tried_again_and_never_lead_back(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.2")
    deploy_id = follow(yard)
    yard.until_phase(deploy_id, Phase.LOOKING_ON)
    before = changing(yard)
    yard.ecs.faults.add(kind="access-denied", operation="DescribeServices", times=4)

    yard.until(lambda: yard.get(deploy_id).attempts == 2)
    assert "ecs:DescribeServices" in yard.get(deploy_id).last_error

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert changing(yard) == before


DENIED: dict[str, Any] = {"action": "ecs:DescribeServices", "detail": "no", "code": "x", "request_id": ""}


@pytest.mark.parametrize("asked_to_stop", [True, False])
@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(
    "error", [AwsUnavailable(**DENIED), AwsDenied(**DENIED), AwsRefused(**DENIED), KeyError("a bug")]
)
def test_no_error_leads_to_a_phase_that_changes_something(
    yard: Yard, error: Exception, late: bool, asked_to_stop: bool
) -> None:
    begin_elsewhere(yard, "1.4.2")
    deploy_id = follow(yard)
    yard.until_phase(deploy_id, Phase.LOOKING_ON)
    if asked_to_stop:
        yard.cancel(deploy_id)
    yard.ecs.advance(5000 if late else 1)
    claim = yard.store.claim(deploy_id, "test", 60, due_by=yard.ecs.now() + 60)
    assert claim is not None
    turn = yard.engine._turn(claim, yard.engine._look([claim]))

    left = trouble.after_error(claim.deploy, error, turn, "ref")

    expected = Outcome.CANCELLED if asked_to_stop else Outcome.EXPIRED if late else None
    assert left.deploy.outcome is expected
    assert left.deploy.phase is (Phase.ENDED if expected else Phase.LOOKING_ON)


def test_what_was_followed_well_is_something_to_roll_back_from(yard: Yard) -> None:
    """A rollback goes to the revision that ran before, not to the last one of ours."""
    before = yard.service("web")["taskDefinition"]
    begin_elsewhere(yard, "1.4.2")
    yard.until_over(follow(yard))

    back = yard.until_over(yard.ask_to(Verb.ROLLBACK, "web"))

    assert (back.outcome, back.new_revision) == (Outcome.SUCCEEDED, before)


def test_a_followed_rollout_whose_beginning_nobody_saw_is_no_record_to_go_by() -> None:
    ours = a_deploy(outcome=Outcome.SUCCEEDED, new_revision="web:2", plan=None)
    blind = a_deploy(verb=Verb.FOLLOW, outcome=Outcome.SUCCEEDED, new_revision="web:3", plan=None)
    known = ours.evolve(plan=a_plan(old_revision="web:1"))

    assert revision_to_return_to(a_deploy(verb=Verb.ROLLBACK), [blind, known], "web:3") == "web:2"


def test_followed_on_behalf_of_a_deploy_of_ours_it_says_so(yard: Yard) -> None:
    """Ours ended as superseded in the eyes of its record, but its deployment goes on."""
    deploy_id = yard.ask("web", "1.5.0-slow")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    claim = yard.store.claim(deploy_id, "test", 60, due_by=yard.ecs.now() + 60)
    assert claim is not None
    ended = claim.deploy.evolve(outcome=Outcome.FAILED, ended_at=NOW).at(Phase.ENDED, NOW)
    yard.store.commit(claim, ended, due_at=NOW)

    followed = follow(yard)
    yard.until_phase(followed, Phase.LOOKING_ON)

    assert f"It was begun by deploy `{deploy_id}`, which is over." in yard.said(followed)


def test_every_phase_has_a_step() -> None:
    assert set(STEPS) == set(Phase) - {Phase.ENDED}
