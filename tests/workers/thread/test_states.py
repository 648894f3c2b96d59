"""Words, signs and urgency for every phase and outcome."""

from __future__ import annotations

import pytest

from deploys.deploy import Cancel, Decision, Outcome, Phase, Verdict
from tests.workers.thread.stories import BOB, LATER, POSSIBLE, State, awaiting, following, rolling, story
from workers.thread import states
from workers.thread.progress import Count, bar


def test_every_phase_and_every_outcome_has_words() -> None:
    assert set(states.PHASES) == set(Phase)
    assert set(states.OUTCOMES) == set(Outcome)


@pytest.mark.parametrize("state", sorted(POSSIBLE, key=str), ids=lambda s: f"{s[0].name}-{s[1]}")
def test_a_sign_never_stands_alone(state: State) -> None:
    deploy = story(state)

    assert states.sign(deploy).strip(":")
    assert len(states.state(deploy)) > len("ended")


AT_ONCE = {
    Phase.WAITING: False,
    Phase.PLANNING: False,
    Phase.AWAITING_APPROVAL: True,
    Phase.REGISTERING: False,
    Phase.PREPARING: False,
    Phase.UPDATING: False,
    Phase.RECORDING: False,
    Phase.STOPPING: False,
    Phase.DRAINING: False,
    Phase.STARTING: False,
    Phase.FOLLOWING: False,
    Phase.LOOKING_ON: False,
    Phase.CHECKING: False,
    Phase.RESTORING: False,
    Phase.FOLLOWING_BACK: False,
    Phase.SETTLING: True,
    Phase.ENDED: True,
}


@pytest.mark.parametrize("phase", list(Phase))
def test_questions_and_ends_are_shown_at_once(phase: Phase) -> None:
    outcome = Outcome.SUCCEEDED if phase in (Phase.SETTLING, Phase.ENDED) else None
    before = states.key(rolling(phase=Phase.PLANNING, question=7))

    assert states.urgent(rolling(phase=phase, outcome=outcome), before) is AT_ONCE[phase]


def test_buttons_that_lost_their_meaning_are_taken_away_at_once() -> None:
    asked = awaiting()
    shown = states.key(asked)

    assert not states.urgent(asked, shown)
    assert states.urgent(asked.evolve(phase=Phase.REGISTERING), shown)
    assert states.urgent(asked.evolve(cancel=Cancel(user=BOB, at=LATER)), shown)
    assert states.urgent(asked.evolve(question=2), shown)
    yes = Decision(user=BOB, verdict=Verdict.APPROVED, at=LATER)
    assert states.urgent(asked.evolve(decisions=(yes,)), shown)


def test_time_runs_on_the_card_only_while_something_is_done() -> None:
    assert states.runs_with_time(following())
    for phase in (Phase.WAITING, Phase.AWAITING_APPROVAL, Phase.SETTLING, Phase.ENDED):
        assert not states.runs_with_time(rolling(phase=phase))


@pytest.mark.parametrize(
    ("done", "wanted", "drawn"),
    [
        (0, 3, "░░░░░░░░░░░░"),
        (1, 3, "▓▓▓▓░░░░░░░░"),
        (3, 3, "▓▓▓▓▓▓▓▓▓▓▓▓"),
        (4, 3, "▓▓▓▓▓▓▓▓▓▓▓▓"),
        (1, 1000, "▓░░░░░░░░░░░"),
        (999, 1000, "▓▓▓▓▓▓▓▓▓▓▓░"),
    ],
)
def test_the_bar_is_full_only_when_all_is_done(done: int, wanted: int, drawn: str) -> None:
    assert bar(Count(done, wanted, "new tasks running")) == drawn
