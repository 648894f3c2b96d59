"""A rollout that is followed, and the deploys of ours before, beside and after it."""

from __future__ import annotations

from deploys.deploy import Outcome, Phase, Verb
from tests.builders import NOW, a_deploy, a_plan
from tests.workers.flows.followed import begin_elsewhere, follow, steady
from tests.workers.yard import Yard
from workers.flows.goals import revision_to_return_to


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
