"""An external rollout that is followed, and Slipway's own deploys before, during and after it."""

from __future__ import annotations

from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from tests.builders import NOW, a_deploy, a_plan
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.external_rollouts import request_follow, start_external_rollout, without_times
from workers.flows.plan.rollback_target import find_rollback_revision


def test_a_deploy_asked_for_meanwhile_waits_and_starts_when_it_is_over(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.4.1")
    followed = request_follow(harness)
    harness.until_phase(followed, Phase.FOLLOWING_EXTERNAL)
    waiting = harness.request_deploy("web", "1.4.2")
    harness.tick()
    assert harness.get(waiting).phase is Phase.WAITING

    assert harness.until_over(followed).outcome is Outcome.SUCCEEDED
    assert harness.until_over(waiting).outcome is Outcome.SUCCEEDED
    assert harness.running_tags("web") == {"1.4.2"}


def test_a_deploy_refused_for_it_says_how_to_follow(harness: EngineHarness) -> None:
    theirs = start_external_rollout(harness, "1.4.1")

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert (deploy.outcome, deploy.refusal.external_deployment_id) == (Outcome.REFUSED, theirs)
    assert without_times(deploy.outcome_reason) == (
        "Another deployment of `web` is in progress (ecs-svc/N, revision `web:18`), and Slipway did not "
        "start it. `/deploy follow web` follows it to its end in a thread; a deploy asked for "
        "meanwhile waits for that. Or ask again when it has ended."
    )


def test_the_same_wish_twice_is_one(harness: EngineHarness) -> None:
    assert request_follow(harness) == request_follow(harness)


def test_what_was_followed_well_is_something_to_roll_back_from(harness: EngineHarness) -> None:
    """A rollback returns to the revision that ran before, not to the last one that Slipway registered."""
    before = harness.describe_service("web")["taskDefinition"]
    start_external_rollout(harness, "1.4.2")
    harness.until_over(request_follow(harness))

    back = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert (back.outcome, back.ecs.new_revision) == (Outcome.SUCCEEDED, before)


def test_a_followed_rollout_whose_beginning_nobody_saw_is_no_record_to_go_by() -> None:
    ours = a_deploy(outcome=Outcome.SUCCEEDED, ecs={"new_revision": "web:2"}, plan=None)
    blind = a_deploy(verb=Verb.FOLLOW, outcome=Outcome.SUCCEEDED, ecs={"new_revision": "web:3"}, plan=None)
    known = ours.evolve(plan=a_plan(old_revision="web:1"))

    assert find_rollback_revision(a_deploy(verb=Verb.ROLLBACK), [blind, known], "web:3") == "web:2"


def test_followed_on_behalf_of_a_deploy_of_ours_it_says_so(harness: EngineHarness) -> None:
    """The record says that the deploy ended as superseded, but its ECS deployment goes on."""
    deploy_id = harness.request_deploy("web", "1.5.0-slow")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    claim = harness.store.claim(deploy_id, "test", 60, due_by=harness.ecs.now() + 60)
    assert claim is not None
    ended = claim.deploy.evolve(outcome=Outcome.FAILED, ended_at=NOW).in_phase(Phase.ENDED, NOW)
    harness.store.commit(claim, ended, due_at=NOW)

    followed = request_follow(harness)
    harness.until_phase(followed, Phase.FOLLOWING_EXTERNAL)

    assert f"Deploy `{deploy_id}`, which is over, started it." in harness.thread_text(followed)
