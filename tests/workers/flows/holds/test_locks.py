"""A lock holds what waits, lets pass whom it names, and never keeps an outage going."""

from __future__ import annotations

import pytest

from deploys.decisions import is_approved
from deploys.records.approval import Verdict
from deploys.records.hold import HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.stores import audit
from deploys.stores.audit import lock_fields
from deploys.stores.user_groups import UserGroups
from tests.workers.engine_harness import ALICE, BOB, EngineHarness

CAROL, ON_CALL = "U03CAROL00", "S03ONCALL"


def deploy_to_end(harness: EngineHarness, service: str, tag: str) -> None:
    deploy_id = harness.request_deploy(service, tag)
    harness.until_over(deploy_id)


def test_a_deploy_that_waits_is_held_by_a_lock_and_goes_on_after_it(harness: EngineHarness) -> None:
    lock = harness.lock("web", BOB, expires_at=harness.ecs.now() + 120)
    web = harness.request_deploy("web", "1.4.2")
    harness.tick(60)

    held = harness.get(web)
    assert held.hold is not None
    assert (held.phase, held.hold.kind, held.hold.until) == (Phase.WAITING, HoldKind.LOCK, lock.expires_at)
    assert held.hold.sentence.startswith(f"<@{BOB}> locked `web` (")
    assert held.hold.sentence.endswith(": checking the graphs.")
    assert harness.running_tags("web") == {"1.4.0"}

    done = harness.until_outcome(web)

    assert (done.outcome, done.hold) == (Outcome.SUCCEEDED, None)
    assert (done.ended_at or 0) > (lock.expires_at or 0)
    [entry] = [each for each in audit.trail(harness.redis, web) if each["what"] == "held"]
    assert {name: entry[name] for name in ("hold", *lock_fields(lock))} == {
        "hold": "lock",
        **lock_fields(lock),
    }
    assert entry["why"] == held.hold.sentence
    assert done.passed_lock is None


@pytest.mark.parametrize(("target", "owner"), [("web", ALICE), ("api", BOB)])
def test_the_owner_and_other_services_pass(harness: EngineHarness, target: str, owner: str) -> None:
    lock = harness.lock(target, owner)

    done = harness.until_outcome(harness.request_deploy("web", "1.4.2"))

    passed = lock if target == "web" else None
    assert (done.outcome, done.passed_lock) == (Outcome.SUCCEEDED, passed.ref if passed else None)
    last = audit.trail(harness.redis, done.id)[-1]
    assert (last["hold"], last["lock"], last["lock_owner"]) == (
        ("", lock.id, owner) if passed else ("", "", "")
    )


def test_what_has_begun_goes_on(harness: EngineHarness) -> None:
    web = harness.request_deploy("web", "1.4.2")
    harness.until_phase(web, Phase.FOLLOWING)
    harness.lock("*", BOB, services=())

    assert harness.until_outcome(web).outcome is Outcome.SUCCEEDED


def test_a_held_question_can_be_answered_and_a_held_deploy_withdrawn(harness: EngineHarness) -> None:
    ledger = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(ledger, Phase.AWAITING_APPROVAL)
    harness.mark_question_shown(ledger)
    harness.lock("ledger", BOB)
    harness.approve(ledger)
    harness.tick(20)
    harness.tick(20)

    held = harness.get(ledger)
    assert (held.phase, is_approved(held), held.hold is not None) == (Phase.REGISTERING, True, True)

    harness.cancel(ledger)
    ended = harness.until_outcome(ledger)
    assert (ended.outcome, ended.hold) == (Outcome.CANCELLED, None)


