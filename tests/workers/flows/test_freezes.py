"""A freeze that begins while a deploy waits, from the record's side."""

from __future__ import annotations

import pytest

from deploys import buttons
from deploys.formatting import slack_time
from deploys.holds.overrides import override_freeze, override_held
from deploys.records.approval import Verdict
from deploys.records.hold import HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from tests.builders import a_service, a_stop_start_service
from tests.frozen_services import a_freeze, service_freezes
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from workers.thread.card_buttons import card_buttons

LASTS = 600


def freeze_soon(harness: EngineHarness, *, after: float = 0.0) -> float:
    """web and ledger are frozen from then on; returns until when (epoch seconds). bob may override."""
    begins = float(int(harness.ecs.now() + after))
    freezes = (a_freeze(begins, lasts=LASTS),)
    allowed = {"approvers": (BOB,), "deployers": (ALICE, BOB), "freezes": freezes}
    web, ledger = a_service("web", **allowed), a_stop_start_service("ledger", **allowed)
    harness.hold_sources = (service_freezes(harness.redis, web, ledger),)
    harness.engine = harness.new_engine()
    return begins + LASTS


def test_a_deploy_that_waits_waits_on_says_until_when_and_goes_on_by_itself(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    until = freeze_soon(harness)

    harness.tick()
    held = harness.get(deploy_id).hold
    assert held is not None
    assert (held.kind, held.until) == (HoldKind.FREEZE, until)
    assert held.sentence == f"`web` is frozen until {slack_time(until)}: Christmas (`services.yml`)."

    while harness.ecs.now() < until:
        assert harness.get(deploy_id).phase is Phase.WAITING
        harness.tick(5)
    ended = harness.until_over(deploy_id)
    assert 0 <= ended.thread_messages[0].at - until < 15
    assert (ended.outcome, ended.hold) == (Outcome.SUCCEEDED, None)


def test_what_has_begun_goes_on(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    freeze_soon(harness)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_a_rollback_passes(harness: EngineHarness) -> None:
    freeze_soon(harness)

    deploy_id = harness.request_verb(Verb.ROLLBACK, "web", "1.4.1")

    harness.tick()
    assert harness.get(deploy_id).hold is None


@pytest.mark.parametrize("verdict", [Verdict.APPROVED, Verdict.REJECTED])
def test_a_question_is_answered_while_it_is_frozen(harness: EngineHarness, verdict: Verdict) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.mark_question_shown(deploy_id)
    until = freeze_soon(harness)
    harness.tick(20)
    assert harness.get(deploy_id).hold is not None

    harness.approve(deploy_id, verdict=verdict)
    harness.tick()
    harness.tick()

    if verdict is Verdict.REJECTED:
        assert harness.get(deploy_id).outcome is Outcome.REJECTED
        return
    assert not harness.get(deploy_id).ecs.update_tried
    assert harness.get(deploy_id).phase.facts.service_unchanged
    while harness.ecs.now() < until:
        harness.tick(10)
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_an_override_lets_it_go_on_at_once(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    until = freeze_soon(harness)
    harness.tick()

    harness.store.amend(
        deploy_id,
        lambda found: override_held(found, BOB, "payments are down", harness.ecs.now()),
        by=BOB,
        what="freeze overridden",
    )

    ended = harness.until_over(deploy_id)
    assert ended.outcome is Outcome.SUCCEEDED
    assert ended.ended_at is not None
    assert ended.ended_at < until


def test_an_override_by_somebody_who_may_not_any_more_counts_for_nothing(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    until = freeze_soon(harness)

    harness.store.amend(
        deploy_id,
        lambda found: override_freeze(found, ALICE, "payments are down", harness.ecs.now()),
        by=ALICE,
        what="freeze overridden",
    )
    harness.tick()

    held = harness.get(deploy_id).hold
    assert held is not None
    assert held.until == until
    assert held.sentence.endswith(f" <@{ALICE}>, who overrode it, may not do that any more.")


def test_a_freeze_that_begins_while_all_deploys_are_stopped_holds_it_after_that(
    harness: EngineHarness,
) -> None:
    web = harness.request_deploy("web", "1.4.2")
    harness.step_into(web, Phase.UPDATING)
    stop = harness.stop_all()
    harness.tick(20)
    until = freeze_soon(harness)
    harness.resume_all(stop)
    harness.tick(20)

    held = harness.get(web)
    assert (held.phase, held.hold and held.hold.until) == (Phase.REGISTERING, until)
    assert buttons.OVERRIDE_FREEZE in [each.action_id for each in card_buttons(held)]
    harness.store.amend(
        web,
        lambda found: override_held(found, BOB, "payments are down", harness.ecs.now()),
        by=BOB,
        what="freeze overridden",
    )

    ended = harness.until_over(web)
    assert ended.outcome is Outcome.SUCCEEDED
    assert (ended.ended_at or until) < until
