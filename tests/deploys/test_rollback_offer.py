"""When a success offers to go back to the version before."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.rollback_offer import RollbackOffer, find_rollback_offer
from tests.builders import NOW, a_deploy, a_plan


def ended(number: int, outcome: Outcome | None = Outcome.SUCCEEDED, **changes: Any) -> Deploy:
    """The deploy of 1.4.NUMBER, which found the one before it running."""
    fields: dict[str, Any] = {
        "id": f"deploy{number}",
        "tag": f"1.4.{number}",
        "phase": Phase.ENDED,
        "outcome": outcome,
        "plan": a_plan(old_revision=f"web:{number - 1}", old_tag=f"1.4.{number - 1}"),
        "request": {"requested_at": NOW + number},
        "ecs": {"new_revision": f"web:{number}", "update_tried": True},
    }
    return a_deploy(**fields).evolve(**changes)


FIRST, SECOND = ended(1), ended(2)


def test_the_one_that_runs_offers_the_one_before_it() -> None:
    assert find_rollback_offer(SECOND, [SECOND, FIRST]) == RollbackOffer("1.4.1", "1.4.1")
    assert find_rollback_offer(FIRST, [SECOND, FIRST]) is None


def test_a_tag_that_means_another_deploy_is_not_used() -> None:
    again = ended(2, tag="1.4.1", plan=a_plan(old_revision="web:1", old_tag="1.4.1"))

    assert find_rollback_offer(again, [again, FIRST]) == RollbackOffer("deploy1", "web:1")


def test_a_version_that_no_record_knows_is_not_offered() -> None:
    assert find_rollback_offer(SECOND, [SECOND]) is None
    other = FIRST.evolve(ecs={"new_revision": "web:77"})
    assert find_rollback_offer(SECOND, [SECOND, other]) is None
    failed = FIRST.evolve(outcome=Outcome.FAILED)
    assert find_rollback_offer(SECOND, [SECOND, failed]) is None


_STILL_RUNS = {Outcome.ROLLED_BACK, Outcome.CANCELLED, Outcome.REJECTED, Outcome.EXPIRED, Outcome.REFUSED}


@pytest.mark.parametrize("outcome", Outcome)
def test_after_a_later_deploy_it_depends_on_how_that_ended(outcome: Outcome) -> None:
    offer = find_rollback_offer(SECOND, [ended(3, outcome), SECOND, FIRST])

    assert (offer is not None) == (outcome in _STILL_RUNS)


@pytest.mark.parametrize("phase", [each for each in Phase if each is not Phase.ENDED])
def test_a_later_deploy_takes_the_offer_away_once_it_may_have_changed_the_service(phase: Phase) -> None:
    later = ended(3, phase=phase, outcome=None, ecs={"update_tried": False})

    offer = find_rollback_offer(SECOND, [later, SECOND, FIRST])

    assert (offer is not None) == phase.facts.service_unchanged


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.SUCCEEDED])
def test_only_a_success_offers_it(outcome: Outcome) -> None:
    assert find_rollback_offer(ended(2, outcome), [ended(2, outcome), FIRST]) is None


@pytest.mark.parametrize("verb", [Verb.FOLLOW, Verb.SCALE, Verb.RUN])
def test_what_brings_no_version_offers_nothing_and_takes_nothing_away(verb: Verb) -> None:
    other = ended(3, verb=verb, plan=a_plan(old_revision="web:2", old_tag="1.4.2"))

    assert find_rollback_offer(other, [other, SECOND, FIRST]) is None
    assert find_rollback_offer(SECOND, [other, SECOND, FIRST]) is not None
