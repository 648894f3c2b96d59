"""What the message about a failure names afterwards, and whose messages a deploy changes."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.failure_followup import changed_by, find_followup
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import NOW, a_deploy

END, PROBLEM = ThreadMessageKind.END, ThreadMessageKind.PROBLEM
SAY_SOMETHING = (Outcome.SUCCEEDED, Outcome.ROLLED_BACK, Outcome.FAILED, Outcome.SUPERSEDED)


def ended(number: int, outcome: Outcome, **changes: Any) -> Deploy:
    """Ended at that second."""
    return a_deploy(id=f"deploy{number}", outcome=outcome, ended_at=NOW + number).evolve(
        phase=Phase.ENDED, **changes
    )


def under_way(number: int, phase: Phase = Phase.FOLLOWING, **changes: Any) -> Deploy:
    return a_deploy(id=f"deploy{number}", phase=phase, **changes)


FAILED = ended(2, Outcome.FAILED)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_later_end_counts_if_it_says_something_of_the_service(outcome: Outcome) -> None:
    later = ended(3, outcome)

    assert find_followup(FAILED, END, [later, FAILED]) == (later if outcome in SAY_SOMETHING else None)


@pytest.mark.parametrize("phase", [each for each in Phase if each is not Phase.ENDED])
def test_a_later_deploy_counts_once_it_may_have_changed_the_service(phase: Phase) -> None:
    later = under_way(3, phase)

    found = find_followup(FAILED, END, [later, FAILED])

    assert (found == later) == (not phase.facts.service_unchanged)


def test_the_first_success_counts_and_without_one_the_newest() -> None:
    bad, good, better = (
        ended(3, Outcome.ROLLED_BACK),
        ended(4, Outcome.SUCCEEDED),
        ended(5, Outcome.SUCCEEDED),
    )

    assert find_followup(FAILED, END, [better, good, bad, FAILED]) == good
    assert find_followup(FAILED, END, [under_way(6), bad, FAILED]) == under_way(6)
    assert find_followup(FAILED, END, [FAILED, ended(1, Outcome.SUCCEEDED)]) is None


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("failed", [Verb.DEPLOY, Verb.SCALE])
def test_a_count_and_a_version_say_nothing_of_each_other(failed: Verb, verb: Verb) -> None:
    later = ended(3, Outcome.SUCCEEDED, verb=verb)

    found = find_followup(FAILED.evolve(verb=failed), END, [later])

    answers = {Verb.SCALE} if failed is Verb.SCALE else set(Verb) - {Verb.SCALE, Verb.RUN}
    assert (found == later) == (verb in answers)


def test_a_problem_is_over_with_its_deploy() -> None:
    goes_on = under_way(2)

    assert find_followup(goes_on, PROBLEM, [goes_on]) is None
    assert find_followup(FAILED, PROBLEM, [FAILED]) == FAILED
    later = ended(3, Outcome.SUCCEEDED)
    assert find_followup(FAILED, PROBLEM, [later, FAILED]) == later


def test_a_deploy_changes_the_messages_of_what_failed_since_the_last_success_and_of_that() -> None:
    now, refused, cancelled = under_way(9), ended(6, Outcome.REFUSED), ended(5, Outcome.CANCELLED)
    scaled, good, older = (
        ended(4, Outcome.SUCCEEDED, verb=Verb.SCALE),
        ended(3, Outcome.SUCCEEDED),
        FAILED,
    )

    assert changed_by(now, [now, refused, cancelled, scaled, good, older]) == [refused, good]