def test_a_rejection_ends_a_held_deploy_at_once(harness: EngineHarness) -> None:
    ledger = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(ledger, Phase.AWAITING_APPROVAL)
    harness.mark_question_shown(ledger)
    harness.lock("ledger", BOB)
    harness.approve(ledger, verdict=Verdict.REJECTED)
    harness.tick()

    assert harness.get(ledger).outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("named", "passes"),
    [
        ((), True),
        ((ALICE,), True),
        ((CAROL,), False),
        ((CAROL, ON_CALL), True),
        (("S09UNREAD",), False),
    ],
)
def test_a_rollback_passes_for_those_whom_the_lock_names(
    harness: EngineHarness, named: tuple[str, ...], passes: bool
) -> None:
    UserGroups(harness.redis).save_members(ON_CALL, [ALICE], harness.ecs.now())
    deploy_to_end(harness, "web", "1.4.2")
    UserGroups(harness.redis).save_members(ON_CALL, [ALICE], harness.ecs.now())
    harness.lock("web", BOB, named=named)

    back = harness.request_verb(Verb.ROLLBACK, "web")
    harness.tick()

    assert (harness.get(back).hold is None) == passes


def test_a_rollback_overtakes_a_held_deploy_which_is_planned_again(harness: EngineHarness) -> None:
    deploy_to_end(harness, "web", "1.4.2")
    harness.lock("web", BOB)
    held = harness.request_deploy("web", "1.5.0", approvals=1, approvers=(BOB,))
    harness.tick()
    back = harness.request_verb(Verb.ROLLBACK, "web")

    done = harness.until_over(back)
    assert done.outcome is Outcome.SUCCEEDED
    assert harness.running_tags("web") == {"1.4.0"}
    assert harness.store.service_queue("web") == [held]
    assert (harness.get(held).phase, harness.get(held).plan) == (Phase.WAITING, None)

    harness.redis.delete("{slipway}:locks")
    planned = harness.until_phase(held, Phase.AWAITING_APPROVAL)
    assert planned.plan is not None
    assert planned.plan.old_tag == "1.4.0"


@pytest.mark.parametrize("phase", [Phase.AWAITING_APPROVAL, Phase.REGISTERING])
def test_an_approval_does_not_outlive_being_overtaken(harness: EngineHarness, phase: Phase) -> None:
    deploy_to_end(harness, "web", "1.4.2")
    held = harness.request_deploy("web", "1.5.0", approvals=1, approvers=(BOB,))
    harness.until_phase(held, Phase.AWAITING_APPROVAL)
    harness.mark_question_shown(held)
    harness.lock("web", BOB)
    if phase is Phase.REGISTERING:
        harness.approve(held)
        harness.until_phase(held, phase)
    back = harness.request_verb(Verb.ROLLBACK, "web")

    harness.until_phase(back, Phase.FOLLOWING)
    waiting = harness.get(held)
    assert (waiting.phase, waiting.approval.decisions, waiting.began_at) == (Phase.WAITING, (), None)
    assert "goes first, because this deploy is held." in (text := waiting.thread_messages[-1].text)
    voided = [each["why"] for each in audit.trail(harness.redis, held) if each["what"] == "approval voided"]
    was_approved = phase is Phase.REGISTERING
    assert voided == ([f"The approval of <@{BOB}> is void. {text}"] if was_approved else [])
    harness.until_over(back)

    harness.redis.delete("{slipway}:locks")
    again = harness.until_phase(held, Phase.AWAITING_APPROVAL)
    assert again.approval.question == 2


def test_the_owners_deploy_overtakes_what_his_lock_holds(harness: EngineHarness) -> None:
    harness.lock("web", ALICE)
    held = harness.request_by(CAROL, "web", "1.5.0")
    harness.tick()
    own = harness.request_deploy("web", "1.4.2")

    assert harness.until_over(own).outcome is Outcome.SUCCEEDED
    assert harness.get(held).in_progress
    assert harness.store.service_queue("web") == [held]


def test_an_overtaker_that_is_withdrawn_leaves_the_queue_as_it_was(harness: EngineHarness) -> None:
    deploy_to_end(harness, "web", "1.4.2")
    harness.lock("web", BOB)
    held = harness.request_deploy("web", "1.5.0")
    harness.tick()
    back = harness.request_verb(Verb.ROLLBACK, "web")
    harness.cancel(back)
    harness.until_over(back)

    harness.redis.delete("{slipway}:locks")
    assert harness.until_outcome(held).outcome is Outcome.SUCCEEDED
